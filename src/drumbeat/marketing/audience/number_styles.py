"""How does a column write its numbers: 1234.50, 1.234,50 or 1,234.50?

Decided once for a column, by the rows at the head of its file, never for a cell alone: "1.234" is
one and a bit in one file and a thousand in another. A style is taken only when every cell that was
looked at can be read by it and one of them by it alone; otherwise a point is a decimal point and a
cell with a comma stays text.
"""

import re
from collections.abc import Iterable
from enum import StrEnum

SAMPLED_ROWS = 1_000


class NumberStyle(StrEnum):
    """Each is named as it would be shown to somebody."""

    PLAIN = "1234.50"
    COMMA = "1.234,50"
    POINT = "1,234.50"


_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,14})", re.ASCII)
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,11})\.[0-9]{1,17}", re.ASCII)
_GROUPED = {
    NumberStyle.COMMA: re.compile(
        r"-?(0|[1-9][0-9]{0,14}|[1-9][0-9]{0,2}(\.[0-9]{3}){1,4})(,[0-9]{1,17})?", re.ASCII
    ),
    NumberStyle.POINT: re.compile(
        r"-?(0|[1-9][0-9]{0,14}|[1-9][0-9]{0,2}(,[0-9]{3}){1,4})(\.[0-9]{1,17})?", re.ASCII
    ),
}


def style_of(cells: Iterable[str]) -> NumberStyle:
    """The style of a column; PLAIN for one that is not all numbers, or that two styles can read."""
    written = {cell.strip() for cell in cells} - {""}
    for style, other in (
        (NumberStyle.COMMA, NumberStyle.POINT),
        (NumberStyle.POINT, NumberStyle.COMMA),
    ):
        reads, misreads = _GROUPED[style], _GROUPED[other]
        telling = [cell for cell in written if not misreads.fullmatch(cell)]
        if telling and all(reads.fullmatch(cell) for cell in written):
            grouped = style is NumberStyle.COMMA or any("," in cell for cell in written)
            return style if grouped else NumberStyle.PLAIN
    return NumberStyle.PLAIN


def read_number(text: str, style: NumberStyle = NumberStyle.PLAIN) -> int | float | None:
    """None for what is no number in that style ("007" is text in each)."""
    if style is not NumberStyle.PLAIN:
        if not _GROUPED[style].fullmatch(text):
            return None
        group, point = (".", ",") if style is NumberStyle.COMMA else (",", ".")
        text = text.replace(group, "").replace(point, ".")
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else None
