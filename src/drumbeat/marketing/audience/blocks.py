"""Which stretches of a contact file can be read column by column, and which only row by row?

A block is some megabytes that end where a row ends. Whatever in it two readers could understand
differently (a quote inside a cell, a row of another width, bytes of no letter) makes it a block for
the careful reader of kit/delimited.py; a quote that never closes makes the rest of the file so.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from drumbeat.kit.delimited import MAX_RECORD, BrokenRow, Row, Sheet, read_rows

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]

BLOCK_BYTES = 8 << 20
_MARK = b"\xef\xbb\xbf"
_NO_LETTER = "\ufffd".encode()
_BYTE_ENCODINGS = re.compile(r"utf-8(-sig)?|cp125\d", re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\n\r?\n")


@dataclass(frozen=True)
class Plain:
    """`columns` are all cells of rows numbered from `first_row` on; the file was read to `end`."""

    first_row: int
    columns: list[pa.StringArray]
    end: int


@dataclass(frozen=True)
class Careful:
    """Rows that are read one by one, once; the file was read to `end`, or None: to where it is."""

    rows: Iterator[Row | BrokenRow]
    end: int | None = None


def blocks(source: BinaryIO, sheet: Sheet, size: int = BLOCK_BYTES) -> Iterator[Plain | Careful]:
    """Every row below the header of `sheet`, which was read from `source`."""
    after = _after_header(source, sheet)
    if after is None:
        yield Careful(sheet.rows)
        return
    at, number = after, 2
    while True:
        source.seek(at)
        raw = source.read(size)
        if not raw:
            return
        whole = _whole_rows(raw, sheet.delimiter, last=len(raw) < size)
        if whole is None:
            source.seek(at)
            yield Careful(read_rows(source, sheet, number))
            return
        block = raw[:whole]
        at += whole
        columns = _columns(block, sheet)
        if columns is None:
            counted = _Counted(block, sheet, number)
            yield Careful(iter(counted), at)
            number = counted.number
        else:
            yield Plain(number, columns, at)
            number += len(columns[0])


@dataclass
class _Counted:
    """The rows of one careful block, and the number that follows them."""

    block: bytes
    sheet: Sheet
    number: int

    def __iter__(self) -> Iterator[Row | BrokenRow]:
        return read_rows(io.BytesIO(self.block), self.sheet, self.number, ended=self._ended)

    def _ended(self, number: int) -> None:
        self.number = number


def _after_header(source: BinaryIO, sheet: Sheet) -> int | None:
    """Where the first row begins; None if the file does not begin with a plain header line."""
    if not _BYTE_ENCODINGS.fullmatch(sheet.encoding) or len(sheet.delimiter.encode()) != 1:
        return None
    here = source.tell()  # the rows of the sheet go on reading from here
    source.seek(0)
    line = source.readline(MAX_RECORD)
    source.seek(here)
    plain = line.removeprefix(_MARK)
    odd = plain.count(b'"') % 2 or b"\r" in plain.rstrip(b"\r\n") or not plain.endswith(b"\n")
    hint = plain.lower().startswith(b"sep=") and len(plain.strip()) == 5
    return None if odd or hint or not plain.strip() else len(line)


def _whole_rows(raw: bytes, delimiter: str, *, last: bool) -> int | None:
    """How many bytes are whole rows; None if quotes do not say where rows end."""
    if b'"' not in raw:
        end = len(raw) if last else raw.rfind(b"\n") + 1
        return end or None
    import numpy as np

    letters = np.frombuffer(raw, np.uint8)
    quotes = np.flatnonzero(letters == 34)
    lines = np.flatnonzero(letters == 10)
    outside = lines[np.searchsorted(quotes, lines) % 2 == 0]
    end = len(raw) if last else (int(outside[-1]) + 1 if len(outside) else 0)
    quotes = quotes[quotes < end]
    if not end or len(quotes) % 2:
        return None
    beside = np.isin(letters, np.frombuffer(f'{delimiter}\n\r"'.encode(), np.uint8))
    opening, closing = quotes[0::2], quotes[1::2]
    opens = (opening == 0) | beside[np.maximum(opening - 1, 0)]
    closes = (closing == len(raw) - 1) | beside[np.minimum(closing + 1, len(raw) - 1)]
    return end if bool(opens.all() and closes.all()) else None


def _columns(block: bytes, sheet: Sheet) -> list[pa.StringArray] | None:
    """The cells of a block, column by column; None if somebody should look at its rows."""
    import pyarrow as pa
    from pyarrow import csv

    text = _as_utf8(block, sheet)
    if text is None:
        return None
    quoted = b'"' in text
    width = len(sheet.header)
    try:
        table = csv.read_csv(
            pa.BufferReader(text),
            read_options=csv.ReadOptions(
                use_threads=False,
                block_size=len(text) + 1,
                column_names=[str(at) for at in range(width)],
            ),
            parse_options=csv.ParseOptions(
                delimiter=sheet.delimiter, newlines_in_values=quoted, ignore_empty_lines=False
            ),
            convert_options=csv.ConvertOptions(
                column_types={str(at): pa.string() for at in range(width)},
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    table = table.combine_chunks()
    columns = [column.chunk(0) for column in table.columns] if table.num_rows else []
    if not columns or (quoted and _has_long_rows(text, columns)):
        return None
    return columns


def _has_long_rows(text: bytes, columns: list[pa.StringArray]) -> bool:
    """Whether a row may be longer, in letters or in lines, than the careful reader takes."""
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    if text.count(b"\n") > len(columns[0]) + 1_000:
        return True
    longest = sum(pc.max(pc.binary_length(column)).as_py() or 0 for column in columns)
    return longest > MAX_RECORD // 2


def _as_utf8(block: bytes, sheet: Sheet) -> bytes | None:
    odd = (
        b"\x00" in block
        or block.count(b"\r") != block.count(b"\r\n")
        or _BLANK_LINE.search(block) is not None
        or block.startswith((b"\n", b"\r"))
    )
    if odd or max(map(len, block.split(b"\n"))) > MAX_RECORD // 2:
        return None
    if sheet.encoding.lower().startswith("utf-8"):
        return None if sheet.suspect and _NO_LETTER in block else block
    try:
        return block.decode(sheet.encoding).encode()
    except UnicodeDecodeError:
        return None
