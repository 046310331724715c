"""Where one contact is in a kept membership, or in who entered and left; and taking them out.

What was counted stays as it was counted: only whose it was is forgotten.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Table, select, update

from drumbeat.marketing.audience.store_rule_segments import membership_change
from drumbeat.marketing.audience.store_segments import membership
from drumbeat.storage.database import Connection

_ROWS_READ = 50
_PARTS = (
    (membership, membership.c.taken_at, "members"),
    (membership_change, membership_change.c.at, "entered"),
    (membership_change, membership_change.c.at, "gone"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """One column of one row with a bit for each contact; `part` leads to table and column."""

    part: int
    segment_no: int
    at: int


@dataclass(frozen=True)
class MembershipStore:
    connection: Connection

    def list_with(self, contact_no: int) -> list[Place]:
        """Every place that still has the contact; reads all of them."""
        return [place for part in range(len(_PARTS)) for place in self._with(part, contact_no)]

    def forget(self, contact_no: int, places: Sequence[Place]) -> None:
        for place in places:
            table, instant, name = _PARTS[place.part]
            row = _row(table, instant, place)
            bits = self.connection.execute(select(table.c[name]).where(*row)).scalar_one_or_none()
            if bits is not None:
                left = {name: without(bits, contact_no)}
                self.connection.execute(update(table).where(*row).values(left))

    def _with(self, part: int, contact_no: int) -> Iterator[Place]:
        table, instant, name = _PARTS[part]
        wanted = select(table.c.segment_no, instant, table.c[name])
        rows = self.connection.execute(wanted.execution_options(yield_per=_ROWS_READ))
        for segment_no, at, bits in rows:
            if holds(bits, contact_no):
                yield Place(part, segment_no, at)


def holds(bits: bytes, contact_no: int) -> bool:
    """Reads no further than the contact's own byte."""
    byte, bit = contact_no >> 3, 0x80 >> (contact_no & 7)
    read = zlib.decompressobj().decompress(bits, byte + 1)
    return byte < len(read) and bool(read[byte] & bit)


def without(bits: bytes, contact_no: int) -> bytes:
    """Cut behind the last contact that is left, so that not even the length tells of them."""
    read = bytearray(zlib.decompress(bits))
    byte, bit = contact_no >> 3, 0x80 >> (contact_no & 7)
    if byte < len(read):
        read[byte] &= ~bit & 0xFF
    return zlib.compress(bytes(read).rstrip(b"\0"))


def _row(
    table: Table, instant: Column[int], place: Place
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.segment_no == place.segment_no, instant == place.at
