"""The shape of a fact at rest, and facts as Arrow tables, IPC bytes and sealed Parquet files.

Pure but for the files it seals; imported only where facts move, because pyarrow is slow to import.
Values in columns, in the order of COLUMNS; `occurred_at` in epoch seconds on the way in and out.
"""

import io
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from drumbeat.storage.sealed_parquet import FactFile, SealedParquet

_MICRO = 1_000_000
_GROUP_ROWS = 65_536

COLUMNS = pa.schema(
    [
        pa.field("kind", pa.int8(), nullable=False),
        pa.field("occurred_at", pa.timestamp("us"), nullable=False),
        pa.field("contact_no", pa.int32(), nullable=False),
        pa.field("mailing_no", pa.int32(), nullable=False),
        pa.field("arm_no", pa.int8(), nullable=False),
        pa.field("link_no", pa.int16(), nullable=False),
        pa.field("verdict", pa.int8(), nullable=False),
        pa.field("reason", pa.int8(), nullable=False),
        pa.field("value_minor", pa.int64(), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
        pa.field("order_key", pa.int64(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("properties", pa.string()),
    ]
)


def table_of(rows: Iterable[Sequence[Any]]) -> Any:
    """An Arrow table of rows in the order of COLUMNS."""
    values = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    arrays = []
    for field, column in zip(COLUMNS, values, strict=True):
        if pa.types.is_timestamp(field.type):
            column = tuple(second * _MICRO for second in column)
        arrays.append(pa.array(column, field.type))
    return pa.Table.from_arrays(arrays, schema=COLUMNS)


def rows_of(table: Any) -> list[tuple[Any, ...]]:
    """The rows again, in the order of COLUMNS."""
    columns = [_plain(table.column(field.name), field.type) for field in COLUMNS]
    return list(zip(*columns, strict=True))


def _plain(column: Any, kind: Any) -> list[Any]:
    if pa.types.is_timestamp(kind):
        return [micro // _MICRO for micro in column.cast(pa.int64()).to_pylist()]
    values: list[Any] = column.to_pylist()
    return values


def joined(tables: Sequence[Any]) -> Any:
    return pa.concat_tables(tables) if tables else COLUMNS.empty_table()


def of_contact(table: Any, contact_no: int) -> Any:
    return table.filter(pc.equal(table.column("contact_no"), contact_no))


def to_ipc(table: Any) -> bytes:
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, COLUMNS, options=options) as writer:
        writer.write_table(table)
    return sink.getvalue()


def from_ipc(rows: bytes) -> Any:
    with pa.ipc.open_stream(rows) as reader:
        return reader.read_all()


def seal_table(
    files: SealedParquet, table: Any, family_of: Mapping[int, str], rules: int = 1
) -> tuple[FactFile, ...]:
    """Write one sealed file for each family and month in the table, judged by `rules`."""
    families = pa.array([family_of[kind] for kind in table.column("kind").to_pylist()], pa.string())
    at = table.column("occurred_at")
    months = pc.add(pc.multiply(pc.year(at), 100), pc.month(at))
    written = []
    for family in sorted(set(families.to_pylist())):
        of_family = pc.equal(families, family)
        for month in sorted(set(months.filter(of_family).to_pylist())):
            rows = table.filter(pc.and_(of_family, pc.equal(months, month)))
            written.append(seal_file(files, rows, family, month, rules))
    return tuple(written)


def seal_file(files: SealedParquet, rows: Any, family: str, month: int, rules: int = 1) -> FactFile:
    """Write one sealed file ordered by (mailing, occurred_at): a mailing's rows lie together."""
    rows = rows.sort_by([("mailing_no", "ascending"), ("occurred_at", "ascending")])
    plain = io.BytesIO()
    pq.write_table(rows, plain, row_group_size=_GROUP_ROWS, compression="zstd")
    name = f"{family}/{month}/{os.urandom(10).hex()}.parquet"
    size = files.write(name, plain.getbuffer())
    mailings = pc.min_max(rows.column("mailing_no")).as_py()
    seconds = pc.min_max(rows.column("occurred_at").cast(pa.int64())).as_py()
    return FactFile(
        family=family,
        month=month,
        name=name,
        n=rows.num_rows,
        bytes=size,
        min_mailing=mailings["min"],
        max_mailing=mailings["max"],
        first_at=seconds["min"] // _MICRO,
        last_at=seconds["max"] // _MICRO,
        rules=rules,
    )


def read_file(files: SealedParquet, name: str) -> Any:
    file = files.open(name)
    try:
        return pq.read_table(io.BytesIO(file.read_at(0, file.size)))
    finally:
        file.close()
