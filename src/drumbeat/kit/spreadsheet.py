"""Text that somebody will open in a spreadsheet: no cell of it may run as a formula there.

Rejected rows are written as they came, with their number and reason, beside the imported file; the
file appears whole or not at all.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_MAX_CELL = 1_000
ADDED_COLUMNS = ("row", "reason")
"""What a file of rejected rows has beside the columns of the file they came from."""


def safe_cell(text: str) -> str:
    """The cell with an apostrophe before anything that spreadsheets would calculate."""
    if not text.lstrip(" \u00a0").startswith(_STARTS_FORMULA) or _is_number(text):
        return text
    return f"'{text}"


def lists_rejects(header: Sequence[str]) -> bool:
    """Whether a file is one of rejected rows, as written here: perhaps mended since."""
    return (
        len(header) > len(ADDED_COLUMNS) and tuple(header[-len(ADDED_COLUMNS) :]) == ADDED_COLUMNS
    )


def as_it_came(cell: str) -> str:
    """The cell that `safe_cell` made safe, without its apostrophe."""
    return cell[1:] if cell[:1] == "'" and safe_cell(cell[1:]) == cell else cell


def rejected_path(imported: Path) -> Path:
    """FILE.csv → FILE.rejected.csv, in the same folder."""
    return imported.with_name(f"{imported.stem}.rejected.csv")


@dataclass
class RejectedRows:
    """Collects rejected rows on disk. `close` puts the file in place, or removes an old one."""

    path: Path
    count: int = 0
    header: Sequence[str] = ()
    _width: int = field(default=0, repr=False)
    _file: io.TextIOWrapper | None = field(default=None, repr=False)

    def add(self, number: int, cells: Sequence[str], reason: str) -> None:
        if self._file is None:
            self._file = open(  # noqa: SIM115 — stays open from row to row, closed by its owner
                self._part(), "w", encoding="utf-8", errors="backslashreplace", newline=""
            )
            header = (
                self.header[: -len(ADDED_COLUMNS)] if lists_rejects(self.header) else self.header
            )
            self._width = len(header)
            self._write([*header, *ADDED_COLUMNS])
        width = self._width
        shown = [*cells[:width], *[""] * (width - len(cells))]
        self._write([*(cell[:_MAX_CELL] for cell in shown), str(number), reason])
        self.count += 1

    def close(self) -> Path | None:
        """The finished file; None when nothing was rejected."""
        if self._file is None:
            self.path.unlink(missing_ok=True)
            return None
        self._file.close()
        self._file = None
        return self._part().replace(self.path)

    def discard(self) -> None:
        """Leave nothing half-written behind."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._part().unlink(missing_ok=True)

    def _part(self) -> Path:
        return self.path.with_name(f"{self.path.name}.part")

    def _write(self, cells: Sequence[str]) -> None:
        assert self._file is not None
        csv.writer(self._file).writerow([safe_cell(cell.replace("\x00", "\\0")) for cell in cells])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
