"""Many new contacts at once, and how far the import of each file has come.

Everything here is one statement for thousands of rows: what differs from row to row is bound, what
is the same for all of them is said once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    func,
    insert,
    literal,
    select,
    update,
)

from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience.bulk_merging import Known, NewContacts
from drumbeat.marketing.audience.model import MARKETING_TOPIC
from drumbeat.marketing.audience.store import ContactStore, contact
from drumbeat.marketing.audience.store_consent import consent, consent_proof
from drumbeat.storage.bulk import find_rows, insert_rows
from drumbeat.storage.database import NUMBER, Connection, metadata
from drumbeat.storage.sealing import RowSeal, seal_of

import_run = Table(
    "import_run",
    metadata,
    Column("run_no", NUMBER, primary_key=True),
    Column("file_key", LargeBinary(16), nullable=False, index=True),
    Column("source", String, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("ended", SmallInteger, nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)


@dataclass(frozen=True)
class ImportStore:
    contacts: ContactStore

    @property
    def _connection(self) -> Connection:
        return self.contacts.connection

    def known(self, keys: Sequence[bytes]) -> dict[bytes, Known]:
        """Those of `keys` that are contacts, as they are stored."""
        sealed = seal_of(self._connection, self.contacts.keys, contact.name).cipher is not None
        c = contact.c
        attributes = "NULL" if sealed else c.attributes.name
        state = (
            f"(SELECT state FROM {consent.name} WHERE {consent.name}.contact_no ="
            f" {contact.name}.contact_no AND topic_no = {MARKETING_TOPIC})"
        )
        wanted = f"contact_no, zone, zone_source, external_key, {attributes}, {state}"
        found = find_rows(self._connection, c.address_key, wanted, keys)
        return {
            bytes(row[0]): Known(ContactNo(row[1]), row[2], row[3], row[4], row[5], row[6] or 0)
            for row in found
        }

    def taken(self, external_keys: Sequence[bytes]) -> set[bytes]:
        """Those of the keys of external ids that some contact has."""
        found = find_rows(self._connection, contact.c.external_key, "1", external_keys)
        return {bytes(row[0]) for row in found}

    @property
    def skips_known(self) -> bool:
        """Whether this database can leave out whoever is there while it inserts."""
        return self._connection.dialect.name == "sqlite"

    def last_number(self) -> int:
        return self._connection.execute(select(func.max(contact.c.contact_no))).scalar() or 0

    def numbers_after(self, last: int) -> dict[bytes, int]:
        """By key: who came after the one with the number `last`."""
        wanted = f"SELECT address_key, contact_no FROM {contact.name} WHERE contact_no > {last:d}"
        return {key: number for key, number in self._connection.exec_driver_sql(wanted)}

    def add(self, new: NewContacts, now: int) -> int:
        """Insert contacts, if need be (`skips_known`) but for whoever is there; answers how many.

        They get the next numbers, in their order.
        """
        seal = seal_of(self._connection, self.contacts.keys, contact.name)
        columns, same = _columns(new, seal, now), {"changed_at": now, "revision": 1}
        if new.created_at is None:
            same["created_at"] = now
        if self._connection.dialect.name == "postgresql":
            columns = {"contact_no": self._numbers(len(new)), **columns}
        rows = list(zip(*columns.values(), strict=True))
        skip = self.skips_known
        return insert_rows(self._connection, contact, list(columns), rows, same, skip=skip)

    def _numbers(self, count: int) -> list[int]:
        """The next numbers; nobody else takes any before this unit ends."""
        drawn = func.nextval(func.pg_get_serial_sequence(contact.name, "contact_no"))
        series = func.generate_series(1, count).table_valued("n")
        return list(self._connection.execute(select(drawn).select_from(series)).scalars())

    def add_consents(
        self, numbers: Sequence[int], new: NewContacts, source: str, actor: str, now: int
    ) -> None:
        """Note what the newest contacts allowed, with its proof; who said nothing gets neither."""
        one = new.consents[0]
        if new.consented_at is None and new.consents.count(one) == len(new):
            if one:
                self._add_same_consents(numbers[0], numbers[-1], one, source, actor, now)
            return
        said = [at for at, state in enumerate(new.consents) if state]
        given = new.consented_at or [None] * len(new)
        states = [(numbers[at], MARKETING_TOPIC, new.consents[at], now) for at in said]
        columns = ["contact_no", "topic_no", "state"]
        insert_rows(self._connection, consent, [*columns, "changed_at"], states)
        proofs = [
            (numbers[at], MARKETING_TOPIC, new.consents[at], source, actor, given[at] or now, now)
            for at in said
        ]
        columns += ["source", "actor", "occurred_at", "recorded_at"]
        insert_rows(self._connection, consent_proof, columns, proofs)

    def _add_same_consents(
        self, first: int, last: int, state: int, source: str, actor: str, now: int
    ) -> None:
        number = contact.c.contact_no
        those = number.between(first, last)
        same: Mapping[str, Any] = {"topic_no": MARKETING_TOPIC, "state": state}
        for table, more in (
            (consent, {"changed_at": now}),
            (
                consent_proof,
                {"source": source, "actor": actor, "occurred_at": now, "recorded_at": now},
            ),
        ):
            said = {**same, **more}
            values = [literal(value, table.c[name].type) for name, value in said.items()]
            chosen = select(number, *values).where(those)
            self._connection.execute(insert(table).from_select(["contact_no", *said], chosen))

    # -- how far files have come --------------------------------------------------------------

    def find_unended(self, file_key: bytes) -> tuple[int, int] | None:
        """(run_no, rows) of the newest import of this file, if it never ended."""
        wanted = select(import_run.c.run_no, import_run.c.rows, import_run.c.ended)
        wanted = wanted.where(import_run.c.file_key == file_key)
        row = self._connection.execute(wanted.order_by(import_run.c.run_no.desc())).first()
        return None if row is None or row.ended else (row.run_no, row.rows)

    def add_run(self, file_key: bytes, source: str, now: int) -> int:
        values = {"file_key": file_key, "source": source, "rows": 0, "ended": 0}
        values |= {"began_at": now, "changed_at": now}
        added = self._connection.execute(insert(import_run).values(values))
        assert added.inserted_primary_key is not None
        return int(added.inserted_primary_key[0])

    def save_run(self, run_no: int, rows: int, now: int, *, ended: bool = False) -> None:
        """Never backwards: a run that goes on has come as far as the one it goes on from."""
        at = import_run.c.rows
        statement = update(import_run).where(import_run.c.run_no == run_no)
        if not ended:
            statement = statement.where(at <= rows)
        self._connection.execute(statement.values(rows=rows, ended=int(ended), changed_at=now))


def _columns(new: NewContacts, seal: RowSeal, now: int) -> dict[str, Sequence[Any]]:
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
    keys, text = new.keys, seal.seal_text
    found: dict[str, Sequence[Any]] = {
        "address": [
            text(key, "address", f'"{address}"')
            for key, address in zip(keys, new.addresses, strict=True)
        ],
        "attributes": [
            text(key, "attributes", told) for key, told in zip(keys, new.attributes, strict=True)
        ],
    }
    if new.external_ids is not None:
        found["external_id"] = [
            seal.seal(key, "external_id", told)
            for key, told in zip(keys, new.external_ids, strict=True)
        ]
    return found
