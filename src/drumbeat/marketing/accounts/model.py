"""The nouns of accounts: a person, a credential, an entry of the audit trail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from drumbeat.kit.actor import Scope
from drumbeat.kit.ids import PersonNo
from drumbeat.marketing.accounts.passwords import PasswordHash, is_password

Record = Callable[[str, str, Mapping[str, object]], None]
"""(action, subject, detail): how a service of any area writes the trail."""


class Role(StrEnum):
    OWNER = "owner"
    MARKETER = "marketer"
    ANALYST = "analyst"
    VIEWER = "viewer"


class CredentialKind(StrEnum):
    LINK = "link"
    INVITATION = "invitation"
    SESSION = "session"
    KEY = "key"


@dataclass(frozen=True)
class Person:
    person_no: PersonNo
    id: str
    email: str
    name: str
    role: Role
    created_at: datetime
    removed_at: datetime | None = None


@dataclass(frozen=True)
class Credential:
    """What a secret stands for; the secret itself is kept nowhere.

    `scopes` narrows the person's rights and is None for "all that the person may do".
    """

    id: str
    kind: CredentialKind
    hash: bytes
    person_no: PersonNo
    label: str
    created_at: datetime
    expires_at: datetime | None = None
    scopes: frozenset[Scope] | None = None


@dataclass(frozen=True)
class Listed:
    """A valid session or key as its person, or the owner, sees it."""

    id: str
    kind: CredentialKind
    person: str
    label: str
    created_at: datetime
    expires_at: datetime | None
    scopes: frozenset[Scope] | None


@dataclass(frozen=True)
class Newcomer:
    """Who is to have an account, as somebody typed it in."""

    email: str
    role: Role
    name: str = ""


@dataclass(frozen=True)
class Visitor:
    """Where somebody who signs in sits: an address to count guesses by, and a browser's name."""

    ip: str
    browser: str = "browser"


@dataclass(frozen=True)
class TryLater:
    """Too many wrong passwords, of this address or from this place."""

    until: datetime
    seconds: int


@dataclass(frozen=True)
class Proof:
    """Somebody knew the password that was kept when they were asked."""

    person_no: PersonNo
    hash: PasswordHash
    counters: tuple[bytes, bytes]


@dataclass(frozen=True)
class Attempt:
    """A counted guess. What is compared is unknown to the caller, also whether anybody is there."""

    person_no: PersonNo | None
    hash: PasswordHash | None
    counters: tuple[bytes, bytes]

    def prove(self, password: str) -> Proof | None:
        """Compare; takes a tenth of a second whether the address is known or not."""
        right = is_password(password, self.hash)
        if not right or self.hash is None or self.person_no is None:
            return None
        return Proof(self.person_no, self.hash, self.counters)


@dataclass(frozen=True)
class AuditEntry:
    audit_no: int
    at: datetime
    actor: str
    person_no: PersonNo | None
    agent: str | None
    action: str
    subject: str
    detail: Mapping[str, object]
