"""What the row of a new contact holds, as each database takes it.

It is made ready between two units: what is sealed or formatted inside of one keeps everybody else
from writing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from drumbeat.marketing.audience.bulk_merging import NewContacts
from drumbeat.storage.copying import bytes_fields, joined_fields, numbers_field
from drumbeat.storage.sealing import RowSeal

if TYPE_CHECKING:
    from sqlalchemy import Table

Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class ContactRows:
    """`copied` are rows that PostgreSQL takes by COPY; `now` is when who tells no time came."""

    table: Table
    seal: RowSeal
    copied: bool
    now: int

    def ready(self, new: NewContacts) -> NewContacts:
        """The same people, each as a row of `names_of(new)`."""
        columns = _columns(new, self.seal, self.now)
        if self.copied:
            return replace(new, rows=self._fields(columns))
        return replace(new, rows=list(zip(*columns.values(), strict=True)))

    def _fields(self, columns: Columns) -> Any:
        import pyarrow as pa  # type: ignore[import-untyped]

        fields = []
        for name, values in columns.items():
            if isinstance(values[0] if values else None, int):
                fields.append(numbers_field(values, self.table, name))
            else:
                fields += bytes_fields(pa.array(values))
        return joined_fields(fields)


def names_of(new: NewContacts) -> list[str]:
    """The columns of the rows that are made of these people, in their order."""
    names = ["address_key", "address", "domain", "zone", "zone_source", "attributes"]
    names += [] if new.created_at is None else ["created_at"]
    return names + ([] if new.external_ids is None else ["external_id", "external_key"])


def _columns(new: NewContacts, seal: RowSeal, now: int) -> Columns:
    columns: dict[str, Sequence[Any]] = {
        "address_key": new.keys,
        "address": new.addresses,
        "domain": new.domains,
        "zone": new.zones,
        "zone_source": new.zone_sources,
        "attributes": new.attributes,
    }
    if new.created_at is not None:
        columns["created_at"] = [now if at is None else at for at in new.created_at]
    if new.external_ids is not None:
        columns |= {"external_id": new.external_ids, "external_key": new.external_keys or []}
    if seal.cipher is not None:
        columns |= _sealed(new, seal)
    return columns


def _sealed(new: NewContacts, seal: RowSeal) -> dict[str, Sequence[Any]]:
    """An address that passed as plain needs no escape in JSON."""
    addresses = [f'"{address}"' for address in new.addresses]
    found: dict[str, Sequence[Any]] = {
        "address": seal.seal_texts(new.keys, "address", addresses),
        "attributes": seal.seal_texts(new.keys, "attributes", new.attributes),
    }
    if new.external_ids is not None:
        found["external_id"] = [
            seal.seal(key, "external_id", told)
            for key, told in zip(new.keys, new.external_ids, strict=True)
        ]
    return found
