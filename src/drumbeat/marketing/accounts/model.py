"""The nouns of accounts: a person, a credential, an entry of the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from drumbeat.kit.actor import Scope
from drumbeat.kit.ids import PersonNo


class Role(StrEnum):
    OWNER = "owner"
    MARKETER = "marketer"
    ANALYST = "analyst"
    VIEWER = "viewer"


class CredentialKind(StrEnum):
    LINK = "link"
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

    kind: CredentialKind
    hash: bytes
    person_no: PersonNo
    label: str
    created_at: datetime
    expires_at: datetime | None = None
    scopes: frozenset[Scope] | None = None


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
