"""Rows as PostgreSQL's binary COPY takes them, made column by column.

https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format": a count of fields, then for
each its length and its bytes; numbers in network order; NULL is the length -1 and no bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from drumbeat.storage.database import Connection

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa  # type: ignore[import-untyped]
    from numpy.typing import NDArray
    from sqlalchemy import Table

_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL = b"\xff\xff"
_NUMBERS = {"SMALLINT": 2, "INTEGER": 4, "BIGINT": 8}


def numbers_field(numbers: Any, table: Table, column: str) -> pa.BinaryArray:
    """A column of whole numbers, without any NULL, at the width that the table gives it."""
    import numpy as np

    width = _NUMBERS[str(table.c[column].type)]
    fields = np.empty(len(numbers), np.dtype([("length", ">i4"), ("value", f">i{width}")]))
    fields["length"], fields["value"] = width, numbers
    return _fixed(fields)


def bytes_fields(values: pa.Array) -> list[pa.BinaryArray]:
    """A column of text or bytes: the lengths and the values."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    if pa.types.is_null(values.type):  # nobody has one, or there is nobody
        values = values.cast(pa.binary())
    lengths = pc.fill_null(pc.binary_length(values), -1).to_numpy(zero_copy_only=False)
    found = [_fixed(lengths.astype(np.dtype(">i4")))]
    return [*found, pc.fill_null(values.cast(pa.binary()), b"")]


def joined_fields(fields: Sequence[pa.BinaryArray | pa.BinaryScalar]) -> pa.BinaryArray:
    """Fields beside each other, row by row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(*fields, pa.scalar(b"", pa.binary()))


def copy_fields(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    fields: pa.BinaryArray,
    numbered: tuple[str, int],
    same: dict[str, int],
) -> None:
    """Insert rows whose `fields` are those of `columns`, in their order.

    `numbered` are a column and its number in the first row, which grows by one a row; `same` are
    whole numbers that all rows have in further columns.
    """
    import numpy as np
    import pyarrow as pa

    names = [numbered[0], *columns, *same]
    count = np.full(len(fields), len(names), np.dtype(">i2"))
    numbers = np.arange(numbered[1], numbered[1] + len(fields))
    ending = b"".join(numbers_field([each], table, name)[0].as_py() for name, each in same.items())
    rows = joined_fields(
        [
            _fixed(count),
            numbers_field(numbers, table, numbered[0]),
            fields,
            pa.scalar(ending, pa.binary()),
        ]
    )
    listed = ", ".join(f'"{table.c[name].name}"' for name in names)
    raw: Any = connection.connection.driver_connection
    statement = f"COPY {table.name} ({listed}) FROM STDIN (FORMAT BINARY)"
    with raw.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_HEAD + _content(rows) + _TAIL)


def _fixed(fields: NDArray[np.generic]) -> pa.BinaryArray:
    """Each element's bytes as a value."""
    import pyarrow as pa

    size, buffers = fields.dtype.itemsize, [None, pa.py_buffer(fields.tobytes())]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(size), len(fields), buffers).cast(
        pa.binary()
    )


def _content(rows: pa.BinaryArray) -> bytes:
    """All values of an array that nobody has sliced, one behind the other."""
    import numpy as np

    _, offsets, content = rows.buffers()
    ends = np.frombuffer(offsets, np.int32)
    whole: bytes = content.slice(0, int(ends[len(rows)])).to_pybytes()
    return whole
