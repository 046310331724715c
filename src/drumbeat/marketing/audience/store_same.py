"""Who was merged into whom: addresses, external ids and numbers that mean somebody who is kept."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Column, insert, select, update

from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.ids import ContactNo
from drumbeat.storage.database import Connection
from drumbeat.storage.same_people import contact_alias, has_merged, numbers_of
from drumbeat.storage.sealing import seal_of
from drumbeat.storage.secrets import KeyRing

_ALIAS = contact_alias.c
_AT_ONCE = 500
T = TypeVar("T", bytes, int)


@dataclass(frozen=True, slots=True)
class Merged:
    """Somebody who became another contact: the number and the address they had, since when."""

    merged_no: ContactNo
    address: str
    address_key: bytes
    merged_at: datetime
    merged_by: str


@dataclass(frozen=True)
class SameStore:
    connection: Connection
    keys: KeyRing

    def any(self) -> bool:
        return has_merged(self.connection)

    def by_key(self, keys: Collection[bytes]) -> dict[bytes, ContactNo]:
        """Whom the keys of merged addresses mean now."""
        return dict(self._those(_ALIAS.address_key, keys))

    def told_by_key(self, keys: Collection[bytes]) -> dict[bytes, ContactNo]:
        """The numbers that the keys of merged addresses had."""
        return dict(self._those(_ALIAS.address_key, keys, _ALIAS.merged_no))

    def by_external_key(self, keys: Collection[bytes]) -> dict[bytes, ContactNo]:
        """The same of merged external ids."""
        return dict(self._those(_ALIAS.external_key, keys))

    def by_number(self, numbers: Collection[int]) -> dict[int, ContactNo]:
        """Whom merged numbers mean now; a number that was not merged is absent."""
        return dict(self._those(_ALIAS.merged_no, numbers))

    def numbers_of(self, contact_no: ContactNo) -> list[ContactNo]:
        """Every number of one person, the kept one first."""
        return [ContactNo(each) for each in numbers_of(self.connection, contact_no)]

    def list_(self, contact_no: ContactNo) -> list[Merged]:
        """Who was merged into a contact, in the order of their numbers."""
        seal = seal_of(self.connection, self.keys, contact_alias.name)
        wanted = select(contact_alias).where(_ALIAS.contact_no == contact_no)
        return [
            Merged(
                row.merged_no,
                seal.open(row.address_key, "address", row.address),
                row.address_key,
                from_epoch(row.merged_at),
                row.merged_by,
            )
            for row in self.connection.execute(wanted.order_by(_ALIAS.merged_no))
        ]

    def keys_of(self, numbers: Collection[int]) -> list[bytes]:
        """The keys of the addresses that merged numbers had."""
        wanted = select(_ALIAS.address_key).where(_ALIAS.merged_no.in_(numbers))
        return list(self.connection.scalars(wanted))

    def add(self, merged: Merged, kept: ContactNo, external_key: bytes | None) -> None:
        """Whoever was merged into the merged one before means the kept one too."""
        before = update(contact_alias).where(_ALIAS.contact_no == merged.merged_no)
        self.connection.execute(before.values(contact_no=kept))
        seal = seal_of(self.connection, self.keys, contact_alias.name)
        self.connection.execute(
            insert(contact_alias).values(
                merged_no=merged.merged_no,
                contact_no=kept,
                address_key=merged.address_key,
                external_key=external_key,
                address=seal.seal(merged.address_key, "address", merged.address),
                merged_at=epoch(merged.merged_at),
                merged_by=merged.merged_by,
            )
        )

    def _those(
        self,
        column: Column[T],
        values: Collection[T],
        wanted: Column[int] = _ALIAS.contact_no,
    ) -> Iterator[tuple[T, ContactNo]]:
        listed = list(values)
        if not listed or not self.any():
            return
        for at in range(0, len(listed), _AT_ONCE):
            some = column.in_(listed[at : at + _AT_ONCE])
            for row in self.connection.execute(select(column, wanted).where(some)):
                yield row[0], ContactNo(row[1])
