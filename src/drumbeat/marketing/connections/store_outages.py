"""Outages in SQL: which provider is left alone, why, until when, the how-manieth in a row."""

from dataclasses import asdict, dataclass

from sqlalchemy import Column, Float, Integer, String, Table, Text, bindparam, delete, select

from drumbeat.marketing.connections.outages import Outage
from drumbeat.storage.database import Connection, held, metadata, upsert

outage = Table(
    "outage",
    metadata,
    Column("provider", String(80), primary_key=True),
    Column("trouble", Text, nullable=False),
    Column("until", Float, nullable=False),
    Column("in_a_row", Integer, nullable=False),
)


_ONE = select(outage).where(outage.c.provider == bindparam("provider"))


@dataclass(frozen=True)
class OutageStore:
    connection: Connection

    def find(self, provider: str) -> Outage | None:
        """Held in a writing unit until its end."""
        query = held(self.connection, _ONE)
        row = self.connection.execute(query, {"provider": provider}).first()
        return None if row is None else Outage(**row._mapping)

    def save(self, found: Outage) -> None:
        values = asdict(found)
        written = upsert(outage).values(values)
        self.connection.execute(
            written.on_conflict_do_update(index_elements=["provider"], set_=values)
        )

    def remove(self, provider: str) -> None:
        self.connection.execute(delete(outage).where(outage.c.provider == provider))

    def list_(self) -> list[Outage]:
        query = select(outage).order_by(outage.c.provider)
        return [Outage(**row._mapping) for row in self.connection.execute(query)]
