"""Erasures under way and done."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Integer, Row, Table, insert, select, update

from drumbeat.kit.clock import from_epoch
from drumbeat.marketing.audience.model_erasure import Erasure
from drumbeat.storage.database import NUMBER, Connection, metadata

erasure = Table(
    "erasure",
    metadata,
    Column("erasure_no", NUMBER, primary_key=True),
    Column("subject_no", Integer, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),
)


@dataclass(frozen=True)
class ErasureStore:
    connection: Connection

    def add(self, contact_no: int, now: int) -> int:
        added = self.connection.execute(insert(erasure).values(subject_no=contact_no, asked_at=now))
        key = added.inserted_primary_key
        assert key is not None
        return int(key[0])

    def list_open(self, limit: int) -> list[Erasure]:
        query = select(erasure).where(erasure.c.done_at.is_(None)).order_by(erasure.c.erasure_no)
        return [_erasure(row) for row in self.connection.execute(query.limit(limit))]

    def end(self, erasure_no: int, now: int) -> None:
        """From here on not even the number is kept."""
        self.connection.execute(
            update(erasure)
            .where(erasure.c.erasure_no == erasure_no)
            .values(done_at=now, subject_no=0)
        )


def _erasure(row: Row[tuple[object, ...]]) -> Erasure:
    done = None if row.done_at is None else from_epoch(row.done_at)
    return Erasure(row.erasure_no, row.subject_no, from_epoch(row.asked_at), done)
