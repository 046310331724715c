"""Rows made column by column are, byte for byte, what PostgreSQL's own driver would have sent."""

import struct

import pyarrow as pa  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.marketing.audience.store import contact
from drumbeat.storage.copying import bytes_fields, joined_fields, numbers_field

CELLS = st.tuples(st.binary(max_size=20), st.none() | st.text(max_size=9), st.integers(-9, 9))


def sent(value: bytes | None) -> bytes:
    return struct.pack(">i", -1) if value is None else struct.pack(">i", len(value)) + value


@given(st.lists(CELLS, min_size=1, max_size=30))
def test_a_field_is_its_length_and_its_bytes_and_null_has_none(
    rows: list[tuple[bytes, str | None, int]],
) -> None:
    keys, texts, numbers = (list(column) for column in zip(*rows, strict=True))
    fields = [
        *bytes_fields(pa.array(keys, pa.binary())),
        *bytes_fields(pa.array(texts, pa.string())),
        numbers_field(numbers, contact, "zone_source"),
        numbers_field(numbers, contact, "created_at"),
    ]
    assert joined_fields(fields).to_pylist() == [
        sent(key)
        + sent(None if text is None else text.encode())
        + sent(struct.pack(">h", number))
        + sent(struct.pack(">q", number))
        for key, text, number in rows
    ]


@given(st.integers(0, 5), st.booleans())
def test_a_column_that_nobody_has_is_null_in_each_row(n: int, typed: bool) -> None:
    nothing = pa.array([None] * n, pa.string() if typed else None)
    assert joined_fields(bytes_fields(nothing)).to_pylist() == [sent(None)] * n
