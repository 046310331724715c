"""Reads and writes people, credentials and the audit trail. The only SQL of accounts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    and_,
    or_,
    select,
    text,
    update,
)

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.ids import PersonNo
from drumbeat.marketing.accounts.model import AuditEntry, Credential, CredentialKind, Person, Role
from drumbeat.storage.database import Connection, metadata, upsert

person = Table(
    "person",
    metadata,
    Column("person_no", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("email", String, nullable=False),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("removed_at", Integer),
)
# Somebody who left may be invited again under the same address.
Index(
    "uq_person_email",
    person.c.email,
    unique=True,
    sqlite_where=text("removed_at IS NULL"),
    postgresql_where=text("removed_at IS NULL"),
)

credential = Table(
    "credential",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("kind", String, nullable=False),
    Column("person_no", Integer, ForeignKey("person.person_no"), nullable=False, index=True),
    Column("label", String, nullable=False),
    Column("scopes", JSON(none_as_null=True)),
    Column("created_at", Integer, nullable=False),
    Column("expires_at", Integer),
    Column("used_at", Integer),
    Column("revoked_at", Integer),
)

audit = Table(
    "audit",
    metadata,
    Column("audit_no", Integer, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("actor", String, nullable=False),
    Column("person_no", Integer),
    Column("agent", String),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False, index=True),
    Column("detail", JSON, nullable=False),
)


@dataclass(frozen=True)
class AccountsStore:
    connection: Connection

    def add_person(self, newcomer: Mapping[str, Any], now: datetime) -> None:
        """Adds them, or leaves the living person with that address as they are."""
        statement = upsert(person).on_conflict_do_nothing()
        self.connection.execute(statement, {**newcomer, "created_at": epoch(now)})

    def find_person(self, person_no: PersonNo) -> Person | None:
        return self._find(person.c.person_no == person_no)

    def find_person_with(self, role: Role) -> Person | None:
        """The first living person who was given this role."""
        return self._find(person.c.role == role)

    def add_credential(self, new: Credential) -> None:
        scopes = sorted(new.scopes) if new.scopes is not None else None
        self.connection.execute(
            credential.insert(),
            {
                "hash": new.hash,
                "kind": new.kind,
                "person_no": new.person_no,
                "label": new.label,
                "scopes": scopes,
                "created_at": epoch(new.created_at),
                "expires_at": epoch(new.expires_at) if new.expires_at else None,
            },
        )

    def find_valid(self, kind: CredentialKind, hash: bytes, now: datetime) -> Credential | None:
        """The unused, unrevoked, unexpired credential with this hash."""
        row = self.connection.execute(
            select(credential).where(_valid(kind, now), credential.c.hash == hash)
        ).one_or_none()
        return _credential(row) if row else None

    def use_up(self, kind: CredentialKind, hash: bytes, now: datetime) -> bool:
        """Spend a one-time credential; False if it was spent, revoked, expired or never was."""
        spent = self.connection.execute(
            update(credential)
            .where(_valid(kind, now), credential.c.hash == hash)
            .values(used_at=epoch(now))
        )
        return spent.rowcount == 1

    def revoke(self, kind: CredentialKind, hash: bytes, now: datetime) -> bool:
        return self._revoke(and_(_valid(kind, now), credential.c.hash == hash), now) == 1

    def revoke_key(self, person_no: PersonNo, label: str, now: datetime) -> bool:
        """False if this person has no valid key of that label."""
        labelled = and_(credential.c.person_no == person_no, credential.c.label == label)
        return self._revoke(and_(_valid(CredentialKind.KEY, now), labelled), now) > 0

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

    def list_audit(self, subject: str | None, limit: int) -> Sequence[AuditEntry]:
        """Newest first."""
        query = select(audit).order_by(audit.c.audit_no.desc()).limit(limit)
        if subject is not None:
            query = query.where(audit.c.subject == subject)
        return [
            AuditEntry(**{**row._mapping, "at": from_epoch(row.at)})
            for row in self.connection.execute(query)
        ]

    def _revoke(self, condition: ColumnElement[bool], now: datetime) -> int:
        statement = update(credential).where(condition).values(revoked_at=epoch(now))
        return self.connection.execute(statement).rowcount

    def _find(self, condition: ColumnElement[bool]) -> Person | None:
        row = self.connection.execute(
            select(person)
            .where(condition, person.c.removed_at.is_(None))
            .order_by(person.c.person_no)
            .limit(1)
        ).one_or_none()
        return _person(row) if row else None


def _valid(kind: CredentialKind, now: datetime) -> ColumnElement[bool]:
    at = epoch(now)
    return and_(
        credential.c.kind == kind,
        credential.c.used_at.is_(None),
        credential.c.revoked_at.is_(None),
        or_(credential.c.expires_at.is_(None), credential.c.expires_at > at),
    )


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


def _credential(row: Row[Any]) -> Credential:
    return Credential(
        kind=CredentialKind(row.kind),
        hash=row.hash,
        person_no=PersonNo(row.person_no),
        label=row.label,
        created_at=from_epoch(row.created_at),
        expires_at=from_epoch(row.expires_at) if row.expires_at is not None else None,
        # A scope that no longer exists grants nothing.
        scopes=None if row.scopes is None else frozenset(s for s in Scope if s in row.scopes),
    )
