"""Reads and writes what people prove themselves with: hashes of secrets and of passwords."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    and_,
    delete,
    or_,
    select,
    update,
)

from drumbeat.kit.actor import Scope
from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.ids import PersonNo
from drumbeat.marketing.accounts.model import Credential, CredentialKind, Listed
from drumbeat.marketing.accounts.passwords import PasswordHash
from drumbeat.marketing.accounts.store import person
from drumbeat.storage.database import Connection, metadata, upsert

credential = Table(
    "credential",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("person_no", Integer, ForeignKey("person.person_no"), nullable=False, index=True),
    Column("label", String, nullable=False),
    Column("scopes", JSON(none_as_null=True)),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("used_at", BigInteger),
    Column("revoked_at", BigInteger),
)

password = Table(
    "password",
    metadata,
    Column("person_no", Integer, ForeignKey("person.person_no"), primary_key=True),
    Column("hash", String, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)


@dataclass(frozen=True)
class CredentialStore:
    connection: Connection

    def add_credential(self, new: Credential) -> None:
        scopes = sorted(new.scopes) if new.scopes is not None else None
        self.connection.execute(
            credential.insert(),
            {
                "hash": new.hash,
                "id": new.id,
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
            select(credential).where(_valid(now, kind), credential.c.hash == hash)
        ).one_or_none()
        return _credential(row) if row else None

    def list_valid(
        self, kind: CredentialKind, now: datetime, person_no: PersonNo | None = None
    ) -> Sequence[Listed]:
        """Newest first; of one person or of everybody."""
        query = (
            select(credential, person.c.name.label("person"))
            .join(person, person.c.person_no == credential.c.person_no)
            .where(_valid(now, kind))
            .order_by(credential.c.created_at.desc(), credential.c.id.desc())
        )
        if person_no is not None:
            query = query.where(credential.c.person_no == person_no)
        return [_listed(row) for row in self.connection.execute(query)]

    def find_listed(self, kind: CredentialKind, id: str, now: datetime) -> Credential | None:
        row = self.connection.execute(
            select(credential).where(_valid(now, kind), credential.c.id == id)
        ).one_or_none()
        return _credential(row) if row else None

    def use_up(self, kind: CredentialKind, hash: bytes, now: datetime) -> bool:
        """Spend a one-time credential; False if it was spent, revoked, expired or never was."""
        spent = self.connection.execute(
            update(credential)
            .where(_valid(now, kind), credential.c.hash == hash)
            .values(used_at=epoch(now))
        )
        return spent.rowcount == 1

    def revoke(self, kind: CredentialKind, hash: bytes, now: datetime) -> bool:
        return self._revoke(and_(_valid(now, kind), credential.c.hash == hash), now) == 1

    def revoke_labelled(
        self, kind: CredentialKind, person_no: PersonNo, label: str, now: datetime
    ) -> bool:
        """False if this person has no valid one of that label."""
        labelled = and_(credential.c.person_no == person_no, credential.c.label == label)
        return self._revoke(and_(_valid(now, kind), labelled), now) > 0

    def revoke_all(self, person_no: PersonNo, now: datetime, *kinds: CredentialKind) -> int:
        """How many of these kinds the person had."""
        theirs = and_(credential.c.person_no == person_no, _valid(now, *kinds))
        return self._revoke(theirs, now)

    def revoke_everybodys(self, now: datetime, *kinds: CredentialKind) -> int:
        """How many of these kinds there were."""
        return self._revoke(_valid(now, *kinds), now)

    def find_password(self, person_no: PersonNo) -> PasswordHash | None:
        query = select(password.c.hash).where(password.c.person_no == person_no)
        found = self.connection.execute(query).scalar_one_or_none()
        return None if found is None else PasswordHash(found)

    def save_password(self, person_no: PersonNo, hash: PasswordHash, now: datetime) -> None:
        insert = upsert(password).values(person_no=person_no, hash=hash, changed_at=epoch(now))
        fresh = {"hash": insert.excluded.hash, "changed_at": insert.excluded.changed_at}
        conflict = [password.c.person_no]
        self.connection.execute(insert.on_conflict_do_update(index_elements=conflict, set_=fresh))

    def remove_password(self, person_no: PersonNo) -> None:
        self.connection.execute(delete(password).where(password.c.person_no == person_no))

    def list_with_password(self) -> set[PersonNo]:
        return {PersonNo(no) for no in self.connection.scalars(select(password.c.person_no))}

    def _revoke(self, condition: ColumnElement[bool], now: datetime) -> int:
        statement = update(credential).where(condition).values(revoked_at=epoch(now))
        return self.connection.execute(statement).rowcount


def _valid(now: datetime, *kinds: CredentialKind) -> ColumnElement[bool]:
    at = epoch(now)
    return and_(
        credential.c.kind.in_(kinds),
        credential.c.used_at.is_(None),
        credential.c.revoked_at.is_(None),
        or_(credential.c.expires_at.is_(None), credential.c.expires_at > at),
    )


def _credential(row: Row[Any]) -> Credential:
    return Credential(
        id=row.id,
        kind=CredentialKind(row.kind),
        hash=row.hash,
        person_no=PersonNo(row.person_no),
        label=row.label,
        created_at=from_epoch(row.created_at),
        expires_at=from_epoch(row.expires_at) if row.expires_at is not None else None,
        scopes=_scopes(row),
    )


def _listed(row: Row[Any]) -> Listed:
    return Listed(
        id=row.id,
        kind=CredentialKind(row.kind),
        person=row.person,
        label=row.label,
        created_at=from_epoch(row.created_at),
        expires_at=from_epoch(row.expires_at) if row.expires_at is not None else None,
        scopes=_scopes(row),
    )


def _scopes(row: Row[Any]) -> frozenset[Scope] | None:
    """A scope that no longer exists grants nothing."""
    return None if row.scopes is None else frozenset(s for s in Scope if s in row.scopes)
