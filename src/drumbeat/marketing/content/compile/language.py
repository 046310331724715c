"""The Liquid that marketers may write: which tags and filters exist, and what a template can see.

A template sees plain data only (text, numbers, lists, dictionaries): no attributes, no files, no
other templates, no clock but the message's own. Contact data is escaped in HTML, always: there is
no `safe`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from liquid import Environment, Mode
from liquid.builtin.filters.misc import date as liquid_date
from liquid.exceptions import LiquidError, ResourceLimitError, UnknownFilterError
from liquid.filter import with_context, with_environment
from liquid.template import BoundTemplate
from liquid.token import Token

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.content.compile import guard
from drumbeat.marketing.content.compile.model import SOURCE_LIMIT

_TAGS = (
    "content output illegal assign break capture case comment continue cycle decrement doc echo for"
    " if ifchanged increment liquid unless #"
)
_FILTERS = (
    "abs append at_least at_most capitalize ceil compact concat date default divided_by downcase"
    " escape escape_once first floor join last lstrip map minus modulo newline_to_br plus prepend"
    " remove remove_first remove_last replace replace_first replace_last reverse round rstrip size"
    " slice sort sort_natural split squish strip strip_html strip_newlines sum times truncate"
    " truncatewords uniq upcase url_decode url_encode where"
)
TAGS, FILTERS = frozenset(_TAGS.split()), frozenset(_FILTERS.split())
RESERVED = ("unsubscribe_url", "preferences_url", "postal_address", "now", "today")
"""Names that the mail itself fills in; no template may assign them."""

_LONGEST_DATE = 64
_NESTING = 30
# What python-liquid's filters let through on odd values, beside its own errors.
_FAILURES: tuple[type[Exception], ...] = (
    LiquidError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


class GuardedTemplate(BoundTemplate):
    context_class = guard.GuardedContext


class GuardedEnvironment(Environment):
    """Strict, without loaders, with the four resource limits and the allow-lists above."""

    template_class = GuardedTemplate
    block_nesting_limit = _NESTING
    context_depth_limit = _NESTING
    loop_iteration_limit = guard.ITERATIONS
    local_namespace_limit = guard.LOCAL_SIZE
    output_stream_limit = guard.OUTPUT_SIZE

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=False)
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS}
        self.add_tag(guard.CountedForTag)
        self.filters = {name: f for name, f in self.filters.items() if name in FILTERS}
        self.filters["date"] = _date
        if not self.autoescape:
            # A template may be shared by both parts: in plain text there is nothing to escape.
            self.filters["escape"] = self.filters["escape_once"] = _unchanged
            self.filters["newline_to_br"] = _unchanged


def parse(source: str, *, field: str, html: bool = False) -> BoundTemplate:
    """Raises InvalidInput(field) that names the line, or that the source is too long."""
    size = len(source.encode("utf-8", "replace"))
    if size > SOURCE_LIMIT:
        message = f"{field} has {size:,} bytes; a template may have {SOURCE_LIMIT:,}."
        raise InvalidInput(message, field=field)
    try:
        template = _environment(html).from_string(_encodable(source))
        _refuse_unknown_filters(template, source)
    except (LiquidError, RecursionError) as error:
        raise refusal(error, field) from None
    return template


def _refuse_unknown_filters(template: BoundTemplate, source: str) -> None:
    """Before any contact meets it: python-liquid itself looks a filter up when it is applied."""
    for name, spans in template.analyze().filters.items():
        if name not in template.env.filters:
            token = Token("filter", name, spans[0].index, source)
            raise UnknownFilterError(f"unknown filter {name!r}", token=token)


def render(template: BoundTemplate, values: Mapping[str, Any], *, field: str) -> str:
    """Raises InvalidInput(field) naming the line when the template breaks a limit or a filter."""
    try:
        return template.render(values)
    except _FAILURES as error:
        raise refusal(error, field) from None


def failure(template: BoundTemplate, values: Mapping[str, Any], *, field: str) -> str:
    """Why it fails on these values, or nothing. Raises InvalidInput if it breaks a limit."""
    try:
        template.render(values)
    except (ResourceLimitError, RecursionError) as error:
        raise refusal(error, field) from None
    except _FAILURES as error:
        return str(refusal(error, field))
    return ""


def _encodable(text: str) -> str:
    """Lone surrogates, which JSON can carry and no charset has, become question marks."""
    return text.encode("utf-8", "replace").decode()


def names_set(template: BoundTemplate) -> frozenset[str]:
    """Every name the template gives a value itself: assigned, captured, counted or looped over."""
    context = guard.GuardedContext(template)
    names: set[str] = set()
    waiting = list(template.nodes)
    while waiting:
        node = waiting.pop()
        names.update(map(str, node.template_scope()))
        names.update(map(str, node.block_scope()))
        waiting += node.children(context)
    return frozenset(names)


def first_uses(template: BoundTemplate, source: str) -> dict[str, int]:
    """On which line of its source each name is first said that must come from outside."""
    return {
        str(name): source.count("\n", 0, min(each.span.index for each in uses)) + 1
        for name, uses in template.analyze().globals.items()
    }


def names_used(template: BoundTemplate) -> frozenset[str]:
    """The names that must come from outside: contact fields, the arm's own, the mail's own."""
    return frozenset(map(str, template.analyze().globals))


def refusal(error: Exception, field: str) -> InvalidInput:
    """The error in the words of the person who wrote the template."""
    if not isinstance(error, LiquidError):
        return InvalidInput(f"{field}: the template cannot be rendered ({error}).", field=field)
    # python-liquid hides what went wrong in an expression behind a sentence without a line.
    cause = error.__cause__ if error.token is None and error.__cause__ else error
    where = error.context()
    line = f", line {where[0]}" if where else ", at its end" if error.token else ""
    reason = cause.message if isinstance(cause, LiquidError) else cause
    shown = f": {where[3].strip()[:80]!r}" if where else ""
    return InvalidInput(f"{field}{line}: {str(reason)[:200]}{shown}.", field=field)


def plain(value: object, depth: int = 4) -> object:
    """Plain data of any value: what is not text, number, list or dictionary becomes text."""
    if isinstance(value, str):
        return value if value.isascii() else _encodable(value)
    if value is None or isinstance(value, int | float):
        return value
    if depth and isinstance(value, Mapping):
        return {str(key): plain(item, depth - 1) for key, item in value.items()}
    if depth and isinstance(value, list | tuple):
        return [plain(item, depth - 1) for item in value]
    return str(value)


@lru_cache(maxsize=2)
def _environment(html: bool) -> Environment:
    return GuardedEnvironment(autoescape=html, tolerance=Mode.STRICT)


@with_context
@with_environment
def _date(
    value: Any, fmt: Any = "", *, context: guard.GuardedContext, environment: Environment
) -> Any:
    """Liquid's `date`: `now` is the message's date, and what is no date comes back as it is."""
    if value in ("now", "today"):
        value = context.globals.get("now", "")
    if isinstance(value, str) and value.isdigit() and len(value) < 12:
        value = datetime.fromtimestamp(int(value), UTC)
    if len(str(value)) > _LONGEST_DATE or len(str(fmt)) > _LONGEST_DATE:
        return value
    try:
        return liquid_date(value, fmt, environment=environment)
    except (ValueError, ArithmeticError, LiquidError):
        return value


def _unchanged(value: object) -> object:
    return value
