"""Which role may do what, how long a credential lives, and what a secret looks like."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta

from drumbeat.kit.actor import Scope
from drumbeat.marketing.accounts.model import CredentialKind, Role

# Chores of the house: a person starts them through the engine but never holds them.
CHORES = frozenset({Scope.FACTS_FOLD, Scope.UPKEEP})
_EVERYTHING = frozenset(Scope) - CHORES
_ACCOUNTS = frozenset({Scope.ACCOUNTS_READ, Scope.ACCOUNTS_WRITE})

ROLE_SCOPES: Mapping[Role, frozenset[Scope]] = {
    Role.OWNER: _EVERYTHING,
    Role.MARKETER: _EVERYTHING - _ACCOUNTS,
    Role.ANALYST: frozenset(s for s in _EVERYTHING if s.value.endswith(":read")) - _ACCOUNTS,
    Role.VIEWER: frozenset({Scope.CAMPAIGNS_READ}),
}

LINK_LIFE = timedelta(minutes=10)
SESSION_LIFE = timedelta(days=14)

# A recognisable beginning lets secret scanners find a key that was committed by mistake.
_PREFIX = {
    CredentialKind.LINK: "dblink_",
    CredentialKind.SESSION: "dbsession_",
    CredentialKind.KEY: "dbkey_",
}
_SECRET_BYTES = 32
LONGEST_SECRET = 100


def scopes_of(role: Role) -> frozenset[Scope]:
    return ROLE_SCOPES[role]


def new_secret(kind: CredentialKind) -> str:
    return _PREFIX[kind] + secrets.token_urlsafe(_SECRET_BYTES)


def hash_of(secret: str, key: bytes) -> bytes:
    """32 bytes to find a secret by; a slow hash is for passwords, these are 256 random bits."""
    return hashlib.blake2b(secret.encode("utf-8", "replace"), key=key, digest_size=32).digest()
