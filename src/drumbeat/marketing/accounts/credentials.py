"""How a secret is made and found again: shown once, kept as a keyed hash."""

from dataclasses import dataclass
from datetime import datetime

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock
from drumbeat.kit.ids import PersonNo, new_id
from drumbeat.marketing.accounts import rules
from drumbeat.marketing.accounts.model import Credential, CredentialKind, Person
from drumbeat.marketing.accounts.store_credentials import CredentialStore

ALL_KINDS = tuple(CredentialKind)
SIGNED_IN = (CredentialKind.SESSION, CredentialKind.LINK, CredentialKind.INVITATION)
"""What a new password ends: keys of programs go on, they were issued knowingly."""


@dataclass(frozen=True)
class Credentials:
    store: CredentialStore
    clock: Clock
    key: bytes

    def issue(
        self,
        kind: CredentialKind,
        person_no: PersonNo,
        label: str,
        expires: datetime | None,
        scopes: frozenset[Scope] | None = None,
    ) -> str:
        secret, now = rules.new_secret(kind), self.clock()
        hash = rules.hash_of(secret, self.key)
        id = new_id(rules.ID_PREFIX[kind], now)
        self.store.add_credential(
            Credential(id, kind, hash, person_no, label, now, expires, scopes)
        )
        return secret

    def start_session(self, person: Person, browser: str) -> str:
        expires = self.clock() + rules.SESSION_LIFE
        return self.issue(CredentialKind.SESSION, person.person_no, browser, expires)

    def find(self, kind: CredentialKind, secret: str) -> Credential | None:
        if len(secret) > rules.LONGEST_SECRET:
            return None
        return self.store.find_valid(kind, rules.hash_of(secret, self.key), self.clock())

    def spend(self, kind: CredentialKind, secret: str) -> Credential | None:
        """A one-time secret, once; None if it was used, expired or made up."""
        found = self.find(kind, secret)
        if found is None or not self.store.use_up(kind, found.hash, self.clock()):
            return None
        return found

    def end_all(self, person_no: PersonNo, *kinds: CredentialKind) -> int:
        return self.store.revoke_all(person_no, self.clock(), *kinds)

    def end_everybodys(self, *kinds: CredentialKind) -> int:
        return self.store.revoke_everybodys(self.clock(), *kinds)


def actor_of(person: Person, credential: Credential | None = None) -> Actor:
    """Rights of the role as it is now, narrowed by the credential's scopes."""
    scopes = rules.scopes_of(person.role)
    if credential is not None and credential.scopes is not None:
        scopes &= credential.scopes
    return Actor(person.name, scopes, person_no=person.person_no)
