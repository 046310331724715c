"""Topics that people can choose, the words they were asked in, pauses, and who must not be sold.

A topic's number never changes and is never given out twice: consent is kept by it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    delete,
    select,
)

from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience.model import MARKETING_TOPIC
from drumbeat.marketing.audience.model_topics import MARKETING_KEY, SaleOptOut, Topic
from drumbeat.storage.database import Connection, metadata, upsert

topic = Table(
    "topic",
    metadata,
    Column("topic_no", Integer, primary_key=True, autoincrement=False),
    Column("key", String(60), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("description", String(500), nullable=False),
    Column("offered", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

GENERAL = Topic(
    MARKETING_TOPIC, MARKETING_KEY, "News and offers", "", offered=True, created_at=from_epoch(0)
)
"""There without a row, until somebody gives it other words."""

consent_wording = Table(
    "consent_wording",
    metadata,
    Column("wording_no", Integer, primary_key=True, autoincrement=True),
    Column("digest", LargeBinary(16), nullable=False, unique=True),
    Column("text", Text, nullable=False),
)

consent_pause = Table(
    "consent_pause",
    metadata,
    Column("contact_no", Integer, primary_key=True, autoincrement=False),
    Column("until", BigInteger, nullable=False, index=True),
    Column("since", BigInteger, nullable=False),
    Column("source", String, nullable=False),
    sqlite_with_rowid=False,
)

sale_opt_out = Table(
    "sale_opt_out",
    metadata,
    Column("contact_no", Integer, primary_key=True, autoincrement=False),
    Column("since", BigInteger, nullable=False),
    Column("source", String, nullable=False),
    Column("actor", String, nullable=False),
    sqlite_with_rowid=False,
)


def number_wordings(connection: Connection, texts: Collection[str]) -> dict[str, int]:
    """The number of each text, given to it when it is first seen: texts are never changed."""
    if not texts:
        return {}
    digests = {blake2b(each.encode(), digest_size=16).digest(): each for each in texts}
    rows = [{"digest": digest, "text": text} for digest, text in digests.items()]
    connection.execute(upsert(consent_wording).on_conflict_do_nothing(), rows)
    wanted = select(consent_wording.c.digest, consent_wording.c.wording_no).where(
        consent_wording.c.digest.in_(digests)
    )
    return {digests[bytes(row[0])]: row[1] for row in connection.execute(wanted)}


@dataclass(frozen=True)
class TopicStore:
    connection: Connection

    def list_(self) -> list[Topic]:
        """In the order they were added, the general one first."""
        rows = self.connection.execute(select(topic).order_by(topic.c.topic_no))
        found = {row.topic_no: _topic(row) for row in rows}
        return list(({GENERAL.topic_no: GENERAL} | found).values())

    def save(self, topics: Sequence[Topic]) -> None:
        """Add or change; whoever adds one holds the audience and gives it the next number."""
        rows = [
            {
                "topic_no": each.topic_no,
                "key": each.key,
                "name": each.name,
                "description": each.description,
                "offered": each.offered,
                "created_at": epoch(each.created_at),
            }
            for each in topics
        ]
        saved = upsert(topic)
        words = ("name", "description", "offered")
        self.connection.execute(
            saved.on_conflict_do_update(
                index_elements=["topic_no"],
                set_={name: saved.excluded[name] for name in words},
            ),
            rows,
        )

    # pauses ---------------------------------------------------------------------------------

    def pause(self, contact_no: ContactNo, until: int, source: str, now: int) -> None:
        first = upsert(consent_pause).values(
            contact_no=contact_no, until=until, since=now, source=source
        )
        self.connection.execute(
            first.on_conflict_do_update(
                index_elements=["contact_no"],
                set_={"until": first.excluded.until, "since": first.excluded.since},
            )
        )

    def end_pause(self, contact_no: ContactNo) -> bool:
        ended = delete(consent_pause).where(consent_pause.c.contact_no == contact_no)
        return self.connection.execute(ended).rowcount > 0

    def find_pause(self, contact_no: ContactNo, now: int) -> datetime | None:
        until = self.connection.scalar(
            select(consent_pause.c.until).where(
                consent_pause.c.contact_no == contact_no, consent_pause.c.until > now
            )
        )
        return None if until is None else from_epoch(until)

    # sale and sharing -----------------------------------------------------------------------

    def opt_out_of_sale(self, contact_no: ContactNo, source: str, actor: str, now: int) -> bool:
        """False when they had opted out before: the first time stays."""
        row = {"contact_no": contact_no, "since": now, "source": source, "actor": actor}
        added = upsert(sale_opt_out).values(row).on_conflict_do_nothing()
        return self.connection.execute(added).rowcount > 0

    def opt_in_to_sale(self, contact_no: ContactNo) -> bool:
        gone = delete(sale_opt_out).where(sale_opt_out.c.contact_no == contact_no)
        return self.connection.execute(gone).rowcount > 0

    def find_opt_out(self, contact_no: ContactNo) -> SaleOptOut | None:
        wanted = select(sale_opt_out).where(sale_opt_out.c.contact_no == contact_no)
        row = self.connection.execute(wanted).first()
        return None if row is None else SaleOptOut(from_epoch(row.since), row.source, row.actor)

    def opted_out_of_sale(self, numbers: Collection[ContactNo]) -> frozenset[ContactNo]:
        wanted = select(sale_opt_out.c.contact_no).where(sale_opt_out.c.contact_no.in_(numbers))
        return frozenset(ContactNo(number) for number in self.connection.scalars(wanted))


def _topic(row: Row[tuple[object, ...]]) -> Topic:
    return Topic(
        row.topic_no,
        row.key,
        row.name,
        row.description,
        bool(row.offered),
        from_epoch(row.created_at),
    )
