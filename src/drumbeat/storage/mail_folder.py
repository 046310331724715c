"""Where the sandbox's mail lies: an encrypted file of its own, apart from the business tables.

A batch is one transaction, and `add` returns after its commit, so an acknowledged mail survives
kill -9. Several processes may read while one writes.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Select,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
)

from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.errors import NotFound
from drumbeat.storage.sqlite import connect

# Not storage.database.metadata: this file is no part of the migrated schema.
_tables = MetaData()
_mail = Table(
    "mail",
    _tables,
    Column("no", Integer, primary_key=True),
    Column("received_at", Integer, nullable=False),
    Column("sender", Text, nullable=False),
    Column("recipient", Text(collation="NOCASE"), nullable=False),
    Column("subject", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Index("ix_mail_recipient", "recipient"),
)
QUICK = 1  # zlib level: campaign mail shrinks to a fifth at once, and little more with patience


@dataclass(frozen=True, slots=True)
class NewMail:
    received_at: datetime
    sender: str
    recipient: str
    subject: str
    message_id: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class StoredMail(NewMail):
    """`received_at` is in whole seconds; `raw` is what was added, byte for byte."""

    no: int


class MailFolder:
    """`key` is 32 bytes. Raises Conflict if the file was written with another key."""

    def __init__(self, path: Path, key: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._database = connect(path, key)
        with self._database.begin() as connection:
            _tables.create_all(connection)

    def add(self, batch: Sequence[NewMail]) -> Sequence[int]:
        """Their numbers, once all of them are on the disk; none is, if it raises."""
        rows = [_packed(mail) for mail in batch]  # outside the lock: it costs more than the insert
        if not rows:
            return []
        with self._database.begin() as connection:
            last = connection.execute(select(func.max(_mail.c.no))).scalar_one() or 0
            numbers = range(last + 1, last + 1 + len(rows))
            connection.execute(
                insert(_mail), [{"no": no, **row} for no, row in zip(numbers, rows, strict=True)]
            )
        return numbers

    def list_(
        self, limit: int, *, before_no: int | None = None, to: str | None = None
    ) -> list[StoredMail]:
        """Newest first; `to` is one address, in any capitals."""
        query = select(_mail).order_by(_mail.c.no.desc()).limit(limit)
        if before_no is not None:
            query = query.where(_mail.c.no < before_no)
        if to is not None:
            query = query.where(_mail.c.recipient == to)
        return self._read(query)

    def arrivals(self, after_no: int, limit: int) -> list[StoredMail]:
        """Oldest first, those that came after `after_no`: how a reader keeps up."""
        query = select(_mail).where(_mail.c.no > after_no).order_by(_mail.c.no).limit(limit)
        return self._read(query)

    def get(self, no: int) -> StoredMail:
        """Raises NotFound."""
        found = self._read(select(_mail).where(_mail.c.no == no))
        if not found:
            raise NotFound(f"The sandbox holds no mail number {no}.")
        return found[0]

    def remove(self, to: str) -> int:
        """All mail to one address; answers how many there were."""
        with self._database.begin() as connection:
            return connection.execute(delete(_mail).where(_mail.c.recipient == to)).rowcount

    def count(self) -> int:
        with self._database.look() as connection:
            return connection.execute(select(func.count()).select_from(_mail)).scalar_one()

    def close(self) -> None:
        self._database.close()

    def _read(self, query: Select[tuple[object, ...]]) -> list[StoredMail]:
        with self._database.look() as connection:
            return [_unpacked(row) for row in connection.execute(query)]


def _packed(mail: NewMail) -> dict[str, object]:
    return {
        "received_at": epoch(mail.received_at),
        "sender": mail.sender,
        "recipient": mail.recipient,
        "subject": mail.subject,
        "message_id": mail.message_id,
        "raw": zlib.compress(mail.raw, QUICK),
    }


def _unpacked(row: Row[tuple[object, ...]]) -> StoredMail:
    return StoredMail(
        no=row.no,
        received_at=from_epoch(row.received_at),
        sender=row.sender,
        recipient=row.recipient,
        subject=row.subject,
        message_id=row.message_id,
        raw=zlib.decompress(row.raw),
    )
