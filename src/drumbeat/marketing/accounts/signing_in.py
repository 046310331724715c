"""Use cases of passwords: found the house, sign in, accept an invitation, choose a new one.

A guess is counted in one unit, compared between two (`Attempt.prove`), and acted on in the next.
"""

from dataclasses import dataclass, replace

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.errors import Conflict, InvalidInput, NotFound, NotPermitted
from drumbeat.marketing.accounts import rules
from drumbeat.marketing.accounts.credentials import SIGNED_IN, Credentials, actor_of
from drumbeat.marketing.accounts.model import (
    Attempt,
    CredentialKind,
    Newcomer,
    Person,
    Proof,
    Role,
    TryLater,
    Visitor,
)
from drumbeat.marketing.accounts.passwords import PasswordHash
from drumbeat.marketing.accounts.store import AccountsStore
from drumbeat.marketing.accounts.store_guesses import GuessStore


@dataclass(frozen=True)
class SigningInService:
    """Most of it needs no scope: what is shown here is the proof of who somebody is."""

    actor: Actor
    store: AccountsStore
    credentials: Credentials
    guesses: GuessStore

    def needs_founder(self) -> bool:
        """Whether no owner has a password yet: the one moment when a page may make one."""
        having = self.credentials.store.list_with_password()
        people = self.store.list_people()
        return not any(p.role is Role.OWNER and p.person_no in having for p in people)

    def has_password(self) -> bool:
        """Whether the asking person chose one."""
        self.actor.require(Scope.ACCOUNTS_OWN)
        kept = self.credentials.store.find_password(rules.person_no_of(self.actor))
        return kept is not None

    def found(
        self, founder: Newcomer, hash: PasswordHash | None, visitor: Visitor | None = None
    ) -> tuple[Person, str | None]:
        """The owner under this address and password, and a session for a visitor's browser.

        Whoever the house was made with becomes them. Raises Conflict when an owner with a password
        is there and is somebody else.
        """
        self.actor.require(Scope.ACCOUNTS_WRITE)
        self.store.hold()
        email = rules.clean_email(founder.email)
        owner = self.store.find_person_with(Role.OWNER)
        if not self.needs_founder():
            if owner is not None and owner.email == email and hash is None:
                return owner, None
            raise Conflict("This Drumbeat has an owner already; they invite everybody else.")
        founder = replace(founder, email=email, name=rules.clean_name(founder.name, email))
        found = self._add(founder) if owner is None else self._rename(owner, founder)
        if hash is not None:
            self._save_password(found, hash)
        how = {"by": "founding"}
        return found, self._start_session(found, visitor, how) if visitor else None

    def attempt(self, email: str, visitor: Visitor) -> Attempt | TryLater:
        """Count a guess, or say when the next one may be made. Needs no scope."""
        email = email.strip().lower()[:320]
        now = self.credentials.clock()
        counters = (
            self._counter("address", email),
            self._counter("place", rules.place_of(visitor.ip)),
        )
        self.guesses.hold()
        self.guesses.sweep(now, rules.FORGET_AFTER)
        until = self.guesses.blocked_until(counters, now)
        if until is not None:
            return TryLater(until, max(1, int((until - now).total_seconds()) + 1))
        for counter, throttle in zip(counters, rules.THROTTLES, strict=True):
            self.guesses.count(counter, throttle, now)
        person = self.store.find_by_email(email)
        if person is None:
            return Attempt(None, None, counters)
        kept = self.credentials.store.find_password(person.person_no)
        return Attempt(person.person_no, kept, counters)

    def sign_in(self, proof: Proof, visitor: Visitor) -> str | None:
        """A session's secret; None if the person or their password is gone since the guess."""
        person = self._proven(proof)
        if person is None:
            return None
        address, place = proof.counters
        self.guesses.forget(address)
        self.guesses.forgive(place)
        return self._start_session(person, visitor, {"by": "password"})

    def change_password(self, proof: Proof | None, hash: PasswordHash, visitor: Visitor) -> str:
        """Every session ends; the secret of a new one. `proof` None only for a first password.

        Raises NotPermitted when the present password was not shown.
        """
        self.actor.require(Scope.ACCOUNTS_OWN)
        person = self.store.find_person(rules.person_no_of(self.actor))
        if person is None:
            raise NotFound("This person has no account here any more.")
        kept = self.credentials.store.find_password(person.person_no)
        if kept is not None and (proof is None or self._proven(proof) != person):
            raise NotPermitted("The present password is not right.")
        if proof is not None:
            address, place = proof.counters
            self.guesses.forget(address)
            self.guesses.forgive(place)
        self._save_password(person, hash)
        return self._start_session(person, visitor, {"by": "new password"})

    def invited(self, secret: str) -> Person | None:
        """Whom an invitation is for; None if it was used, expired or made up."""
        found = self.credentials.find(CredentialKind.INVITATION, secret)
        return self.store.find_person(found.person_no) if found else None

    def accept(self, secret: str, hash: PasswordHash, visitor: Visitor) -> str | None:
        """Spend an invitation for a password; a session's secret, or None as for `invited`."""
        found = self.credentials.spend(CredentialKind.INVITATION, secret)
        person = self.store.find_person(found.person_no) if found else None
        if person is None:
            return None
        self._save_password(person, hash)
        self.guesses.forget(self._counter("address", person.email))
        return self._start_session(person, visitor, {"by": "invitation"})

    def _add(self, founder: Newcomer) -> Person:
        added = self.store.add_person(founder, self.credentials.clock())
        if added is None:
            raise InvalidInput(f"{founder.email} has an account already.", field="email")
        self._record(self.actor, "person.added", added, {"role": Role.OWNER})
        return added

    def _rename(self, owner: Person, founder: Newcomer) -> Person:
        namesake = self.store.find_by_email(founder.email)
        if namesake is not None and namesake.person_no != owner.person_no:
            raise InvalidInput(f"{founder.email} has an account already.", field="email")
        renamed = replace(owner, email=founder.email, name=founder.name)
        if renamed != owner:
            self.store.save_person(renamed)
            detail = {"was": owner.email, "email": founder.email}
            self._record(self.actor, "person.renamed", renamed, detail)
        return renamed

    def _save_password(self, person: Person, hash: PasswordHash) -> None:
        now = self.credentials.clock()
        self.credentials.store.save_password(person.person_no, hash, now)
        ended = self.credentials.end_all(person.person_no, *SIGNED_IN)
        detail = {"sessions_ended": ended}
        self._record(actor_of(person), "password.changed", person, detail)

    def _start_session(self, person: Person, visitor: Visitor, detail: dict[str, str]) -> str:
        session = self.credentials.start_session(person, visitor.browser)
        self._record(actor_of(person), "session.started", person, detail)
        return session

    def _proven(self, proof: Proof) -> Person | None:
        kept = self.credentials.store.find_password(proof.person_no)
        return self.store.find_person(proof.person_no) if kept == proof.hash else None

    def _record(self, actor: Actor, action: str, person: Person, detail: object) -> None:
        now = self.credentials.clock()
        self.store.add_audit(actor, (action, person.id), detail, now)

    def _counter(self, what: str, value: str) -> bytes:
        return rules.hash_of(f"{what}:{value}", self.credentials.key)
