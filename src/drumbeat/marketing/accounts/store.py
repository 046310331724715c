"""Reads and writes people and the audit trail."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Integer,
    Row,
    String,
    Table,
    bindparam,
    select,
    text,
    update,
)

from drumbeat.kit.actor import Actor
from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.ids import PersonNo, new_id
from drumbeat.marketing.accounts.model import AuditEntry, Newcomer, Person, Role
from drumbeat.storage.database import NUMBER, Connection, metadata, take_turn, upsert

person = Table(
    "person",
    metadata,
    Column("person_no", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("email", String, nullable=False),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("removed_at", BigInteger),
)
# Somebody who left may be invited again under the same address.
Index(
    "uq_person_email",
    person.c.email,
    unique=True,
    sqlite_where=text("removed_at IS NULL"),
    postgresql_where=text("removed_at IS NULL"),
)

audit = Table(
    "audit",
    metadata,
    Column("audit_no", NUMBER, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", String, nullable=False),
    Column("person_no", Integer),
    Column("agent", String),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False, index=True),
    Column("detail", JSON, nullable=False),
)


_LIVING = select(person).where(
    person.c.person_no == bindparam("person_no"), person.c.removed_at.is_(None)
)


@dataclass(frozen=True)
class AccountsStore:
    """Only living people are found; who was removed is named by the trail alone."""

    connection: Connection

    def hold(self) -> None:
        """Nobody else changes who has an account until this unit ends."""
        take_turn(self.connection, "accounts")

    def add_person(self, newcomer: Newcomer, now: datetime) -> Person | None:
        """None when somebody living has that address."""
        statement = upsert(person).on_conflict_do_nothing()
        added = self.connection.execute(
            statement,
            {
                "id": new_id("per", now),
                "email": newcomer.email,
                "name": newcomer.name,
                "role": newcomer.role,
                "created_at": epoch(now),
            },
        )
        return self.find_by_email(newcomer.email) if added.rowcount == 1 else None

    def save_person(self, changed: Person) -> None:
        self._change(changed, email=changed.email, name=changed.name, role=changed.role)

    def remove_person(self, leaving: Person, now: datetime) -> None:
        self._change(leaving, removed_at=epoch(now))

    def find_person(self, person_no: PersonNo) -> Person | None:
        row = self.connection.execute(_LIVING, {"person_no": person_no}).one_or_none()
        return _person(row) if row else None

    def find_by_id(self, person_id: str) -> Person | None:
        return self._find(person.c.id == person_id)

    def find_by_email(self, email: str) -> Person | None:
        return self._find(person.c.email == email)

    def find_person_with(self, role: Role) -> Person | None:
        """The first living person who was given this role."""
        return self._find(person.c.role == role)

    def list_people(self) -> list[Person]:
        query = select(person).where(person.c.removed_at.is_(None)).order_by(person.c.person_no)
        return [_person(row) for row in self.connection.execute(query)]

    def add_audit(self, actor: Actor, what: tuple[str, str], detail: object, at: datetime) -> None:
        action, subject = what
        self.connection.execute(
            audit.insert(),
            {
                "at": epoch(at),
                "actor": actor.name,
                "person_no": actor.person_no,
                "agent": actor.agent,
                "action": action,
                "subject": subject,
                "detail": json.loads(json.dumps(detail, default=str)),
            },
        )

    def list_audit(
        self, subject: str | None, limit: int, before: int | None = None
    ) -> Sequence[AuditEntry]:
        """Newest first, older than entry `before`."""
        query = select(audit).order_by(audit.c.audit_no.desc()).limit(limit)
        if subject is not None:
            query = query.where(audit.c.subject == subject)
        if before is not None:
            query = query.where(audit.c.audit_no < before)
        return [
            AuditEntry(**{**row._mapping, "at": from_epoch(row.at)})
            for row in self.connection.execute(query)
        ]

    def _change(self, changed: Person, **columns: object) -> None:
        whom = (person.c.person_no == changed.person_no, person.c.removed_at.is_(None))
        self.connection.execute(update(person).where(*whom).values(columns))

    def _find(self, condition: ColumnElement[bool]) -> Person | None:
        row = self.connection.execute(
            select(person)
            .where(condition, person.c.removed_at.is_(None))
            .order_by(person.c.person_no)
            .limit(1)
        ).one_or_none()
        return _person(row) if row else None


def _person(row: Row[Any]) -> Person:
    return Person(
        person_no=PersonNo(row.person_no),
        id=row.id,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        created_at=from_epoch(row.created_at),
        removed_at=from_epoch(row.removed_at) if row.removed_at is not None else None,
    )
