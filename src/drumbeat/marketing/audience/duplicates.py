"""Use cases of duplicates: who is likely known twice, and making one contact of two.

Nothing that was written under the merged number is written anew: whoever asks about the person
reads both (storage/same_people.py). Only the contact's own row goes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock, epoch
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.accounts import Record
from drumbeat.marketing.audience import duplicate_rules as rules
from drumbeat.marketing.audience.duplicate_rules import Pair, Sign
from drumbeat.marketing.audience.merging import StoredContact, merged
from drumbeat.marketing.audience.model import (
    Attribute,
    Consent,
    ConsentProof,
    Contact,
    ContactRow,
    MergePolicy,
    SuppressionReason,
)
from drumbeat.marketing.audience.store import ContactStore
from drumbeat.marketing.audience.store_consent import ConsentStore
from drumbeat.marketing.audience.store_same import Merged
from drumbeat.marketing.audience.store_topics import TopicStore

MOST_PAIRS = 500


@dataclass(frozen=True)
class Merging:
    """What merging does, or did. `changed` are attributes that the kept contact gets; `refused`
    topics that it is unsubscribed from because the other was."""

    keep: Contact
    other: Contact
    signs: tuple[Sign, ...]
    changed: Mapping[str, Attribute]
    external_id: str | None
    refused: tuple[int, ...]
    suppressed: SuppressionReason | None
    done: bool


@dataclass(frozen=True)
class DuplicatesService:
    actor: Actor
    contacts: ContactStore
    consents: ConsentStore
    topics: TopicStore
    clock: Clock
    record: Record

    def list_pairs(
        self, *, limit: int = 100, among: Sequence[tuple[ContactNo, ContactNo]] | None = None
    ) -> list[Pair]:
        """Contacts that are likely one person, with what they have in common.

        Reads everybody; or only the pairs `among` these that still are two and share something.
        """
        self.actor.require(Scope.AUDIENCE_READ)
        if among is None:
            found = rules.pair_up(self.contacts.each_trace(), min(max(limit, 1), MOST_PAIRS))
            among = [(ContactNo(one), ContactNo(two)) for one, two, _ in found]
        numbers = {number for pair in among for number in pair}
        known = {each.contact_no: each for each in self.contacts.list_(list(numbers))}
        people = [(known[a], known[b]) for a, b in among if a in known and b in known]
        pairs = [rules.as_pair(one, two, _shared(one, two)) for one, two in people]
        return [pair for pair in pairs if pair.signs]

    def merge(
        self,
        keep_no: ContactNo,
        other_no: ContactNo,
        policy: MergePolicy = MergePolicy.fill,
        *,
        dry_run: bool = False,
    ) -> Merging:
        """One contact of two: the history of both, and of permission the stricter.

        A no of either holds; a yes stays with the address that gave it. Raises NotFound, and
        InvalidInput where both are the same.
        """
        self.actor.require(Scope.AUDIENCE_WRITE)
        self.contacts.hold()
        numbers = [self.contacts.get_number(each) for each in (keep_no, other_no)]
        if numbers[0] == numbers[1]:
            raise InvalidInput("Both are the same contact already.", field="other")
        by_number = {each.contact_no: each for each in self.contacts.list_(numbers)}
        keep, other = (by_number[number] for number in numbers)
        stored = self.contacts.list_by_keys(self.contacts.address_keys_of(numbers))
        mine, theirs = (_of(stored, each) for each in (keep, other))
        after = _after(mine, theirs, policy)
        states = [{t: s for t, (s, _) in self.consents.states_of(n).items()} for n in numbers]
        listed = self.consents.suppressed([mine.address_key, theirs.address_key])
        reason = rules.carried(listed.get(theirs.address_key))
        told = Merging(
            keep,
            other,
            _shared(keep, other),
            {k: v for k, v in after.attributes.items() if mine.attributes.get(k) != v},
            after.external_id,
            tuple(rules.refused_topics(*states)),
            None if rules.carried(listed.get(mine.address_key)) else reason,
            done=not dry_run,
        )
        if not dry_run:
            self._save(told, after, theirs)
        return told

    def list_merged(self, contact_no: ContactNo) -> list[Merged]:
        """Whom this contact was made of besides."""
        self.actor.require(Scope.AUDIENCE_READ)
        return self.contacts.same.list_(contact_no)

    # ---------------------------------------------------------------------------------------

    def _save(self, told: Merging, after: StoredContact, theirs: StoredContact) -> None:
        now, keep, other = self.clock(), told.keep.contact_no, told.other.contact_no
        at, source = epoch(now), f"merged with contact {other}"
        self.contacts.remove(other)
        self.contacts.save([after], at)
        self.contacts.known_since(keep, epoch(told.other.created_at))
        lost_id = theirs.external_id is not None and theirs.external_id != after.external_id
        index = self.contacts.keys.index
        external = index("external_id", theirs.external_id or "") if lost_id else None
        gone = Merged(other, theirs.address, theirs.address_key, now, self.actor.name)
        self.contacts.same.add(gone, keep, external)
        no, by = Consent.unsubscribed, self.actor.name
        proofs = [ConsentProof(keep, no, source, by, now, topic_no=each) for each in told.refused]
        self.consents.save(proofs, at)
        if told.suppressed is not None:
            self.consents.lift(after.address_key)  # of a bounce, which a person may lift
            self.consents.suppress({after.address_key: told.suppressed}, source, at)
        self._carry(keep, other, source, at)
        self.consents.bump_revision()
        shared = [each.kind for each in told.signs]
        self.record("contact.merged", f"contact {keep}", {"merged": other, "shared": shared})

    def _carry(self, keep: ContactNo, other: ContactNo, source: str, now: int) -> None:
        """A pause that lasts longer, and an opting out of sale."""
        mine, theirs = (self.topics.find_pause(each, now) for each in (keep, other))
        if theirs is not None and (mine is None or theirs > mine):
            self.topics.pause(keep, epoch(theirs), source, now)
        if self.topics.find_opt_out(other) is not None:
            self.topics.opt_out_of_sale(keep, source, self.actor.name, now)


def _of(stored: Mapping[bytes, StoredContact], wanted: Contact) -> StoredContact:
    return next(each for each in stored.values() if each.contact_no == wanted.contact_no)


def _after(mine: StoredContact, theirs: StoredContact, policy: MergePolicy) -> StoredContact:
    row = ContactRow(
        theirs.address,
        zone=theirs.zone,
        zone_source=theirs.zone_source,
        attributes=theirs.attributes,
    )
    after = merged(mine, row, policy)
    return replace(after, external_id=mine.external_id or theirs.external_id)


def _shared(keep: Contact, other: Contact) -> tuple[Sign, ...]:
    one, two = (
        rules.traces_of(each.contact_no, each.address, each.external_id, each.attributes)
        for each in (keep, other)
    )
    return tuple(sign for sign in one.signs if sign in two.signs)
