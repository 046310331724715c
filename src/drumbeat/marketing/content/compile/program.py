"""A template as a program: its literals encoded once, its slots remembered by their values.

python-liquid stays the only interpreter: it evaluates a slot or a condition the first time its
values are met, and the answer is kept while it depends on nothing else. Whatever is stranger than
output and `if` python-liquid renders each time, so a program writes just what the template does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from io import StringIO
from typing import Any, Generic, TypeVar, cast

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

_CHANGING = frozenset(("unsubscribe_url", "preferences_url", "now", "today"))
_WORKED_OUT = frozenset(("size", "first", "last"))
_MISSING = object()


@dataclass(slots=True)
class Run(Generic[Ink]):
    """One rendering: what is known of the recipient, and what was written so far."""

    template: BoundTemplate
    values: Mapping[str, Any]
    written: list[Ink]
    seen: Mapping[str, Any]
    token: Ink
    _context: GuardedContext | None = None

    @property
    def context(self) -> GuardedContext:
        """Made when python-liquid is first needed; one a rendering, so its limits count it all."""
        if self._context is None:
            known = self.template.make_globals(self.values)
            self._context = GuardedContext(self.template, globals=known)
        return self._context


Known = Callable[[Run[Ink]], Ink]
Places = tuple[int, ...]


@dataclass(slots=True)
class Row(Generic[Ink]):
    """What stands between two tags: literals in their places, and what goes between them.

    Nothing inside a row can change a value, so equal slots are looked up once for all places.
    """

    pieces: list[Ink]
    tokens: list[int] = field(default_factory=list)
    slots: dict[object, tuple[Known[Ink], list[int]]] = field(default_factory=dict)
    literal: str = ""

    def write(self, run: Run[Ink]) -> None:
        pieces, token = self.pieces.copy(), run.token
        for place in self.tokens:
            pieces[place] = token
        for known, places in self.slots.values():
            piece = known(run)
            for place in places:
                pieces[place] = piece
        run.written += pieces


Step = Callable[[Run[Ink]], None]
Steps = list[Step[Ink]]


@dataclass(frozen=True)
class Program(Generic[Ink]):
    """`constants` are names whose value is known already: written as if they were literals.

    `mark` is what `encode` makes of the token's place; `encode_literal` is for what the template
    says itself, where that is to be written in another way.
    """

    template: BoundTemplate
    encode: Encode[Ink]
    mark: Ink
    constants: Mapping[str, str] = field(default_factory=dict)
    encode_literal: Encode[Ink] | None = None
    _interpreted: list[str] = field(default_factory=list, repr=False, compare=False)

    @cached_property
    def _steps(self) -> Steps[Ink]:
        return self._steps_of(self.template.nodes)

    @cached_property
    def _stateful(self) -> bool:
        return bool(names_set(self.template))

    def run(self, values: Mapping[str, Any], token: Ink) -> list[Ink]:
        """The pieces in order. Raises whatever python-liquid raises."""
        run: Run[Ink] = Run(self.template, values, [], values, token)
        if self._stateful:  # what the template sets itself is seen before what came with it
            run.seen = run.context.scope
        for step in self._steps:
            step(run)
        return run.written

    def compile(self) -> None:
        """Now, instead of when it first runs."""
        _ = self._steps

    # compiling ------------------------------------------------------------------------------

    def _steps_of(self, nodes: Iterable[Node]) -> Steps[Ink]:
        steps: Steps[Ink] = []
        row: Row[Ink] = Row([])
        for node in nodes:
            text = self._literal(node)
            if text is not None:
                row.literal += text
            elif type(node) is OutputNode:
                self._add_slot(row, node.expression)
            else:
                steps += [*self._ended(row), self._step_of(node)]
                row = Row([])
        return [*steps, *self._ended(row)]

    def _ended(self, row: Row[Ink]) -> Steps[Ink]:
        self._add_literal(row)
        return [row.write] if row.pieces else []

    def _add_literal(self, row: Row[Ink]) -> None:
        if not row.literal:
            return
        encode = self.encode_literal or self.encode
        encoded = cast(Any, encode(row.literal))  # each kind of text splits by its own kind
        first, *others = encoded.split(self.mark)
        row.pieces.append(first)
        for piece in others:
            row.tokens.append(len(row.pieces))
            row.pieces += [self.mark, piece]
        row.literal = ""

    def _add_slot(self, row: Row[Ink], expression: Expression) -> None:
        self._add_literal(row)
        place = len(row.pieces)
        row.pieces.append(self.mark)
        alike = _signature(expression) or place
        if alike not in row.slots:
            row.slots[alike] = (self._slot(expression), [])
        row.slots[alike][1].append(place)

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
        if type(node) is IfNode and not node.blank:
            return self._branch(node, is_unless=False)
        if type(node) is UnlessNode and not node.blank:
            return self._branch(node, is_unless=True)
        return self._as_it_is(node)

    def _slot(self, expression: Expression) -> Known[Ink]:
        encode, escapes = self.encode, self._escapes

        def evaluated(run: Run[Ink]) -> Ink:
            return encode(to_liquid_string(expression.evaluate(run.context), escapes))

        def text_itself(value: str) -> Ink:
            return encode(to_liquid_string(value, escapes))

        bare = isinstance(expression, FilteredExpression) and not expression.filters
        as_it_stands = bare and isinstance(expression.left, Path)  # type: ignore[attr-defined]
        return _remembering(expression, evaluated, text_itself if as_it_stands else None)

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
        if not node.blank:
            self._interpreted.append(node.token.value)

        def step(run: Run[Ink]) -> None:
            buffer = StringIO()
            node.render(run.context, buffer)
            text = buffer.getvalue()
            if text:
                run.written.append(self.encode(text))

        return step

    def interpreted(self) -> tuple[str, ...]:
        """The tags that write something and that python-liquid renders for each recipient."""
        return tuple(self._interpreted) if self._steps else ()

    @property
    def _escapes(self) -> bool:
        return self.template.env.autoescape


def _walk(steps: Steps[Ink], run: Run[Ink]) -> None:
    for step in steps:
        step(run)


def _signature(expression: Expression) -> object:
    """Equal for two slots that say the same of the same values; None where that is not plain."""
    if not isinstance(expression, FilteredExpression) or _paths(expression) is None:
        return None
    left = _written_as(expression.left)
    filters = [
        (
            each.name,
            *((type(arg), getattr(arg, "name", ""), _written_as(arg.value)) for arg in each.args),
        )
        for each in expression.filters or ()
    ]
    return (left, *filters)


def _written_as(part: object) -> object:
    """A literal or a path as a value of its own; anything else is alike only to itself."""
    if isinstance(part, Path):
        return Path, tuple(part.path) if all(isinstance(n, str) for n in part.path) else id(part)
    value = getattr(part, "value", _MISSING)
    return (type(part), type(value), value) if isinstance(value, str | int | float) else id(part)


def _truth(expression: Expression) -> Callable[[Run[Any]], bool]:
    return lambda run: bool(expression.evaluate(run.context))


# remembering --------------------------------------------------------------------------------

Answer = TypeVar("Answer")


def _remembering(
    expression: Expression,
    ask: Callable[[Run[Any]], Answer],
    of_text: Callable[[str], Answer] | None = None,
) -> Callable[[Run[Any]], Answer]:
    """`ask`, but only once for equal values of what the expression reads.

    `of_text` answers for a text without python-liquid, where the expression is that text.
    """
    paths = _paths(expression)
    if paths is None:
        return ask
    if len(paths) == 1:
        [path] = paths
        return _by_one(path[0], path[1] if len(path) == 2 else None, ask, of_text)
    kept: dict[object, Answer] = {}

    def by_many(run: Run[Any]) -> Answer:
        key = tuple(_key(_found(run.seen, path)) for path in paths)
        if None in key:
            return ask(run)
        answer = kept.get(key, _MISSING)
        return _kept(kept, key, ask(run)) if answer is _MISSING else answer  # type: ignore[return-value]

    return by_many


def _by_one(
    root: str,
    leaf: str | None,
    ask: Callable[[Run[Any]], Answer],
    of_text: Callable[[str], Answer] | None,
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
            if answer is None:
                answer = _kept(texts, value, ask(run) if of_text is None else of_text(value))
            return answer
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
