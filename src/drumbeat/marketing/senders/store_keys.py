"""DKIM keys in SQL: the private half sealed to its domain and selector."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
    update,
)

from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.marketing.senders.key_model import KeptKey, KeyState, NewKey
from drumbeat.storage.database import Connection, metadata
from drumbeat.storage.sealed_values import SealedValues

dkim_key = Table(
    "dkim_key",
    metadata,
    Column("key_no", Integer, primary_key=True),
    Column("domain", String(253), nullable=False),
    Column("selector", String(63), nullable=False),
    Column("algorithm", String(10), nullable=False),
    Column("private", LargeBinary, nullable=False),
    Column("public", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("domain", "selector"),
)


@dataclass(frozen=True)
class DkimKeyStore:
    connection: Connection
    sealed: SealedValues

    def add(self, domain: str, selector: str, key: NewKey, at: datetime) -> None:
        self.connection.execute(
            insert(dkim_key).values(
                domain=domain,
                selector=selector,
                algorithm=key.algorithm,
                private=self.sealed.seal(f"{selector}.{domain}", key.private),
                public=key.public,
                state=KeyState.WAITING,
                created_at=epoch(at),
            )
        )

    def list_(self) -> list[KeptKey]:
        query = select(dkim_key).order_by(dkim_key.c.key_no)
        return [_key(row) for row in self.connection.execute(query)]

    def list_private(self, domain: str, state: KeyState) -> list[tuple[KeptKey, bytes]]:
        query = select(dkim_key).where(dkim_key.c.domain == domain, dkim_key.c.state == state)
        rows = self.connection.execute(query.order_by(dkim_key.c.key_no)).all()
        return [
            (_key(row), self.sealed.open(f"{row.selector}.{row.domain}", bytes(row.private)))
            for row in rows
        ]

    def move(self, key: KeptKey, state: KeyState) -> bool:
        """Only a key that still is in the state it was read in; False if it has left it."""
        written = update(dkim_key).where(
            dkim_key.c.domain == key.domain,
            dkim_key.c.selector == key.selector,
            dkim_key.c.state == key.state,
        )
        return self.connection.execute(written.values(state=state)).rowcount == 1

    def retire_before(self, key: KeptKey) -> None:
        """Whatever else of its kind signs for its domain signs no more."""
        written = update(dkim_key).where(
            dkim_key.c.domain == key.domain,
            dkim_key.c.algorithm == key.algorithm,
            dkim_key.c.selector != key.selector,
            dkim_key.c.state == KeyState.ACTIVE,
        )
        self.connection.execute(written.values(state=KeyState.RETIRED))


def _key(row: Row[Any]) -> KeptKey:
    return KeptKey(
        domain=row.domain,
        selector=row.selector,
        algorithm=row.algorithm,
        public=row.public,
        state=KeyState(row.state),
        created_at=from_epoch(row.created_at),
    )
