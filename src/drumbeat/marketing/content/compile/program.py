"""A template as a program: its literals encoded once, its slots remembered by their values.

python-liquid stays the only interpreter: it evaluates a slot or a condition the first time its
values are met, and the answer is kept while it depends on nothing else. Whatever is stranger than
output and `if` python-liquid renders each time, so a program writes just what the template does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from io import StringIO
from typing import Any, Generic, TypeVar

from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.expression import Expression
from liquid.stringify import to_liquid_string
from liquid.template import BoundTemplate

from drumbeat.marketing.content.compile.guard import GuardedContext
from drumbeat.marketing.content.compile.language import names_set

Ink = TypeVar("Ink", bound=bytes | str)
Encode = Callable[[str], Ink]

REMEMBERED = 2_000
"""Values a slot knows by heart; then it starts anew, for names repeat and codes do not."""

_CHANGING = frozenset(("unsubscribe_url", "now", "today"))
_WORKED_OUT = frozenset(("size", "first", "last"))
_MISSING = object()


@dataclass(slots=True)
class Run(Generic[Ink]):
    """One rendering: what is known of the recipient, and what was written so far."""

    template: BoundTemplate
    values: Mapping[str, Any]
    written: list[Ink]
    seen: Mapping[str, Any]
    _context: GuardedContext | None = None

    @property
    def context(self) -> GuardedContext:
        """Made when python-liquid is first needed; one a rendering, so its limits count it all."""
        if self._context is None:
            known = self.template.make_globals(self.values)
            self._context = GuardedContext(self.template, globals=known)
        return self._context


Step = Callable[[Run[Ink]], None]
Steps = list[Ink | Step[Ink]]


@dataclass(frozen=True)
class Program(Generic[Ink]):
    """`constants` are names whose value is known already: written as if they were literals."""

    template: BoundTemplate
    encode: Encode[Ink]
    constants: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _steps(self) -> Steps[Ink]:
        return self._steps_of(self.template.nodes)

    @cached_property
    def _stateful(self) -> bool:
        return bool(names_set(self.template))

    def run(self, values: Mapping[str, Any]) -> list[Ink]:
        """The pieces in order. Raises whatever python-liquid raises."""
        run: Run[Ink] = Run(self.template, values, [], values)
        if self._stateful:  # what the template sets itself is seen before what came with it
            run.seen = run.context.scope
        _walk(self._steps, run)
        return run.written

    # compiling ------------------------------------------------------------------------------

    def _steps_of(self, nodes: Iterable[Node]) -> Steps[Ink]:
        steps: list[Ink | Step[Ink]] = []
        literal = ""
        for node in nodes:
            text = self._literal(node)
            if text is not None:
                literal += text
                continue
            steps += [self.encode(literal), self._step_of(node)]
            literal = ""
        return [*steps, self.encode(literal)]

    def _literal(self, node: Node) -> str | None:
        if isinstance(node, ContentNode):
            return node.text
        if type(node) is OutputNode and isinstance(node.expression, FilteredExpression):
            path = node.expression.left
            if isinstance(path, Path) and len(path.path) == 1 and not node.expression.filters:
                constant = self.constants.get(str(path.path[0]))
                return None if constant is None else str(to_liquid_string(constant, self._escapes))
        return None

    def _step_of(self, node: Node) -> Step[Ink]:
        if type(node) is OutputNode:
            return self._slot(node.expression)
        if type(node) is IfNode and not node.blank:
            return self._branch(node, is_unless=False)
        if type(node) is UnlessNode and not node.blank:
            return self._branch(node, is_unless=True)
        return self._as_it_is(node)

    def _slot(self, expression: Expression) -> Step[Ink]:
        encode, escapes = self.encode, self._escapes

        def evaluated(run: Run[Ink]) -> Ink:
            return encode(to_liquid_string(expression.evaluate(run.context), escapes))

        known = _remembering(expression, evaluated)
        return lambda run: run.written.append(known(run))

    def _branch(self, node: IfNode | UnlessNode, *, is_unless: bool) -> Step[Ink]:
        first = _remembering(node.condition, _truth(node.condition))
        ways = [(first, is_unless, self._block(node.consequence))]
        for other in node.alternatives:
            test = _remembering(other.expression, _truth(other.expression))
            ways.append((test, False, self._block(other.block)))
        otherwise = self._block(node.default) if node.default else []

        def step(run: Run[Ink]) -> None:
            for test, unwanted, steps in ways:
                if test(run) is not unwanted:
                    return _walk(steps, run)
            return _walk(otherwise, run)

        return step

    def _block(self, block: BlockNode) -> Steps[Ink]:
        return self._steps_of(block.nodes)

    def _as_it_is(self, node: Node) -> Step[Ink]:
        def step(run: Run[Ink]) -> None:
            buffer = StringIO()
            node.render(run.context, buffer)
            run.written.append(self.encode(buffer.getvalue()))

        return step

    @property
    def _escapes(self) -> bool:
        return self.template.env.autoescape


def _walk(steps: Steps[Ink], run: Run[Ink]) -> None:
    written = run.written
    for step in steps:
        if callable(step):
            step(run)
        else:
            written.append(step)


def _truth(expression: Expression) -> Callable[[Run[Any]], bool]:
    return lambda run: bool(expression.evaluate(run.context))


# remembering --------------------------------------------------------------------------------

Answer = TypeVar("Answer")


def _remembering(
    expression: Expression, ask: Callable[[Run[Any]], Answer]
) -> Callable[[Run[Any]], Answer]:
    """`ask`, but only once for equal values of what the expression reads."""
    paths = _paths(expression)
    if paths is None:
        return ask
    if len(paths) == 1:
        [path] = paths
        return _by_one(path[0], path[1] if len(path) == 2 else None, ask)
    kept: dict[object, Answer] = {}

    def by_many(run: Run[Any]) -> Answer:
        key = tuple(_key(_found(run.seen, path)) for path in paths)
        if None in key:
            return ask(run)
        answer = kept.get(key, _MISSING)
        return _kept(kept, key, ask(run)) if answer is _MISSING else answer  # type: ignore[return-value]

    return by_many


def _by_one(
    root: str, leaf: str | None, ask: Callable[[Run[Any]], Answer]
) -> Callable[[Run[Any]], Answer]:
    """The usual case, apart because it is the hottest: text, looked up by itself."""
    texts: dict[str, Answer] = {}
    others: dict[object, Answer] = {}

    def by_one(run: Run[Any]) -> Answer:
        value = run.seen.get(root, _MISSING)
        if leaf is not None:
            value = value.get(leaf, _MISSING) if isinstance(value, Mapping) else _MISSING
        if type(value) is str:
            answer = texts.get(value)
            return _kept(texts, value, ask(run)) if answer is None else answer
        key = _key(value)
        if key is None:
            return ask(run)
        other = others.get(key)
        return _kept(others, key, ask(run)) if other is None else other

    return by_one


def _kept(kept: dict[Any, Answer], key: object, answer: Answer) -> Answer:
    if len(kept) >= REMEMBERED:
        kept.clear()
    kept[key] = answer
    return answer


def _key(value: object) -> object:
    """Tells apart all that Liquid writes differently; None for what is not to be remembered."""
    kind = type(value)
    if kind is str or kind is bool or kind is int or value is None or value is _MISSING:
        return (kind, value)
    return (kind, repr(value)) if kind is float else None


def _found(seen: Mapping[str, Any], path: tuple[str, ...]) -> object:
    value: object = seen
    for name in path:
        value = value.get(name, _MISSING) if isinstance(value, Mapping) else _MISSING
    return value


def _paths(expression: Expression) -> tuple[tuple[str, ...], ...] | None:
    """What the expression reads, each once; None if that changes with every rendering."""
    found: dict[tuple[str, ...], None] = {}
    for part in _parts(expression):
        if _asks_the_time(part):
            return None
        if isinstance(part, Path):
            names = tuple(name for name in part.path if isinstance(name, str))
            if len(names) < len(part.path) or not _is_plain(names):
                return None
            found[names] = None
    return tuple(found) or None


def _is_plain(path: tuple[str, ...]) -> bool:
    """`name` or `contact.name`: the value of a field, and nothing that is worked out of it."""
    if len(path) == 1:
        return path[0] not in _CHANGING
    return len(path) == 2 and path[0] == "contact" and path[1] not in _WORKED_OUT


def _parts(expression: Expression) -> Iterator[Expression]:
    yield expression
    for child in expression.children():
        yield from _parts(child)


def _asks_the_time(expression: Expression) -> bool:
    """`date` turns the words now and today into the message's own moment."""
    filters = getattr(expression, "filters", None) or ()
    return any(each.name == "date" for each in filters)
