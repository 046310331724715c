"""Facts that are not folded yet, the ids that were seen, and evidence kept for a while."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
)

from drumbeat.kit.clock import epoch
from drumbeat.kit.hidden_link import HIDDEN_LINK
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.events.model import Fact, FoldedFact, Hit
from drumbeat.marketing.events.rejudging import Asked
from drumbeat.marketing.events.rules import as_json, cut_evidence, order_key
from drumbeat.marketing.events.verdicts import judge
from drumbeat.storage.bulk import insert_alike, insert_new, insert_rows
from drumbeat.storage.database import NUMBER, Connection, metadata

event = Table(
    "event",
    metadata,
    Column("event_no", NUMBER, primary_key=True),
    Column("kind", SmallInteger, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    Column("contact_no", Integer, nullable=False),
    Column("mailing_no", Integer, nullable=False),
    Column("arm_no", SmallInteger, nullable=False),
    Column("link_no", SmallInteger, nullable=False),
    Column("verdict", SmallInteger, nullable=False),
    Column("reason", SmallInteger, nullable=False),
    Column("value_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("order_key", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("properties", Text),
)

event_seen = Table(
    "event_seen",
    metadata,
    Column("event_key", LargeBinary(16), primary_key=True),
    sqlite_with_rowid=False,
)

evidence = Table(
    "evidence",
    metadata,
    Column("evidence_no", NUMBER, primary_key=True),
    Column("contact_no", Integer, nullable=False),
    Column("mailing_no", Integer, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("ip", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("link_no", SmallInteger, nullable=False, server_default="-1"),
    Column("asked", SmallInteger, nullable=False, server_default="0"),
    Index(None, "at"),
    Index(None, "contact_no"),
)

_COLUMNS = tuple(event.c[name] for name in FoldedFact._fields)
_EVIDENCE = ("contact_no", "mailing_no", "kind", "at", "ip", "user_agent", "link_no", "asked")
_FORGET_EVIDENCE = delete(evidence).where(
    evidence.c.evidence_no.in_(
        select(evidence.c.evidence_no).where(evidence.c.at < bindparam("before")).limit(2_000)
    )
)


@dataclass(frozen=True)
class EventStore:
    connection: Connection

    def add_rows(self, rows: Sequence[Sequence[Any]]) -> None:
        """Rows in the order of FoldedFact."""
        insert_rows(self.connection, event, FoldedFact._fields, rows)

    def add_alike(self, fact: Fact, contact_nos: Sequence[int]) -> None:
        """The same row for each of these contacts."""
        row, columns = tuple(row_of(fact)), FoldedFact._fields
        insert_alike(self.connection, event, columns, row, "contact_no", contact_nos)

    def add_evidence(self, facts: Iterable[Fact]) -> None:
        self.add_evidence_rows(
            (
                fact.contact_no,
                fact.mailing_no,
                int(fact.kind),
                epoch(fact.occurred_at),
                *cut_evidence(fact.ip, fact.user_agent),
                fact.link_no,
                0,
            )
            for fact in facts
            if fact.ip or fact.user_agent
        )

    def add_evidence_rows(self, rows: Iterable[Sequence[Any]]) -> None:
        """Rows in the order of _EVIDENCE."""
        insert_rows(self.connection, evidence, _EVIDENCE, list(rows))

    def add_seen(self, keys: Iterable[bytes]) -> set[bytes]:
        """Remember the keys; answers those that are new. Sorted, so neighbours share pages."""
        return insert_new(self.connection, event_seen.c.event_key, sorted(set(keys)))

    def any(self) -> bool:
        """Whether a fact waits to be folded."""
        return self.connection.execute(select(event.c.event_no).limit(1)).first() is not None

    def take(self, limit: int) -> list[FoldedFact]:
        """Remove the oldest rows and answer them, in the order they were recorded.

        Rows that somebody else is taking are left to them.
        """
        oldest = select(event.c.event_no).order_by(event.c.event_no).limit(limit)
        mine = oldest.with_for_update(skip_locked=True).cte("mine")
        taken = delete(event).where(event.c.event_no.in_(select(mine.c.event_no)))
        rows = self.connection.execute(taken.returning(event.c.event_no, *_COLUMNS)).all()
        return [FoldedFact(*row[1:]) for row in sorted(rows, key=lambda row: int(row[0]))]

    def count(self) -> int:
        return int(self.connection.scalar(select(func.count()).select_from(event)) or 0)

    def count_some(self, most: int) -> int:
        """Not more than `most`, and without reading more than these."""
        some = select(event.c.event_no).limit(most).subquery()
        return self.connection.execute(select(func.count()).select_from(some)).scalar_one()

    def pending(self) -> Any:
        """The rows that are not folded yet as an Arrow table, for the fact reader."""
        from drumbeat.storage.fact_tables import table_of

        return table_of(self.connection.execute(select(*_COLUMNS)).all())

    def pending_mark(self) -> tuple[int, int]:
        """(how many wait to be folded, the newest one's number)."""
        query = select(func.count(), func.max(event.c.event_no))
        n, newest = self.connection.execute(query).one()
        return n, newest or 0

    def list_asked(self, first_at: int, last_at: int) -> list[Asked]:
        """What is kept of the requests between two seconds, in the order they came."""
        found = evidence.c
        query = select(*(found[name] for name in Asked._fields))
        query = query.where(found.at.between(first_at, last_at)).order_by(found.evidence_no)
        return [Asked(*row) for row in self.connection.execute(query)]

    def remove_evidence(self, before: int) -> int:
        return self.connection.execute(_FORGET_EVIDENCE, {"before": before}).rowcount

    def remove_evidence_of(self, contact_no: ContactNo) -> int:
        mine = evidence.c.contact_no == contact_no
        return self.connection.execute(delete(evidence).where(mine)).rowcount


def row_of(fact: Fact) -> Sequence[Any]:
    """The columns of FoldedFact, in their order."""
    return (
        int(fact.kind),
        epoch(fact.occurred_at),
        fact.contact_no,
        fact.mailing_no,
        fact.arm_no,
        fact.link_no,
        int(fact.verdict),
        int(fact.reason),
        fact.value_minor,
        fact.currency,
        order_key(fact.order_id),
        fact.source,
        as_json(fact.properties),
    )


def rows_of_hits(hits: Iterable[Hit]) -> tuple[list[Sequence[Any]], list[Sequence[Any]]]:
    """Rows of events and of evidence, each hit judged by itself: a few microseconds a hit."""
    rows: list[Sequence[Any]] = []
    evidence_rows: list[Sequence[Any]] = []
    for hit in hits:
        kind, occurred_at, contact_no, mailing_no, link_no, _, ip, agent, _ = hit
        at, asked, of_kind = int(occurred_at.timestamp()), hit.asked, int(kind)
        verdict, reason = judge(of_kind, agent, asked, link_no == HIDDEN_LINK)
        about = (of_kind, at, contact_no, mailing_no, -1, link_no)
        rows.append((*about, int(verdict), int(reason), 0, "", 0, "tracking", None))
        seen = cut_evidence(ip, agent)
        evidence_rows.append((contact_no, mailing_no, of_kind, at, *seen, link_no, asked))
    return rows, evidence_rows
