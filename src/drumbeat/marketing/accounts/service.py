"""Use cases of accounts: the owner, signing in, keys, and the audit trail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock
from drumbeat.kit.errors import InvalidInput, NotFound, NotPermitted
from drumbeat.kit.ids import PersonNo, new_id
from drumbeat.marketing.accounts import rules
from drumbeat.marketing.accounts.model import AuditEntry, Credential, CredentialKind, Person, Role
from drumbeat.marketing.accounts.store import AccountsStore


@dataclass(frozen=True)
class AccountsService:
    actor: Actor
    store: AccountsStore
    clock: Clock
    key: bytes

    def ensure_owner(self, email: str = "owner@localhost", name: str = "Owner") -> Person:
        """The folder's owner, made on the first call; later calls change nothing."""
        self.actor.require(Scope.ACCOUNTS_WRITE)
        if existing := self.store.find_person_with(Role.OWNER):
            return existing
        now = self.clock()
        newcomer = {
            "id": new_id("per", now),
            "email": email.strip().lower(),
            "name": name.strip(),
            "role": Role.OWNER,
        }
        self.store.add_person(newcomer, now)
        owner = self.store.find_person_with(Role.OWNER)
        if owner is None:
            raise InvalidInput(f"{email} already belongs to somebody else.", field="email")
        self.record("person.added", owner.id, {"role": owner.role})
        return owner

    def owner(self) -> Person | None:
        """None until the folder was founded."""
        self.actor.require(Scope.ACCOUNTS_READ)
        return self.store.find_person_with(Role.OWNER)

    def actor_of(self, person_no: PersonNo) -> Actor:
        """A person with the rights their role has now. Raises NotFound if they were removed."""
        self.actor.require(Scope.ACCOUNTS_READ)
        person = self.store.find_person(person_no)
        if person is None:
            raise NotFound("This person has no account here any more.")
        return _actor(person)

    def issue_sign_in_link(self) -> str:
        """A secret that signs the asking person in once, within ten minutes."""
        expires = self.clock() + rules.LINK_LIFE
        secret = self._issue(CredentialKind.LINK, "sign-in link", expires)
        self.record("link.issued", "sign-in", {"expires_at": expires})
        return secret

    def redeem_link(self, secret: str) -> str | None:
        """Swap a sign-in link for a session's secret; None if it was used, expired or made up.

        Needs no scope: whoever holds the secret is its person.
        """
        now = self.clock()
        link = self._find(CredentialKind.LINK, secret)
        if link is None or not self.store.use_up(CredentialKind.LINK, link.hash, now):
            return None
        person = self.store.find_person(link.person_no)
        if person is None:
            return None
        session = self._add(
            CredentialKind.SESSION, person.person_no, "browser", now + rules.SESSION_LIFE
        )
        self.store.add_audit(_actor(person), ("session.started", person.id), {}, now)
        return session

    def actor_for_session(self, secret: str) -> Actor | None:
        """The signed-in person, or None. Needs no scope: the secret is the proof."""
        return self._actor_for(CredentialKind.SESSION, secret)

    def sign_out(self, secret: str) -> bool:
        """End one session; False if there was none to end."""
        hash = rules.hash_of(secret[: rules.LONGEST_SECRET + 1], self.key)
        return self.store.revoke(CredentialKind.SESSION, hash, self.clock())

    def issue_key(
        self,
        label: str,
        scopes: frozenset[Scope] | None = None,
        expires: datetime | None = None,
    ) -> str:
        """An API key of the asking person, shown this once; `scopes` None means all of theirs.

        Raises NotPermitted for a scope they lack, InvalidInput for an expiry in the past.
        """
        if scopes is not None and (beyond := scopes - self.actor.scopes):
            missing = ", ".join(sorted(beyond))
            raise NotPermitted(f"A key cannot do more than its person: {missing} is missing.")
        if expires is not None and expires <= self.clock():
            raise InvalidInput(
                f"The key would have expired on {expires:%d %B %Y}.", field="expires"
            )
        secret = self._issue(CredentialKind.KEY, label.strip(), expires, scopes)
        self.record("key.issued", label, {"scopes": sorted(scopes) if scopes else "all"})
        return secret

    def revoke_key(self, label: str) -> None:
        """Ends every key of the asking person with this label. Raises NotFound if there is none."""
        self.actor.require(Scope.ACCOUNTS_WRITE)
        if not self.store.revoke_key(self._person_no(), label, self.clock()):
            raise NotFound(f"You have no valid key named {label!r}.")
        self.record("key.revoked", label, {})

    def actor_for_key(self, secret: str) -> Actor | None:
        """Who a key acts for, never with more rights than that person has today; or None."""
        return self._actor_for(CredentialKind.KEY, secret)

    def record(self, action: str, subject: str, detail: Mapping[str, object]) -> None:
        """Append to the audit trail what the actor just did; part of the unit that did it."""
        self.store.add_audit(self.actor, (action, subject), dict(detail), self.clock())

    def list_audit(self, subject: str | None = None, limit: int = 100) -> Sequence[AuditEntry]:
        """What was changed and by whom, newest first; of one subject or of all."""
        self.actor.require(Scope.ACCOUNTS_READ)
        return self.store.list_audit(subject, limit)

    def _actor_for(self, kind: CredentialKind, secret: str) -> Actor | None:
        credential = self._find(kind, secret)
        person = self.store.find_person(credential.person_no) if credential else None
        return _actor(person, credential) if person else None

    def _find(self, kind: CredentialKind, secret: str) -> Credential | None:
        if len(secret) > rules.LONGEST_SECRET:
            return None
        return self.store.find_valid(kind, rules.hash_of(secret, self.key), self.clock())

    def _issue(
        self,
        kind: CredentialKind,
        label: str,
        expires: datetime | None,
        scopes: frozenset[Scope] | None = None,
    ) -> str:
        self.actor.require(Scope.ACCOUNTS_WRITE)
        return self._add(kind, self._person_no(), label, expires, scopes)

    def _add(
        self,
        kind: CredentialKind,
        person_no: PersonNo,
        label: str,
        expires: datetime | None,
        scopes: frozenset[Scope] | None = None,
    ) -> str:
        secret = rules.new_secret(kind)
        hash = rules.hash_of(secret, self.key)
        self.store.add_credential(
            Credential(kind, hash, person_no, label, self.clock(), expires, scopes)
        )
        return secret

    def _person_no(self) -> PersonNo:
        """Credentials belong to people who ask for them: not to chores, and not through agents."""
        if self.actor.person_no is None or self.actor.agent is not None:
            raise NotPermitted("Only a person may issue or revoke their own credentials.")
        return PersonNo(self.actor.person_no)


def _actor(person: Person, credential: Credential | None = None) -> Actor:
    scopes = rules.scopes_of(person.role)
    if credential is not None and credential.scopes is not None:
        scopes &= credential.scopes
    return Actor(person.name, scopes, person_no=person.person_no)
