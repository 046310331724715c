"""What one rendering may cost: iterations, work, memory and output, counted as it goes.

python-liquid limits the product of nested loops, not their sum, sizes lists without what they
hold, and does not look into filters, where one `replace` can square a text. Here every loop,
filter and assignment draws on one budget, and a filter that multiplies is weighed before it runs.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TextIO

from liquid.ast import Node
from liquid.builtin.tags.for_tag import ForNode, ForTag
from liquid.context import RenderContext
from liquid.exceptions import (
    LocalNamespaceLimitError,
    LoopIterationLimitError,
    ResourceLimitError,
)
from liquid.template import BoundTemplate
from liquid.token import Token
from liquid.utils import ReadOnlyChainMap

ITERATIONS = 10_000
STEPS = 300_000
WORK = 4_000_000
VALUE_SIZE = 400_000
LOCAL_SIZE = 2_000_000
OUTPUT_SIZE = 1_000_000
LARGEST_NUMBER = 10**30


class BudgetError(ResourceLimitError):
    """A filter would make, or was given, more than a template may."""


class CountedFor(ForNode):
    """A loop that tells the context how many nodes one turn may visit."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        if isinstance(context, GuardedContext):
            context.turn = _size(self.block, context)
        return super().render_to_output(context, buffer)


class CountedForTag(ForTag):
    node_class = CountedFor


class GuardedContext(RenderContext):
    """A render context that counts; it also hides the machine's own `now` and `today`."""

    def __init__(self, template: BoundTemplate, **options: Any) -> None:
        super().__init__(template, **options)
        self.scope = ReadOnlyChainMap(self.locals, self.globals, self.counters)
        self.iterations = 0
        self.steps = 0
        self.turn = 1
        self.sizes_of_turns: dict[int, int] = {}
        self.work = 0
        self.sizes: dict[str, int] = {}
        self.local_size = 0

    def raise_for_loop_limit(self, length: int = 1) -> None:
        self.iterations += length
        if self.iterations > ITERATIONS:
            message = f"the loops go round more than {ITERATIONS:,} times"
            raise LoopIterationLimitError(message, token=None)
        self.steps += length * self.turn
        if self.steps > STEPS:
            raise LoopIterationLimitError("the loops have too much to do", token=None)

    def assign(self, key: str, val: Any) -> None:
        size = weight(val)
        self.local_size += size - self.sizes.get(key, 0)
        self.sizes[key] = size
        self.locals[key] = val
        if self.local_size > LOCAL_SIZE:
            message = f"the variables hold more than {LOCAL_SIZE:,} characters"
            raise LocalNamespaceLimitError(message, token=None)

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        return partial(self._apply, name, super().filter(name, token))

    def _apply(
        self, name: str, function: Callable[..., object], *args: object, **options: object
    ) -> object:
        cost = sum(map(weight, args)) + sum(map(weight, options.values()))
        if name in MULTIPLYING:
            cost += MULTIPLYING[name](*args)
        self._spend(name, cost)
        made = function(*args, **options)
        self._spend(name, weight(made))
        return made

    def _spend(self, name: str, cost: int) -> None:
        self.work += 20 + cost
        if cost > VALUE_SIZE:
            message = f"the filter {name!r} makes or takes more than {VALUE_SIZE:,} characters"
            raise BudgetError(message, token=None)
        if self.work > WORK:
            raise BudgetError("the filters have too much work to do", token=None)


def weight(value: object, depth: int = 3) -> int:
    """Characters that a value is worth, without building anything; a range counts as a list."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, int | float):
        if abs(value) > LARGEST_NUMBER:
            raise BudgetError("a number is too large", token=None)
        return 1
    if isinstance(value, range):
        return max(0, value.stop - value.start) * 8
    if isinstance(value, Mapping):
        return 8 * len(value) + (sum(weight(v, depth - 1) for v in value.values()) if depth else 0)
    if isinstance(value, list | tuple):
        return 8 * len(value) + (sum(weight(v, depth - 1) for v in value) if depth else 0)
    return 1


def _size(node: Node, context: GuardedContext) -> int:
    """Nodes below and including `node`, counted once a rendering."""
    known = context.sizes_of_turns.get(id(node))
    if known is None:
        known = 1 + sum(_size(child, context) for child in node.children(context))
        context.sizes_of_turns[id(node)] = known
    return known


def _replaced(value: object = "", old: object = "", new: object = "", *_: object) -> int:
    text, old_text = str(value), str(old)
    found = text.count(old_text) if old_text else len(text) + 1
    return found * len(str(new))


def _joined(value: object = (), separator: object = " ", *_: object) -> int:
    count = len(value) if isinstance(value, Sequence) else 1
    return count * len(str(separator))


MULTIPLYING: dict[str, Callable[..., int]] = {"replace": _replaced, "join": _joined}
