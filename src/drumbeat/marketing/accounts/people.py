"""Use cases of people: who has an account, in which role, and how they are let in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.errors import Conflict, InvalidInput, NotFound
from drumbeat.marketing.accounts import rules
from drumbeat.marketing.accounts.credentials import ALL_KINDS, SIGNED_IN, Credentials
from drumbeat.marketing.accounts.model import (
    CredentialKind,
    Newcomer,
    Person,
    Record,
    Role,
)
from drumbeat.marketing.accounts.store import AccountsStore


@dataclass(frozen=True)
class PeopleService:
    """`named` is a person's id or address."""

    actor: Actor
    store: AccountsStore
    credentials: Credentials
    record: Record

    def list_(self) -> Sequence[Person]:
        """Everybody with an account, in the order they came."""
        self.actor.require(Scope.ACCOUNTS_READ)
        return self.store.list_people()

    def list_with_password(self) -> frozenset[str]:
        """The ids of those who chose a password; the others come in by a link."""
        self.actor.require(Scope.ACCOUNTS_READ)
        having = self.credentials.store.list_with_password()
        return frozenset(p.id for p in self.store.list_people() if p.person_no in having)

    def me(self) -> Person:
        """The asking person. Raises NotFound for a chore of the house."""
        self.actor.require(Scope.ACCOUNTS_OWN)
        found = self.store.find_person(rules.person_no_of(self.actor))
        if found is None:
            raise NotFound("This person has no account here any more.")
        return found

    def add(self, newcomer: Newcomer) -> tuple[Person, str]:
        """The new person, and the secret of the invitation that lets them choose a password.

        Raises InvalidInput when somebody has that address already.
        """
        self.actor.require(Scope.ACCOUNTS_WRITE)
        email = rules.clean_email(newcomer.email)
        wanted = replace(newcomer, email=email, name=rules.clean_name(newcomer.name, email))
        self.store.hold()
        added = self.store.add_person(wanted, self.credentials.clock())
        if added is None:
            raise InvalidInput(f"{email} has an account already.", field="email")
        self.record("person.added", added.id, {"email": email, "role": added.role})
        return added, self._invite(added)

    def invite(self, named: str) -> tuple[Person, str]:
        """A fresh invitation, also for who forgot the password; earlier ones end."""
        self.actor.require(Scope.ACCOUNTS_WRITE)
        person = self._get(named)
        self.credentials.end_all(person.person_no, CredentialKind.INVITATION)
        return person, self._invite(person)

    def change_role(self, named: str, role: Role) -> Person:
        """Their sessions end. Raises Conflict for the last owner."""
        self.actor.require(Scope.ACCOUNTS_WRITE)
        self.store.hold()
        person = self._get(named)
        if person.role is role:
            return person
        self._keep_an_owner(person, "be given another role")
        changed = replace(person, role=role)
        self.store.save_person(changed)
        ended = self.credentials.end_all(person.person_no, *SIGNED_IN)
        detail = {"was": person.role, "role": role, "sessions_ended": ended}
        self.record("person.role_changed", person.id, detail)
        return changed

    def remove(self, named: str) -> Person:
        """They are out at once: sessions, links, keys and password end. Never the last owner."""
        self.actor.require(Scope.ACCOUNTS_WRITE)
        self.store.hold()
        person = self._get(named)
        self._keep_an_owner(person, "be removed")
        self.store.remove_person(person, self.credentials.clock())
        self.credentials.store.remove_password(person.person_no)
        ended = self.credentials.end_all(person.person_no, *ALL_KINDS)
        detail = {"email": person.email, "role": person.role, "credentials_ended": ended}
        self.record("person.removed", person.id, detail)
        return person

    def _invite(self, person: Person) -> str:
        expires = self.credentials.clock() + rules.INVITATION_LIFE
        kind = CredentialKind.INVITATION
        secret = self.credentials.issue(kind, person.person_no, "invitation", expires)
        self.record("person.invited", person.id, {"expires_at": expires})
        return secret

    def _get(self, named: str) -> Person:
        found = self.store.find_by_email(named.strip().lower()) or self.store.find_by_id(named)
        if found is None:
            raise NotFound(f"Nobody here is {named[:80]!r}.")
        return found

    def _keep_an_owner(self, leaving: Person, what: str) -> None:
        owners = [each for each in self.store.list_people() if each.role is Role.OWNER]
        if owners == [leaving]:
            message = f"{leaving.name} is the last owner and cannot {what}; name another one first."
            raise Conflict(message)
