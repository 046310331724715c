"""Sender identities in SQL: one row an address."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Column, Integer, Row, String, Table, Text, select

from drumbeat.kit.errors import NotFound
from drumbeat.marketing.senders.model import Sender
from drumbeat.storage.database import Connection, metadata, upsert

sender = Table(
    "sender",
    metadata,
    Column("sender_no", Integer, primary_key=True),
    Column("email", String(320), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("reply_to", String(320), nullable=False),
    Column("postal_address", Text, nullable=False),
    Column("list_id", String(200), nullable=False),
)


@dataclass(frozen=True)
class SenderStore:
    connection: Connection

    def find(self, email: str) -> Sender | None:
        row = self.connection.execute(select(sender).where(sender.c.email == email)).one_or_none()
        return _sender(row) if row else None

    def get(self, email: str) -> Sender:
        """Raises NotFound."""
        found = self.find(email)
        if found is None:
            raise NotFound(f"There is no sender {email[:80]}.")
        return found

    def list_(self) -> list[Sender]:
        return [_sender(r) for r in self.connection.execute(select(sender).order_by("sender_no"))]

    def save(self, identity: Sender) -> Sender:
        """Add the identity, or replace what was kept under its address."""
        row = {
            "email": identity.email,
            "name": identity.name,
            "reply_to": identity.reply_to,
            "postal_address": identity.postal_address,
            "list_id": identity.list_id,
        }
        written = upsert(sender).values(row)
        changed = {name: written.excluded[name] for name in row if name != "email"}
        written = written.on_conflict_do_update(index_elements=["email"], set_=changed)
        self.connection.execute(written)
        return replace(identity, sender_no=self.get(identity.email).sender_no)


def _sender(row: Row[Any]) -> Sender:
    return Sender(
        name=row.name,
        email=row.email,
        postal_address=row.postal_address,
        reply_to=row.reply_to,
        list_id=row.list_id,
        sender_no=row.sender_no,
    )
