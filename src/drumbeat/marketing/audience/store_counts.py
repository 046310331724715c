"""How many people there are and may be mailed, as the engine counted them last: one row."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Integer, Table, select

from drumbeat.storage.database import Connection, metadata, once, upsert

_ONLY = 1

audience_counts = Table(
    "audience_counts",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("newest", BigInteger, nullable=False),
    Column("permissions", BigInteger, nullable=False),
    Column("contacts", Integer, nullable=False),
    Column("subscribers", Integer, nullable=False),
    Column("as_of", BigInteger, nullable=False),
)


class Standing(NamedTuple):
    """Moves with every contact that comes and every change of permission."""

    newest: int
    permissions: int


class PeopleCounted(NamedTuple):
    """`as_of` in epoch seconds; right for as long as the standing is what it was."""

    standing: Standing
    contacts: int
    subscribers: int
    as_of: int


@dataclass(frozen=True)
class CountStore:
    connection: Connection

    def find(self) -> PeopleCounted | None:
        return once(self.connection, audience_counts.name, self._find)

    def save(self, counted: PeopleCounted) -> None:
        values = {
            "newest": counted.standing.newest,
            "permissions": counted.standing.permissions,
            "contacts": counted.contacts,
            "subscribers": counted.subscribers,
            "as_of": counted.as_of,
        }
        added = upsert(audience_counts).values(only=_ONLY, **values)
        self.connection.execute(added.on_conflict_do_update(index_elements=["only"], set_=values))

    def _find(self) -> PeopleCounted | None:
        row = self.connection.execute(select(audience_counts)).first()
        if row is None:
            return None
        standing = Standing(row.newest, row.permissions)
        return PeopleCounted(standing, row.contacts, row.subscribers, row.as_of)
