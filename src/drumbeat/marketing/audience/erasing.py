"""Use cases of erasure and retention: what leaves the house for good, and what is noted of it.

What stays is the keyed hash of the address on the list of those never to be mailed, and counts that
name nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import epoch
from drumbeat.kit.errors import NotFound
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.accounts import Record
from drumbeat.marketing.audience.addresses import Address, normalise_address
from drumbeat.marketing.audience.asks import AsksService
from drumbeat.marketing.audience.contact_ids import contact_id_of
from drumbeat.marketing.audience.model import SuppressionReason
from drumbeat.marketing.audience.model_asks import Ask, AskKind, AskState
from drumbeat.marketing.audience.model_erasure import Erasure
from drumbeat.marketing.audience.store_erasure import ErasureStore
from drumbeat.marketing.audience.store_memberships import MembershipStore, Place
from drumbeat.marketing.audience.topics import open_evidence
from drumbeat.storage.persons import PersonStore

_UNIT = 100


@dataclass(frozen=True)
class Retention:
    """Days; 0 keeps for ever. `unconfirmed`: who signed up and never confirmed. `evidence`: the
    network address and the browser behind a yes. `requests`: what readers asked for."""

    unconfirmed: int = 30
    evidence: int = 1_095
    requests: int = 365


@dataclass(frozen=True)
class ErasingService:
    actor: Actor
    persons: PersonStore
    erasures: ErasureStore
    memberships: MembershipStore
    readers: AsksService
    record: Record
    retention: Retention

    def erase(self, contact_no: ContactNo) -> Erasure:
        """Everything about one person, in this unit, but facts: `list_open` names those to do.

        Their address is never mailed again, whatever is imported, until its owner signs up anew.
        Raises NotFound.
        """
        self.actor.require(Scope.AUDIENCE_WRITE)
        return self._erase(contact_no, keep_away=True)

    def rows_of(self, contact_no: ContactNo) -> dict[str, list[dict[str, Any]]]:
        """By table: every row about one person, with what is sealed in it opened."""
        self.actor.require(Scope.AUDIENCE_READ)
        rows: dict[str, list[dict[str, Any]]] = {}
        numbers = self.readers.topics.contacts.same.numbers_of(contact_no)
        for number in numbers:
            for table, found in self.persons.each_row(number):
                rows.setdefault(table, []).extend(found)
        rows["audit"] = self.persons.trail_of(numbers, self._ids(numbers))
        rows["contact"] = []  # told in words already, unsealed
        for each in (*rows["consent_proof"], *rows["reader_ask"]):
            each["evidence"] = self._opened(each["contact_no"], each.get("evidence"))
        return rows

    def find_suppression(self, address: str) -> str | None:
        """Why an address is never mailed; None if it may be."""
        self.actor.require(Scope.AUDIENCE_READ)
        found = normalise_address(address)
        if not isinstance(found, Address):
            return None
        key = self.readers.keys.address_key(found.text)
        reason = self.readers.topics.consents.suppressed([key]).get(key)
        return None if reason is None else reason.name

    def list_requests(self) -> list[Ask]:
        """Readers who confirmed from their mailbox that they want to be erased."""
        self.actor.require(Scope.AUDIENCE_READ)
        return self.readers.store.list_in(AskState.confirmed, _UNIT, AskKind.ERASE)

    # the engine's side ----------------------------------------------------------------------

    def list_open(self) -> list[Erasure]:
        """Erasures whose facts still carry the number."""
        if Scope.UPKEEP not in self.actor.scopes:
            self.actor.require(Scope.AUDIENCE_WRITE)
        return self.erasures.list_open(_UNIT)

    def list_memberships(self, contact_no: int) -> list[Place]:
        """Where segments still have somebody who was erased, in a reading unit."""
        if Scope.UPKEEP not in self.actor.scopes:
            self.actor.require(Scope.AUDIENCE_WRITE)
        return self.memberships.list_with(contact_no)

    def leave_memberships(self, contact_no: int, places: Sequence[Place]) -> None:
        """Take them out of some of these; how many were in stays as it was counted."""
        if Scope.UPKEEP not in self.actor.scopes:
            self.actor.require(Scope.AUDIENCE_WRITE)
        self.memberships.forget(contact_no, places)

    def end(self, erasure: Erasure) -> None:
        """Nothing carries the number any more, so that it is forgotten too."""
        if Scope.UPKEEP not in self.actor.scopes:
            self.actor.require(Scope.AUDIENCE_WRITE)
        self.erasures.end(erasure.erasure_no, epoch(self.readers.clock()))

    def retain(self) -> dict[str, int]:
        """A bounded turn of the retention rules: what was removed, by rule, also in the trail."""
        self.actor.require(Scope.UPKEEP)
        now = self.readers.clock()
        rules, removed = self.retention, {}
        if rules.unconfirmed:
            before = epoch(now - timedelta(days=rules.unconfirmed))
            found = self.readers.store.list_unconfirmed(before, _UNIT)
            for contact_no in found:
                self._erase(contact_no, keep_away=False)
            removed["unconfirmed"] = len(found)
        if rules.evidence:
            before = epoch(now - timedelta(days=rules.evidence))
            removed["evidence"] = self.readers.topics.consents.forget_evidence(before, _UNIT)
        if rules.requests:
            before = epoch(now - timedelta(days=rules.requests))
            removed["requests"] = self.readers.store.forget(before, _UNIT)
        removed = {rule: rows for rule, rows in removed.items() if rows}
        if removed:
            self.record("retention.removed", "audience", removed)
        return removed

    # ---------------------------------------------------------------------------------------

    def _opened(self, contact_no: ContactNo, sealed: bytes | None) -> dict[str, str] | None:
        opened = open_evidence(self.readers.keys, contact_no, sealed)
        return None if opened is None else dict(opened)

    def _ids(self, numbers: Sequence[ContactNo]) -> list[str]:
        return [contact_id_of(number, self.readers.keys) for number in numbers]

    def _erase(self, contact_no: ContactNo, *, keep_away: bool) -> Erasure:
        self.readers.topics.contacts.hold()
        contacts = self.readers.topics.contacts
        meant = contacts.meant(contact_no)
        if meant is None:
            raise NotFound(f"There is no contact {contact_no}.")
        contact_no, *merged = contacts.same.numbers_of(meant)
        keys = contacts.address_keys_of([contact_no]) + contacts.same.keys_of(merged)
        now = self.readers.clock()
        if keep_away:
            reasons = dict.fromkeys(keys, SuppressionReason.erased)
            self.readers.topics.consents.suppress(reasons, "erasure", epoch(now))
        numbers = [contact_no, *merged]
        self.persons.leave_trail(numbers, self._ids(numbers))
        touched = self.persons.erase(contact_no)
        for each in merged:  # what was written under the numbers they had before
            self.persons.erase(each)
            self.erasures.add(each, epoch(now))
        number = self.erasures.add(contact_no, epoch(now))
        self.readers.topics.consents.bump_revision()
        self.record("contact.erased", f"erasure {number}", {"rows": touched})
        return Erasure(number, contact_no, now, None)
