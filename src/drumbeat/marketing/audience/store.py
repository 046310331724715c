"""Contacts: one row a person, found by a keyed hash of their address.

Rows are looked up by `address_key` and `external_key`, never by what they are keys of: on a
database whose personal fields are sealed (storage/sealing.py) the same statements work.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    Row,
    Select,
    SmallInteger,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    null,
    select,
    update,
)

from drumbeat.kit.clock import from_epoch
from drumbeat.kit.errors import NotFound
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience.duplicate_rules import Traces, traces_of
from drumbeat.marketing.audience.merging import StoredContact
from drumbeat.marketing.audience.model import (
    Consent,
    Contact,
    RecipientFields,
    SuppressionReason,
    ZoneSource,
)
from drumbeat.marketing.audience.store_consent import state_of
from drumbeat.marketing.audience.store_same import SameStore
from drumbeat.storage.bulk import AtOnce, among, find_by_key, insert_rows
from drumbeat.storage.database import Connection, is_reading, metadata, take_turn
from drumbeat.storage.sealing import PERSONAL_JSON, PERSONAL_TEXT, RowSeal, seal_of
from drumbeat.storage.secrets import KeyRing

T = TypeVar("T")

contact = Table(
    "contact",
    metadata,
    Column("contact_no", Integer, primary_key=True, autoincrement=True),
    Column("address_key", LargeBinary(16), nullable=False, unique=True),
    Column("address", PERSONAL_TEXT, nullable=False),
    Column("domain", String, nullable=False),
    Column("external_id", PERSONAL_TEXT),
    Column("external_key", LargeBinary(16), unique=True),
    Column("zone", String, nullable=False),
    Column("zone_source", SmallInteger, nullable=False),
    Column("attributes", PERSONAL_JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    sqlite_autoincrement=True,  # facts keep a number for ever, so no number is given out twice
)


_C = contact.c
# Where nothing is sealed no key is needed, and JSON could not hold it.
_FIELDS = AtOnce(
    select(_C.contact_no, _C.address_key, _C.address, _C.zone, _C.external_id, _C.attributes).where(
        among(_C.contact_no, "numbers")
    ),
    packed=(
        *(_C.contact_no, null(), _C.address, _C.zone, _C.external_id),
        func.json(_C.attributes),
    ),
)
_THERE = AtOnce(select(_C.contact_no).where(among(_C.contact_no, "numbers")))
_ZONES = AtOnce(
    select(_C.contact_no, _C.zone).where(among(_C.contact_no, "numbers"), _C.zone != "")
)


@dataclass(frozen=True)
class ContactStore:
    connection: Connection
    keys: KeyRing

    def hold(self) -> None:
        """Nobody else changes contacts or permissions until this unit ends."""
        take_turn(self.connection, "audience")

    @cached_property
    def same(self) -> SameStore:
        return SameStore(self.connection, self.keys)

    def meant(self, contact_no: ContactNo) -> ContactNo | None:
        """The contact that a number means, also one that was merged; None for nobody."""
        if self.address_keys_of([contact_no]):
            return contact_no
        return self.same.by_number([contact_no]).get(contact_no)

    def get_number(self, contact_no: ContactNo) -> ContactNo:
        """As `meant`. Raises NotFound."""
        found = self.meant(contact_no)
        if found is None:
            raise NotFound(f"There is no contact {contact_no}.")
        return found

    @cached_property
    def _seal(self) -> RowSeal:
        return seal_of(self.connection, self.keys, contact.name)

    def list_by_keys(self, keys: Sequence[bytes]) -> dict[bytes, StoredContact]:
        """Those of `keys` that are contacts, with their consent to marketing."""
        wanted = _with_consent().where(contact.c.address_key.in_(keys))
        rows = self.connection.execute(wanted)
        return {row.address_key: _stored(row, self._seal) for row in rows}

    def keys_by_external_id(self, external_ids: Sequence[str]) -> dict[str, bytes]:
        return self._by_external_id(external_ids, contact.c.address_key)

    def numbers_by_keys(
        self, keys: Sequence[bytes], *, as_told: bool = False
    ) -> dict[bytes, ContactNo]:
        """Also by a merged address: whom it means now, or `as_told` the number it had."""
        found = find_by_key(self.connection, contact.c.address_key, contact.c.contact_no, keys)
        missing = [key for key in keys if key not in found]
        return found | (self.same.told_by_key if as_told else self.same.by_key)(missing)

    def still_there(self, numbers: Sequence[ContactNo]) -> set[ContactNo]:
        return {row[0] for row in _THERE.rows(self.connection, {"numbers": numbers})}

    def numbers_by_external_id(self, external_ids: Sequence[str]) -> dict[str, ContactNo]:
        """Also by the id of somebody who was merged."""
        found = self._by_external_id(external_ids, contact.c.contact_no)
        missing = {self.keys.index("external_id", e): e for e in external_ids if e not in found}
        merged = self.same.by_external_key(missing)
        return found | {missing[key]: number for key, number in merged.items()}

    def followed(self, keys: Sequence[bytes]) -> list[bytes]:
        """The keys, but of merged addresses that of the contact which was kept."""
        merged = self.same.by_key(set(keys))
        if not merged:
            return list(keys)
        named = select(contact.c.contact_no, contact.c.address_key)
        wanted = named.where(contact.c.contact_no.in_(set(merged.values())))
        kept = {number: key for number, key in self.connection.execute(wanted)}
        return [kept[merged[key]] if key in merged else key for key in keys]

    def owners_of_merged(self, external_ids: Sequence[str]) -> dict[str, bytes]:
        """Of external ids that merged contacts had: the address key of whom they mean now."""
        asked = {self.keys.index("external_id", each): each for each in external_ids}
        merged = self.same.by_external_key(asked)
        wanted = select(contact.c.contact_no, contact.c.address_key)
        rows = self.connection.execute(wanted.where(contact.c.contact_no.in_(merged.values())))
        kept = {number: key for number, key in rows}
        return {asked[key]: kept[number] for key, number in merged.items()}

    def refusing(
        self, mailings: Mapping[ContactNo, int | None], reason: SuppressionReason
    ) -> tuple[list[bytes], Mapping[ContactNo, int | None]]:
        """The keys of addresses to suppress, and by whom: merged people mean who was kept.

        A mailbox that does not exist says nothing of the address that was kept.
        """
        merged = self.same.by_number(list(mailings))
        if not merged:
            return self.address_keys_of(list(mailings)), mailings
        gone, bounced = self.same.keys_of(merged), reason is SuppressionReason.bounced
        own = {number: no for number, no in mailings.items() if number not in merged}
        meant = {merged[number]: mailings[ContactNo(number)] for number in merged}
        refusing = own if bounced else {**meant, **own}
        return [*self.address_keys_of(list(refusing)), *gone], refusing

    def remove(self, contact_no: ContactNo) -> None:
        self.connection.execute(delete(contact).where(contact.c.contact_no == contact_no))

    def known_since(self, contact_no: ContactNo, at: int) -> None:
        """They came at that instant, if it is earlier than what is known."""
        late = update(contact).where(contact.c.contact_no == contact_no, contact.c.created_at > at)
        self.connection.execute(late.values(created_at=at))

    def _by_external_id(self, ids: Sequence[str], wanted: Column[T]) -> dict[str, T]:
        given = {self.keys.index("external_id", each): each for each in ids}
        query = select(contact.c.external_key, wanted).where(contact.c.external_key.in_(given))
        return {given[row[0]]: row[1] for row in self.connection.execute(query)}

    def add(self, contacts: Sequence[StoredContact], now: int) -> dict[bytes, ContactNo]:
        """Insert new contacts; answers the number each was given."""
        if not contacts:
            return {}
        rows = [
            self._columns(new)
            | {"created_at": new.created_at or now, "changed_at": now, "revision": 1}
            for new in contacts
        ]
        if self._seal.cipher is None:
            self.connection.execute(insert(contact), rows)  # RETURNING costs twice as much here
        else:  # what is sealed is bytes already: the driver takes the rows as they are
            insert_rows(self.connection, contact, list(rows[0]), [list(r.values()) for r in rows])
        return self.numbers_by_keys([new.address_key for new in contacts])

    def save(self, contacts: Sequence[StoredContact], now: int) -> None:
        """Write what a merge changed in contacts that were there before."""
        if not contacts:
            return
        statement = (
            update(contact)
            .where(contact.c.contact_no == bindparam("number"))
            .values(
                external_id=bindparam("external_id"),
                external_key=bindparam("external_key"),
                zone=bindparam("zone"),
                zone_source=bindparam("zone_source"),
                attributes=bindparam("attributes"),
                changed_at=now,
                revision=contact.c.revision + 1,
            )
        )
        rows = [self._columns(changed) | {"number": changed.contact_no} for changed in contacts]
        for row in rows:
            del row["address_key"], row["address"], row["domain"]
        self.connection.execute(statement, rows)

    def list_(self, numbers: Sequence[ContactNo]) -> list[Contact]:
        """In order of number."""
        wanted = _with_consent().where(contact.c.contact_no.in_(numbers))
        wanted = wanted.order_by(contact.c.contact_no)
        return [_contact(row, self._seal) for row in self.connection.execute(wanted)]

    def list_fields(self, numbers: Sequence[ContactNo]) -> list[RecipientFields]:
        """What templates may say; the send path reads this, so it reads nothing else."""
        rows = _FIELDS.rows(self.connection, {"numbers": numbers})
        if self._seal.cipher is not None:
            rows = [self._opened(row) for row in rows]
        found = []
        for number, _, address, zone, external_id, fields in rows:
            fields["email"] = address
            if external_id is not None:
                fields["external_id"] = external_id
            found.append(RecipientFields(number, address, zone, fields))
        return found

    def _opened(self, row: Sequence[Any]) -> Sequence[Any]:
        number, key, address, zone, external_id, attributes = row
        unseal = self._seal.open
        address = unseal(key, "address", address)
        external_id = unseal(key, "external_id", external_id)
        return number, key, address, zone, external_id, unseal(key, "attributes", attributes)

    def list_after(self, after: int, limit: int) -> list[Contact]:
        """A page of contacts in order of number."""
        wanted = _with_consent().where(contact.c.contact_no > after)
        wanted = wanted.order_by(contact.c.contact_no).limit(limit)
        return [_contact(row, self._seal) for row in self.connection.execute(wanted)]

    def address_keys_of(self, numbers: Sequence[ContactNo]) -> list[bytes]:
        wanted = select(contact.c.address_key).where(contact.c.contact_no.in_(numbers))
        return list(self.connection.execute(wanted).scalars())

    def zones_of(self, numbers: Sequence[ContactNo]) -> dict[int, str]:
        return {row[0]: row[1] for row in _ZONES.rows(self.connection, {"numbers": numbers})}

    def each_place(self) -> Iterator[tuple[int, str, str]]:
        """(contact_no, zone, domain) of everyone, in order of number, without holding them all."""
        wanted = select(contact.c.contact_no, contact.c.zone, contact.c.domain).order_by(
            contact.c.contact_no
        )
        for page in self.connection.execute(wanted).partitions(10_000):
            yield from (tuple(row) for row in page)

    def each_trace(self) -> Iterator[Traces]:
        """What each contact may share with another, in order of number, without holding them."""
        c, seal = contact.c, self._seal
        wanted = select(c.contact_no, c.address_key, c.address, c.external_id, c.attributes)
        for page in self.connection.execute(wanted.order_by(c.contact_no)).partitions(2_000):
            for number, key, address, external_id, said in page:
                yield traces_of(
                    number,
                    seal.open(key, "address", address),
                    seal.open(key, "external_id", external_id),
                    seal.open(key, "attributes", said),
                )

    def count(self) -> int:
        return self.connection.execute(select(func.count()).select_from(contact)).scalar_one()

    def find_newest(self) -> int | None:
        """The highest number of a contact, 0 without any; None in a writing unit."""
        if not is_reading(self.connection):
            return None
        return self.connection.scalar(select(func.max(contact.c.contact_no))) or 0

    def _columns(self, stored: StoredContact) -> dict[str, Any]:
        key, external_id, seal = stored.address_key, stored.external_id, self._seal.seal
        known = external_id is not None
        return {
            "address_key": key,
            "address": seal(key, "address", stored.address),
            "domain": stored.address.rpartition("@")[2],
            "external_id": seal(key, "external_id", external_id),
            "external_key": self.keys.index("external_id", external_id or "") if known else None,
            "zone": stored.zone,
            "zone_source": int(stored.zone_source),
            "attributes": seal(key, "attributes", dict(stored.attributes)),
        }


def _with_consent() -> Select[Any]:
    return select(contact, state_of(contact.c.contact_no).label("consent"))


def _contact(row: Row[Any], seal: RowSeal) -> Contact:
    key = row.address_key
    return Contact(
        contact_no=row.contact_no,
        address=seal.open(key, "address", row.address),
        external_id=seal.open(key, "external_id", row.external_id),
        zone=row.zone,
        zone_source=ZoneSource(row.zone_source),
        attributes=seal.open(key, "attributes", row.attributes),
        consent=Consent(row.consent),
        created_at=from_epoch(row.created_at),
        changed_at=from_epoch(row.changed_at),
    )


def _stored(row: Row[Any], seal: RowSeal) -> StoredContact:
    key = row.address_key
    return StoredContact(
        contact_no=row.contact_no,
        address_key=key,
        address=seal.open(key, "address", row.address),
        external_id=seal.open(key, "external_id", row.external_id),
        zone=row.zone,
        zone_source=ZoneSource(row.zone_source),
        attributes=seal.open(key, "attributes", row.attributes),
        consent=row.consent,
        created_at=row.created_at,
    )
