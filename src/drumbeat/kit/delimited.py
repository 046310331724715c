"""Which rows does a delimited text file hold, whoever exported it and however broken it is?

Reads as a stream: at most one record of `MAX_RECORD` characters is in memory. A row that cannot be
read comes out as `BrokenRow` with its number and reason, and reading goes on behind it. Rows are
numbered as a spreadsheet shows them: the header is row 1.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from drumbeat.kit.encodings import Encoding, detect_encoding
from drumbeat.kit.errors import InvalidInput

MAX_RECORD = 131_072  # csv's own default limit for a field, so its global setting stays untouched
MAX_COLUMNS = 1_000
_MAX_LINES = 2_000
_SHOWN = 500
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """`reason` completes "row 7: …"; `cells` is what could be read, cut short where it is long."""

    number: int
    cells: list[str]
    reason: str


@dataclass(frozen=True)
class Sheet:
    """`rows` may be read once; `suspect` says that some bytes do not fit the encoding."""

    header: tuple[str, ...]
    encoding: str
    delimiter: str
    rows: Iterator[Row | BrokenRow]
    suspect: bool = True


def read_sheet(source: BinaryIO, *, encoding: str | None = None) -> Sheet:
    """Open a seekable file of delimited text. Raises InvalidInput naming what is wrong with it."""
    found = detect_encoding(source) if encoding is None else Encoding(encoding, suspect=True)
    text = _decoded(source, found)
    lines = _Lines(text)
    first = lines.first()
    delimiter = _delimiter_of(first)
    if first.lower().startswith("sep=") and len(first.strip()) == 5:  # Excel's own hint
        delimiter = first[4]
        first = lines.first()
    lines.push_back(first)
    reader = csv.reader(lines, delimiter=delimiter)
    header = _header_of(_read_header(lines, reader, found))
    rows = _rows(lines, reader, len(header), found)
    return Sheet(header, found.name, delimiter, rows, found.suspect)


def read_rows(
    source: BinaryIO,
    sheet: Sheet,
    number: int,
    *,
    ended: Callable[[int], None] = lambda _: None,
) -> Iterator[Row | BrokenRow]:
    """The rows of a sheet from where `source` stands, the first of which has this number.

    `ended` is told the number after the last one.
    """
    encoding = Encoding(sheet.encoding, sheet.suspect)
    lines = _Lines(_KeepsOpen(source, encoding=encoding.name, errors="replace", newline=""))
    lines.number = number - 1
    reader = csv.reader(lines, delimiter=sheet.delimiter)
    yield from _rows(lines, reader, len(sheet.header), encoding)
    ended(lines.number)


class _TooLong(Exception):
    pass


class _Unclosed(Exception):
    pass


@dataclass
class _Lines:
    """Physical lines for csv.reader, with an eye on how many of them one record takes."""

    text: io.TextIOBase
    record: list[str] = field(default_factory=list)
    number: int = 0
    _waiting: list[str] = field(default_factory=list)
    _length: int = 0

    def first(self) -> str:
        """The next line that is not blank. Raises InvalidInput when there is none."""
        while line := self._read():
            self.number += 1
            if line.strip():
                self.number -= 1
                return line
        raise InvalidInput("The file is empty.", field="file")

    def start(self) -> None:
        """The next line begins a record."""
        self.record.clear()
        self._length = 0

    def push_back(self, *lines: str) -> None:
        self._waiting.extend(reversed(lines))

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._read()
        if not line:
            if self.record:  # csv.reader asks for more only inside quotes
                raise _Unclosed
            raise StopIteration
        self.record.append(line)
        self._length += len(line)
        if len(line) > MAX_RECORD:
            self._drain(line)
            raise _TooLong
        if self._length > MAX_RECORD or len(self.record) > _MAX_LINES:
            raise _Unclosed
        return line

    def _read(self) -> str:
        if self._waiting:
            return self._waiting.pop()
        return str(self.text.readline(MAX_RECORD + 1))

    def _drain(self, line: str) -> None:
        """Pass over what is left of a line that was read in part."""
        while line and not line.endswith(("\n", "\r")):
            line = str(self.text.readline(MAX_RECORD + 1))


def _decoded(source: BinaryIO, encoding: Encoding) -> io.TextIOWrapper:
    source.seek(0)
    try:
        "".encode(encoding.name)
    except LookupError:
        message = f"encoding: {encoding.name[:40]!r} is not an encoding, such as utf-8 or cp1252."
        raise InvalidInput(message, field="encoding") from None
    return _KeepsOpen(source, encoding=encoding.name, errors="replace", newline="")


class _KeepsOpen(io.TextIOWrapper):
    """Decodes a file that somebody else opened, and so somebody else closes."""

    def __del__(self) -> None:
        if not self.closed:
            self.detach()


def _delimiter_of(line: str) -> str:
    """The separator that occurs most often outside quotes in the header; a comma when none does."""
    outside = "".join(line.split('"')[::2])
    counts = Counter({each: outside.count(each) for each in _DELIMITERS})
    return max(_DELIMITERS, key=lambda each: counts[each])


def _read_header(lines: _Lines, reader: Iterator[list[str]], encoding: Encoding) -> list[str]:
    lines.start()
    lines.number += 1
    try:
        cells = next(reader)
    except (_TooLong, _Unclosed, csv.Error):
        message = f"row {lines.number}: the header is too long or a quote in it never closes."
        raise InvalidInput(message, field="header") from None
    if any(_flaw(cell, encoding) for cell in cells):
        message = f"row {lines.number}: the header is not readable as {encoding.name}."
        raise InvalidInput(message, field="header")
    return cells


def _header_of(cells: list[str]) -> tuple[str, ...]:
    if len(cells) > MAX_COLUMNS:
        message = f"The header names {len(cells)} columns; at most {MAX_COLUMNS} are read."
        raise InvalidInput(message, field="header")
    names = [" ".join(cell.replace("\u00a0", " ").split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    names = [name or f"column_{place}" for place, name in enumerate(names, 1)]
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names, 1):
        places.setdefault(name.casefold(), []).append(place)
    twice = [
        f"{names[at[0] - 1]!r} (columns {', '.join(map(str, at))})"
        for at in places.values()
        if len(at) > 1
    ]
    if twice:
        message = f"row 1: the header names a column more than once: {'; '.join(twice)}."
        raise InvalidInput(message, field="header")
    return tuple(names)


def _rows(
    lines: _Lines, reader: Iterator[list[str]], width: int, encoding: Encoding
) -> Iterator[Row | BrokenRow]:
    while True:
        lines.start()
        lines.number += 1
        number = lines.number
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _TooLong:
            yield BrokenRow(
                number, [lines.record[0][:_SHOWN]], f"is longer than {MAX_RECORD:,} characters"
            )
            lines.push_back(*lines.record[1:-1])
            continue
        except (_Unclosed, csv.Error):
            yield BrokenRow(number, [lines.record[0][:_SHOWN]], "a quote in it never closes")
            lines.push_back(*lines.record[1:])
            continue
        if any(cells):
            yield _checked(number, cells, width, encoding)


def _checked(number: int, cells: list[str], width: int, encoding: Encoding) -> Row | BrokenRow:
    if len(cells) > width and not any(cells[width:]):
        cells = cells[:width]
    if len(cells) != width:
        reason = f"has {len(cells)} cells where the header has {width}"
        return BrokenRow(number, cells[: width + 20], reason)
    if encoding.suspect:
        for place, cell in enumerate(cells, 1):
            if flaw := _flaw(cell, encoding):
                return BrokenRow(number, cells, f"column {place} {flaw}")
    return Row(number, cells)


def _flaw(cell: str, encoding: Encoding) -> str:
    if not encoding.suspect:
        return ""
    if "\x00" in cell:
        return "holds a NUL byte"
    if "\ufffd" in cell:
        return f"is not readable as {encoding.name}"
    return ""
