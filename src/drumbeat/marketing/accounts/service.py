"""Use cases of accounts: the owner, sign-in links, sessions, keys, and the audit trail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.errors import InvalidInput, NotFound, NotPermitted
from drumbeat.kit.ids import PersonNo
from drumbeat.marketing.accounts import rules
from drumbeat.marketing.accounts.credentials import SIGNED_IN, Credentials, actor_of
from drumbeat.marketing.accounts.model import (
    AuditEntry,
    CredentialKind,
    Listed,
    Newcomer,
    Person,
    Role,
)
from drumbeat.marketing.accounts.store import AccountsStore

AUDIT_PAGE = 100


@dataclass(frozen=True)
class AccountsService:
    actor: Actor
    store: AccountsStore
    credentials: Credentials

    # -- the owner --------------------------------------------------------------------------

    def ensure_owner(self, email: str = "owner@localhost", name: str = "Owner") -> Person:
        """The folder's owner, made on the first call; later calls change nothing."""
        self.actor.require(Scope.ACCOUNTS_WRITE)
        self.store.hold()
        if existing := self.store.find_person_with(Role.OWNER):
            return existing
        email = rules.clean_email(email)
        newcomer = Newcomer(email, Role.OWNER, rules.clean_name(name, email))
        owner = self.store.add_person(newcomer, self.credentials.clock())
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
        return actor_of(person)

    # -- sign-in links and sessions ---------------------------------------------------------

    def issue_sign_in_link(self) -> str:
        """A secret that signs the asking person in once, within ten minutes."""
        self.actor.require(Scope.ACCOUNTS_WRITE)
        expires = self.credentials.clock() + rules.LINK_LIFE
        kind = CredentialKind.LINK
        secret = self.credentials.issue(
            kind, rules.person_no_of(self.actor), "sign-in link", expires
        )
        self.record("link.issued", "sign-in", {"expires_at": expires})
        return secret

    def redeem_link(self, secret: str, *, browser: str = "browser") -> str | None:
        """Swap a sign-in link for a session's secret; None if it was used, expired or made up.

        Needs no scope: whoever holds the secret is its person.
        """
        link = self.credentials.spend(CredentialKind.LINK, secret)
        person = self.store.find_person(link.person_no) if link else None
        if person is None:
            return None
        session = self.credentials.start_session(person, browser)
        now = self.credentials.clock()
        self.store.add_audit(actor_of(person), ("session.started", person.id), {}, now)
        return session

    def is_sign_in_link(self, secret: str) -> bool:
        """Whether it would still sign somebody in; it is not spent by asking."""
        return self.credentials.find(CredentialKind.LINK, secret) is not None

    def actor_for_session(self, secret: str) -> Actor | None:
        """The signed-in person, or None. Needs no scope: the secret is the proof."""
        return self._actor_for(CredentialKind.SESSION, secret)

    def sign_out(self, secret: str) -> bool:
        """End one session; False if there was none to end."""
        session = self.credentials.find(CredentialKind.SESSION, secret)
        if session is None:
            return False
        person = self.store.find_person(session.person_no)
        now = self.credentials.clock()
        if person is not None:
            self.store.add_audit(actor_of(person), ("session.ended", person.id), {}, now)
        return self.credentials.store.revoke(CredentialKind.SESSION, session.hash, now)

    def list_sessions(self) -> Sequence[Listed]:
        """Where the asking person is signed in, newest first."""
        return self._list_own(CredentialKind.SESSION)

    def session_id(self, secret: str) -> str | None:
        """Which of the listed sessions this secret is. Needs no scope: the secret is the proof."""
        found = self.credentials.find(CredentialKind.SESSION, secret)
        return found.id if found else None

    def end_session(self, session_id: str) -> None:
        """Raises NotFound unless it is a session of the asking person."""
        self._end_own(CredentialKind.SESSION, session_id, "You have no session with this number.")

    def end_sign_ins(self) -> int:
        """End everybody's sessions, sign-in links and invitations; answers how many there were.

        After a restore: which of them were spent or ended since the backup is not known.
        """
        self.actor.require(Scope.UPKEEP)
        ended = self.credentials.end_everybodys(*SIGNED_IN)
        self.record("sign-ins.ended", "everybody", {"ended": ended})
        return ended

    # -- keys -------------------------------------------------------------------------------

    def issue_key(
        self,
        label: str,
        scopes: frozenset[Scope] | None = None,
        expires: datetime | None = None,
    ) -> str:
        """An API key of the asking person, shown this once; `scopes` None means all of theirs.

        Raises NotPermitted for a scope they lack, InvalidInput for an expiry in the past.
        """
        self.actor.require(Scope.ACCOUNTS_OWN)
        if scopes is not None and (beyond := scopes - self.actor.scopes):
            missing = ", ".join(sorted(beyond))
            raise NotPermitted(f"A key cannot do more than its person: {missing} is missing.")
        if expires is not None and expires <= self.credentials.clock():
            raise InvalidInput(
                f"The key would have expired on {expires:%d %B %Y}.", field="expires"
            )
        label = rules.clean_label(label)
        kind = CredentialKind.KEY
        if scopes is None and not self._has_all_rights():
            scopes = self.actor.scopes  # a narrowed key makes none that is wider
        secret = self.credentials.issue(
            kind, rules.person_no_of(self.actor), label, expires, scopes
        )
        self.record("key.issued", label, {"scopes": sorted(scopes) if scopes else "all"})
        return secret

    def list_keys(self) -> Sequence[Listed]:
        """Valid keys, newest first: one's own; whoever may read accounts sees everybody's."""
        if Scope.ACCOUNTS_READ in self.actor.scopes:
            now = self.credentials.clock()
            return self.credentials.store.list_valid(CredentialKind.KEY, now)
        return self._list_own(CredentialKind.KEY)

    def revoke_key(self, label: str) -> None:
        """Ends every key of the asking person with this label. Raises NotFound if there is none."""
        self.actor.require(Scope.ACCOUNTS_OWN)
        kind, now = CredentialKind.KEY, self.credentials.clock()
        if not self.credentials.store.revoke_labelled(
            kind, rules.person_no_of(self.actor), label, now
        ):
            raise NotFound(f"You have no valid key named {label!r}.")
        self.record("key.revoked", label, {})

    def end_key(self, key_id: str) -> None:
        """One key by its id: one's own; whoever may change accounts ends anybody's."""
        self._end_own(CredentialKind.KEY, key_id, "There is no such key of yours.")

    def actor_for_key(self, secret: str) -> Actor | None:
        """Who a key acts for, never with more rights than that person has today; or None."""
        return self._actor_for(CredentialKind.KEY, secret)

    # -- the trail --------------------------------------------------------------------------

    def record(self, action: str, subject: str, detail: Mapping[str, object]) -> None:
        """Append to the audit trail what the actor just did; part of the unit that did it."""
        self.store.add_audit(self.actor, (action, subject), dict(detail), self.credentials.clock())

    def list_audit(
        self, subject: str | None = None, limit: int = AUDIT_PAGE, before: int | None = None
    ) -> Sequence[AuditEntry]:
        """What was changed and by whom, newest first; `before` is the last entry of a page."""
        self.actor.require(Scope.ACCOUNTS_READ)
        return self.store.list_audit(subject, limit, before)

    # ---------------------------------------------------------------------------------------

    def _actor_for(self, kind: CredentialKind, secret: str) -> Actor | None:
        credential = self.credentials.find(kind, secret)
        person = self.store.find_person(credential.person_no) if credential else None
        return actor_of(person, credential) if person else None

    def _has_all_rights(self) -> bool:
        person = self.store.find_person(rules.person_no_of(self.actor))
        return person is not None and self.actor.scopes >= rules.scopes_of(person.role)

    def _list_own(self, kind: CredentialKind) -> Sequence[Listed]:
        self.actor.require(Scope.ACCOUNTS_OWN)
        now = self.credentials.clock()
        return self.credentials.store.list_valid(kind, now, rules.person_no_of(self.actor))

    def _end_own(self, kind: CredentialKind, id: str, missing: str) -> None:
        self.actor.require(Scope.ACCOUNTS_OWN)
        now = self.credentials.clock()
        found = self.credentials.store.find_listed(kind, id, now)
        anybodys = Scope.ACCOUNTS_WRITE in self.actor.scopes
        if found is None or not (anybodys or found.person_no == rules.person_no_of(self.actor)):
            raise NotFound(missing)
        self.credentials.store.revoke(kind, found.hash, now)
        ended = "session.ended" if kind is CredentialKind.SESSION else "key.revoked"
        self.record(ended, found.label, {"id": found.id})
