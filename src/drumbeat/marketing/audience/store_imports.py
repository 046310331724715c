"""Many new contacts at once, and how far the import of each file has come.

Everything here is one statement for thousands of rows: what differs from row to row is bound, what
is the same for all of them is said once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    insert,
    select,
    update,
)

from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience.bulk_merging import Known, NewContacts
from drumbeat.marketing.audience.contact_columns import ContactRows, names_of
from drumbeat.marketing.audience.model import MARKETING_TOPIC
from drumbeat.marketing.audience.model_topics import Topic
from drumbeat.marketing.audience.store import ContactStore, contact
from drumbeat.marketing.audience.store_consent import consent, consent_proof
from drumbeat.marketing.audience.store_topics import TopicStore
from drumbeat.storage.bulk import find_rows, insert_between, insert_rows
from drumbeat.storage.copying import copy_fields
from drumbeat.storage.database import NUMBER, Connection, metadata
from drumbeat.storage.sealing import seal_of

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

_DRAWS = "pg_get_serial_sequence('contact', 'contact_no')"
_RESERVE = f"SELECT setval({_DRAWS}, nextval({_DRAWS}) + %s)"


@dataclass(frozen=True)
class ImportStore:
    contacts: ContactStore

    @property
    def _connection(self) -> Connection:
        return self.contacts.connection

    def list_topics(self) -> list[Topic]:
        return TopicStore(self._connection).list_()

    def known(self, keys: Sequence[bytes]) -> dict[bytes, Known]:
        """Those of `keys` that are contacts, as they are stored."""
        seal = seal_of(self._connection, self.contacts.keys, contact.name)
        c = contact.c
        state = (
            f"(SELECT state FROM {consent.name} WHERE {consent.name}.contact_no ="
            f" {contact.name}.contact_no AND topic_no = {MARKETING_TOPIC})"
        )
        wanted = f"contact_no, zone, zone_source, external_key, {c.attributes.name}, {state}"
        found = list(find_rows(self._connection, c.address_key, wanted, keys))
        texts = seal.open_texts(c.attributes.name, [(row[0], row[5]) for row in found])
        return {
            row[0]: Known(ContactNo(row[1]), row[2], row[3], row[4], text, row[6] or 0)
            for row, text in zip(found, texts, strict=True)
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
        """The highest number that was ever given, also to who is gone: the next is one more.

        Asked where numbers are not reserved (`skips_known`); 0 elsewhere, and before the first.
        """
        if not self.skips_known:
            return 0
        given = "SELECT seq FROM sqlite_sequence WHERE name = ?"
        return self._connection.exec_driver_sql(given, (contact.name,)).scalar() or 0

    def numbers_after(self, last: int) -> dict[bytes, int]:
        """By key: who came after the one with the number `last`."""
        wanted = f"SELECT address_key, contact_no FROM {contact.name} WHERE contact_no > {last:d}"
        return {key: number for key, number in self._connection.exec_driver_sql(wanted)}

    def rows(self, now: int) -> ContactRows:
        """What makes contacts ready for `add`; without this unit, too.

        `now` is when those came who do not say it themselves, where others do.
        """
        seal = seal_of(self._connection, self.contacts.keys, contact.name)
        return ContactRows(contact, seal, self._copies, now)

    @property
    def _copies(self) -> bool:
        return self._connection.dialect.name == "postgresql"

    def add(self, new: NewContacts, now: int) -> int:
        """Insert contacts but for whoever is there (`skips_known`); answers how many.

        They get the next numbers, in their order.
        """
        ready = new if new.rows is not None else self.rows(now).ready(new)
        names, same = names_of(new), _same(new, now)
        return insert_rows(self._connection, contact, names, ready.rows, same, skip=True)

    def add_numbered(self, new: NewContacts, now: int, last: int) -> range:
        """Insert contacts of whom nobody is there; answers their numbers, in their order."""
        if not self._copies:
            self.add(new, now)
            return range(last + 1, last + 1 + len(new))
        ready = new if new.rows is not None else self.rows(now).ready(new)
        first, names = self._reserve(len(new)), names_of(new)
        numbered, same = ("contact_no", first), _same(new, now)
        copy_fields(self._connection, contact, names, ready.rows, numbered, same)
        return range(first, first + len(new))

    def _reserve(self, count: int) -> int:
        """The first of so many numbers; nobody else takes any before this unit ends."""
        drawn = self._connection.exec_driver_sql(_RESERVE, (count - 1,)).scalar_one()
        return int(drawn) - count + 1

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
        states = {"topic_no": MARKETING_TOPIC, "state": state, "changed_at": now}
        insert_between(self._connection, consent, states, contact.c.contact_no, first, last)
        proofs: dict[str, str | int] = {"topic_no": MARKETING_TOPIC, "state": state}
        proofs |= {"source": source, "actor": actor, "occurred_at": now, "recorded_at": now}
        insert_between(self._connection, consent_proof, proofs, contact.c.contact_no, first, last)

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


def _same(new: NewContacts, now: int) -> dict[str, int]:
    same = {"changed_at": now, "revision": 1}
    return same | {"created_at": now} if new.created_at is None else same
