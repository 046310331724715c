"""What the first rows of a contact file tell of it before any of them is imported.

They decide how each column writes its numbers, are shown beside the columns' meanings, and say
which column holds addresses when none is named so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from drumbeat.kit.delimited import BrokenRow, Row, Sheet
from drumbeat.kit.spreadsheet import as_it_came, lists_rejects
from drumbeat.marketing.audience.addresses import NotAnAddress, normalise_address
from drumbeat.marketing.audience.columns import ColumnMap
from drumbeat.marketing.audience.number_styles import SAMPLED_ROWS, NumberStyle, style_of

SHOWN_CELLS = 3
_SHOWN_LETTERS = 60


@dataclass(frozen=True)
class Head:
    """`sheet` still yields every row, these first."""

    sheet: Sheet
    rows: tuple[Row, ...]

    def samples(self) -> tuple[tuple[str, ...], ...]:
        """For each column the first few different things that it says."""
        width = range(len(self.sheet.header))
        return tuple(tuple(_first_different(self.column(at))) for at in width)

    def numbers(self, columns: ColumnMap) -> dict[int, NumberStyle]:
        """The places of attributes that do not write their numbers plainly, and how they do."""
        typed = [place for place, _, typed in columns.attributes if typed]
        styles = {place: style_of(self.column(place)) for place in typed}
        return {place: style for place, style in styles.items() if style != NumberStyle.PLAIN}

    def address_column(self) -> str | None:
        """The header of the column that says most addresses, if most of what it says are some."""
        found = {at: self._addresses(at) for at in range(len(self.sheet.header))}
        best = max(found, key=lambda at: found[at], default=None)
        return None if best is None or found[best] <= 0.5 else self.sheet.header[best]

    def _addresses(self, at: int) -> float:
        said = [cell for cell in self.column(at) if cell.strip()][:100]
        sound = [cell for cell in said if not isinstance(normalise_address(cell), NotAnAddress)]
        return len(sound) / len(said) if said else 0.0

    def column(self, at: int) -> list[str]:
        """What it says in the first rows."""
        return [row.cells[at] for row in self.rows]


def read_head(sheet: Sheet) -> Head:
    """Cells of a mended file of rejected rows come out as they were before a spreadsheet."""
    first = list(islice(sheet.rows, SAMPLED_ROWS))
    rows = chain(first, sheet.rows)
    if lists_rejects(sheet.header):
        first = [_as_it_came(row) for row in first]
        rows = chain(first, map(_as_it_came, sheet.rows))
    whole = tuple(row for row in first if isinstance(row, Row))
    return Head(replace(sheet, rows=rows), whole)


def _as_it_came(row: Row | BrokenRow) -> Row | BrokenRow:
    return row if isinstance(row, BrokenRow) else replace(row, cells=[*map(as_it_came, row.cells)])


def _first_different(cells: Sequence[str]) -> list[str]:
    shown = dict.fromkeys(cell.strip()[:_SHOWN_LETTERS] for cell in cells if cell.strip())
    return list(islice(shown, SHOWN_CELLS))
