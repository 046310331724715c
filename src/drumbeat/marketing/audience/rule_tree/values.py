"""How one attribute is compared: text by its words whatever their case, numbers by their size.

The same few functions judge one person and fill the table of a million.
"""

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from drumbeat.marketing.audience.rule_tree.tree import HasAttribute, Op, Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def as_seen(value: object) -> str | float | None:
    """What a rule sees of a stored value: folded text, a number, or nothing where it says nothing.

    A yes is the text "true".
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value)
    if not isinstance(value, str):
        return None
    return value.strip().casefold() or None


def is_date(value: object) -> bool:
    return isinstance(value, str) and _DATE.match(value.strip()) is not None


def text_test(leaf: HasAttribute) -> Callable[[str], bool]:
    """Whether a folded text fits; dates are compared as dates, other text has no order."""
    if leaf.op is Op.KNOWN:
        return lambda text: True
    wanted = [_words(value) for value in leaf.values]
    first = wanted[0]
    if leaf.op in (Op.IS, Op.ONE_OF):
        return frozenset(wanted).__contains__
    if leaf.op is Op.CONTAINS:
        return lambda text: first in text
    if leaf.op is Op.STARTS_WITH:
        return lambda text: text.startswith(first)
    if not is_date(leaf.values[0]):
        return lambda text: False
    fits, day = ORDER[leaf.op], first[:10]
    return lambda text: _DATE.match(text) is not None and fits(text[:10], day)


def number_test(leaf: HasAttribute, number: float) -> bool:
    if leaf.op is Op.KNOWN:
        return True
    if leaf.op in ORDER:
        return ORDER[leaf.op](number, _size(leaf.values[0]))
    if leaf.op in (Op.IS, Op.ONE_OF):
        return any(number == _size(value) for value in leaf.values)
    return False


def number_mask(leaf: HasAttribute, numbers: "NDArray[np.floating]") -> "NDArray[np.bool_]":
    """`number_test` of each; where there is no number (NaN) it does not fit."""
    import numpy as np

    if leaf.op is Op.KNOWN:
        known: NDArray[np.bool_] = ~np.isnan(numbers)
        return known
    if leaf.op in ORDER:
        size: np.floating = np.float64(_size(leaf.values[0]))
        with np.errstate(over="ignore"):
            half = np.float32(size)
        if half == size and numbers.dtype == np.float32:  # else two numbers would become one
            size = half
        compared = {Op.AT_LEAST: np.greater_equal, Op.AT_MOST: np.less_equal}
        compare = compared.get(leaf.op, np.greater if leaf.op is Op.ABOVE else np.less)
        found: NDArray[np.bool_] = compare(numbers, size)
        return found
    if leaf.op in (Op.IS, Op.ONE_OF):
        same: NDArray[np.bool_] = np.isin(numbers, np.array([_size(v) for v in leaf.values]))
        return same
    return np.zeros(len(numbers), np.bool_)


def _size(value: Value) -> float:
    """The number that a value of a rule is; NaN, which nothing equals, for words."""
    if isinstance(value, bool):
        return math.nan
    try:
        found = _number(float(value))
    except (ValueError, OverflowError):
        return math.nan
    return math.nan if found is None else found


def _words(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return str(value).strip().casefold()


def _number(value: float) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    return None if math.isnan(number) else number


ORDER: dict[Op, Callable[[object, object], bool]] = {
    Op.AT_LEAST: lambda a, b: a >= b,  # type: ignore[operator]
    Op.AT_MOST: lambda a, b: a <= b,  # type: ignore[operator]
    Op.ABOVE: lambda a, b: a > b,  # type: ignore[operator]
    Op.BELOW: lambda a, b: a < b,  # type: ignore[operator]
}
"""Of two dates as text, or two numbers; NaN is neither above nor below."""
