"""Use cases of audience: merge contacts, give and withdraw permission, name an audience."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock, epoch, from_epoch
from drumbeat.kit.errors import InvalidInput, NotFound, Overtaken
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.accounts import Record
from drumbeat.marketing.audience import merging, rules
from drumbeat.marketing.audience.addresses import Address, normalise_address
from drumbeat.marketing.audience.batches import read_batch
from drumbeat.marketing.audience.merging import MergePlan, SeenContacts, plan_merge
from drumbeat.marketing.audience.model import (
    MARKETING_TOPIC,
    AudienceArrays,
    AudienceCounts,
    Consent,
    ConsentProof,
    Contact,
    ContactRow,
    DraftSegment,
    MergeCounts,
    MergePolicy,
    Permission,
    Profile,
    RecipientFields,
    Segment,
    SuppressionReason,
)
from drumbeat.marketing.audience.store import ContactStore
from drumbeat.marketing.audience.store_consent import ConsentStore
from drumbeat.marketing.audience.store_counts import CountStore, Standing
from drumbeat.marketing.audience.store_profile import ProfileStore
from drumbeat.marketing.audience.store_segments import SegmentStore
from drumbeat.storage.kept import Kept
from drumbeat.storage.secrets import KeyRing

UNIT_ROWS = 2_000


@dataclass(frozen=True)
class AudienceStores:
    contacts: ContactStore
    consents: ConsentStore
    segments: SegmentStore
    profiles: ProfileStore
    counts: CountStore
    kept: Kept
    as_counted: bool = False

    def standing(self) -> Standing | None:
        """None in a writing unit."""
        newest = self.contacts.find_newest()
        return None if newest is None else Standing(newest, self.consents.revision())

    def count_people(self) -> tuple[int, int]:
        """Everybody known, and who may be mailed."""
        return self.contacts.count(), self.consents.count_subscribers()


@dataclass(frozen=True)
class AudienceService:
    actor: Actor
    stores: AudienceStores
    clock: Clock
    keys: KeyRing
    record: Record

    # -- contacts ---------------------------------------------------------------------------

    def merge_contacts(
        self,
        rows: Sequence[ContactRow],
        policy: MergePolicy = MergePolicy.overwrite,
        *,
        seen: SeenContacts | None = None,
        dry_run: bool = False,
    ) -> MergeCounts:
        """Add or update up to 2,000 people; repeating it changes nothing.

        `seen` carries from batch to batch whom this import met already. A dry run only counts.
        """
        self.actor.require(Scope.AUDIENCE_WRITE)
        _bounded(rows)
        seen = SeenContacts() if seen is None else seen
        self.stores.contacts.hold()
        plan = plan_merge(
            read_batch(self.stores.contacts, self.stores.consents, self.keys, rows), policy, seen
        )
        if dry_run:
            seen.unsaved |= plan.added
            for contact in plan.contacts.values():
                if contact.contact_no is not None:
                    seen.add(contact.contact_no)
        else:
            self._save(plan, seen)
        return plan.counts

    def addresses_of(self, external_ids: Sequence[str]) -> dict[str, str]:
        """Whom a row to be merged means that has no address; an unknown id is absent."""
        self.actor.require(Scope.AUDIENCE_WRITE)
        _bounded(external_ids)
        if not external_ids:
            return {}
        self.stores.contacts.hold()
        owners = self.stores.contacts.keys_by_external_id(list(set(external_ids)))
        known = self.stores.contacts.list_by_keys(list(set(owners.values())))
        return {each: known[key].address for each, key in owners.items()}

    def note_import(self, what: str, source: str, counts: Mapping[str, int]) -> None:
        """Write into the trail that an import began or ended: it is many units of one decision."""
        self.actor.require(Scope.AUDIENCE_WRITE)
        self.record(f"import.{what}", source, counts)

    def contact_numbers(
        self, addresses: Sequence[str], *, as_told: bool = False
    ) -> dict[str, ContactNo]:
        """Of up to 2,000 addresses, as given; a merged one is who was kept, or `as_told` itself."""
        self.actor.require(Scope.AUDIENCE_READ)
        _bounded(addresses)
        normal = ((given, normalise_address(given)) for given in addresses)
        texts = {given: each.text for given, each in normal if isinstance(each, Address)}
        indexes = self.keys.indexes("address", list(texts.values()))
        keys = dict(zip(texts, indexes, strict=True))
        numbers = self.stores.contacts.numbers_by_keys([*set(keys.values())], as_told=as_told)
        return {given: numbers[key] for given, key in keys.items() if key in numbers}

    def still_there(self, contact_nos: Sequence[ContactNo]) -> set[ContactNo]:
        """Those of up to 2,000 contacts that were not erased or merged into another."""
        self.actor.require(Scope.AUDIENCE_READ)
        _bounded(contact_nos)
        return self.stores.contacts.still_there(contact_nos)

    def contact_numbers_by_external_id(self, external_ids: Sequence[str]) -> dict[str, ContactNo]:
        """An id nobody carries is absent from the answer."""
        self.actor.require(Scope.AUDIENCE_READ)
        _bounded(external_ids)
        return self.stores.contacts.numbers_by_external_id(list(set(external_ids)))

    def get_contact(self, contact_no: ContactNo) -> Contact:
        """Raises NotFound."""
        self.actor.require(Scope.AUDIENCE_READ)
        return self.stores.contacts.list_([self.stores.contacts.get_number(contact_no)])[0]

    def find_contact(self, address: str) -> Contact | None:
        """The contact with this address, however it is spelled."""
        number = self.contact_numbers([address]).get(address)
        return None if number is None else self.get_contact(number)

    def known_fields(self) -> frozenset[str]:
        """Fields that a template may use: those of the first 2,000 contacts, and their address."""
        rows = self.list_contacts(limit=UNIT_ROWS)
        return frozenset({"email", "external_id"}.union(*(row.attributes for row in rows)))

    def list_contacts(
        self, *, after: int = 0, limit: int = 100, segment: str = ""
    ) -> list[Contact]:
        """A page of contacts, all or a segment's; `after` is the last number of the page before.

        Raises InvalidInput naming the nearest segment when its name is unknown.
        """
        self.actor.require(Scope.AUDIENCE_READ)
        page = min(max(limit, 1), UNIT_ROWS)
        if not segment:
            return self.stores.contacts.list_after(after, page)
        named = self._segment_named(segment, field="segment")
        members = self.stores.segments.members(named.id)
        found: list[Contact] = []
        while numbers := rules.numbers_after(members, after, page - len(found)):
            found += self.stores.contacts.list_(numbers)  # fewer, if somebody was erased since
            after = numbers[-1]
        return found

    def recipients(self, contact_nos: Sequence[ContactNo]) -> Sequence[RecipientFields]:
        """What templates may say about up to 2,000 contacts, in the order asked for."""
        self.actor.require(Scope.AUDIENCE_READ)
        _bounded(contact_nos)
        found = {each.contact_no: each for each in self.stores.contacts.list_fields(contact_nos)}
        return [found[number] for number in contact_nos if number in found]

    def zones_of(self, contact_nos: Sequence[ContactNo]) -> dict[int, str]:
        """The IANA zones of up to 2,000 contacts, where one is known: all that learning needs."""
        if Scope.FACTS_FOLD not in self.actor.scopes:
            self.actor.require(Scope.AUDIENCE_READ)
        _bounded(contact_nos)
        return self.stores.contacts.zones_of(contact_nos)

    # -- permission -------------------------------------------------------------------------

    def permissions(
        self, contact_nos: Sequence[ContactNo], topic_no: int = MARKETING_TOPIC
    ) -> dict[ContactNo, Permission]:
        """Who of up to 2,000 contacts may be mailed now, and why not; an unknown one may not."""
        self.actor.require(Scope.AUDIENCE_READ)
        _bounded(contact_nos)
        chosen = self.stores.consents.list_choices(contact_nos, topic_no, epoch(self.clock()))
        return rules.permissions(contact_nos, chosen, topic_no)

    def permission_of(self, address: str) -> Permission | None:
        """Whether an address may be mailed; None if nobody has it and nobody ever said no to it.

        A suppression belongs to the address: it holds without, and after, a contact.
        """
        number = self.contact_numbers([address]).get(address)
        if number is not None:
            return self.permissions([number])[number]
        found = normalise_address(address)
        key = self.keys.address_key(found.text) if isinstance(found, Address) else None
        reason = None if key is None else self.stores.consents.suppressed([key]).get(key)
        return None if reason is None else rules.permission(None, reason)

    def permission_revision(self) -> int:
        """A number that moves with every change of consent or suppression."""
        return self.stores.consents.revision()

    def withdraw(
        self, contact_no: ContactNo, *, source: str, mailing_no: int | None = None
    ) -> bool:
        """Unsubscribe somebody, now and for re-imports; False when they had said so before."""
        self._require_withdrawal()
        self.stores.contacts.get_number(contact_no)
        return self._refuse({contact_no: mailing_no}, SuppressionReason.unsubscribed, source)

    def suppress(
        self, contact_no: ContactNo, reason: SuppressionReason, *, source: str = ""
    ) -> bool:
        """Never mail this address again, whatever is imported; False when it was listed before."""
        self._require_withdrawal()
        self.stores.contacts.get_number(contact_no)
        return self._refuse({contact_no: None}, reason, source)

    def refuse_all(
        self,
        mailings: Mapping[ContactNo, int | None],
        reason: SuppressionReason,
        *,
        source: str,
    ) -> None:
        """Withdraw or suppress up to 2,000 contacts that refused the mailing they are mapped to.

        For facts, which may name somebody who was erased since: unknown ones are passed over.
        """
        self._require_withdrawal()
        _bounded(list(mailings))
        self._refuse(mailings, reason, source)

    def list_proofs(self, contact_no: ContactNo) -> list[ConsentProof]:
        """What this person allowed and refused over time, and how we know."""
        self.actor.require(Scope.AUDIENCE_READ)
        return self.stores.consents.list_proofs(*self.numbers_of(contact_no))

    def numbers_of(self, contact_no: ContactNo) -> list[ContactNo]:
        """Every number of one person: the contact's, then those that were merged into it."""
        self.actor.require(Scope.AUDIENCE_READ)
        return self.stores.contacts.same.numbers_of(contact_no)

    # -- audiences --------------------------------------------------------------------------

    def audience_members(
        self,
        audience: str | Sequence[str],
        *,
        criterion: str | None = None,
        cut: Collection[tuple[str, int]] = (),
    ) -> AudienceArrays:
        """Everyone that "all" or the named segments name, also those who may not be mailed.

        With the `cut` of an earlier answer: whom they named then. Raises InvalidInput naming the
        nearest segment when a name is unknown, NotFound if that cut is not kept any more.
        """
        self.actor.require(Scope.AUDIENCE_READ)
        names = [audience] if isinstance(audience, str) else list(audience)
        if not names:
            raise InvalidInput('Name an audience: "all" or segments.', field="audience")
        if any(name.strip().casefold() == rules.EVERYONE for name in names):
            return rules.audience_arrays(self.stores.contacts.each_place(), None)
        segments = [] if cut else [self._segment_named(name, criterion) for name in names]
        taken = tuple(cut) or tuple((each.id, epoch(each.taken_at)) for each in segments)
        members = self.stores.segments.find_members(taken)
        if members is None and cut:
            raise NotFound("Who was in these segments then is not kept any more.")
        if members is None:
            raise Overtaken("The segments were cut anew meanwhile.")
        arrays = rules.audience_arrays(self.stores.contacts.each_place(), members)
        return replace(arrays, cut=taken)

    def count_audience(self) -> AudienceCounts:
        """Everybody known, everybody who may be mailed, and the segments: totals name nobody."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        segments, standing = self.stores.segments.count(), self.stores.standing()
        found = self.stores.counts.find()
        if found is not None and self._good_enough(found.standing, standing):
            as_of = None if found.standing == standing else from_epoch(found.as_of)
            return AudienceCounts(found.contacts, found.subscribers, segments, as_of)
        counted = self.stores.kept.get("audience", standing, self.stores.count_people)
        return AudienceCounts(*counted, segments)

    def list_segments(self) -> list[Segment]:
        """Every segment with its newest membership, largest first within a criterion."""
        self.actor.require(Scope.AUDIENCE_READ)
        return self.stores.segments.list_()

    def segments_of(self, contact_no: ContactNo) -> list[Segment]:
        """The segments that one contact is in."""
        self.actor.require(Scope.AUDIENCE_READ)
        return self.stores.segments.list_of_contact(contact_no)

    def read_profile(self, *, attribute: str = "country") -> Profile:
        """What every subscribed contact did so far. Dear: do it in a reading unit."""
        self.actor.require(Scope.AUDIENCE_READ)
        return self.stores.profiles.read(self.clock(), attribute)

    def save_segments(self, drafts: Sequence[DraftSegment]) -> list[Segment]:
        """Keep computed segments; one of the same name gets a new membership, not a twin."""
        self.actor.require(Scope.AUDIENCE_WRITE)
        return self.stores.segments.save(drafts, self.clock())

    # ---------------------------------------------------------------------------------------

    def _segment_named(
        self, name: str, criterion: str | None = None, *, field: str = "audience"
    ) -> Segment:
        """By name, id or `criterion:name`."""
        wanted = None if criterion is None else rules.read_criterion(criterion)
        return rules.choose_segment(name, self.stores.segments.list_(), wanted, field=field)

    def _good_enough(self, counted: Standing, standing: Standing | None) -> bool:
        """Whoever does not wait misses a change of mind for a moment, never people who came."""
        if self.stores.as_counted and standing is not None:
            return counted.newest == standing.newest
        return counted == standing

    def _save(self, plan: MergePlan, seen: SeenContacts) -> None:
        now = epoch(self.clock())
        fresh = [plan.contacts[key] for key in plan.contacts if key in plan.added]
        numbers: dict[bytes, ContactNo] = {
            key: contact.contact_no
            for key, contact in plan.contacts.items()
            if contact.contact_no is not None
        }
        numbers |= self.stores.contacts.add(fresh, now)
        self.stores.contacts.save([plan.contacts[key] for key in plan.changed], now)
        proofs = [
            self._proof(numbers[key], plan.contacts[key].consent, row, now)
            for key, row in plan.proofs.items()
        ]
        proofs += merging.topic_proofs(plan, numbers, self.actor.name, now)
        self.stores.consents.save(proofs, now)
        source = next((row.source for row in plan.proofs.values()), "import")
        listed = self.stores.consents.suppress(plan.suppressed, source, now)
        if proofs or listed:
            self.stores.consents.bump_revision()
        for number in numbers.values():
            seen.add(number)

    def _proof(self, number: ContactNo, state: int, row: ContactRow, now: int) -> ConsentProof:
        said = row.source or "import", self.actor.name, row.consented_at or from_epoch(now)
        return ConsentProof(number, Consent(state), *said)

    def _refuse(
        self, mailings: Mapping[ContactNo, int | None], reason: SuppressionReason, source: str
    ) -> bool:
        """Suppress addresses and, for unsubscribes, move the consent; False when nothing is new."""
        now = epoch(self.clock())
        self.stores.contacts.hold()
        keys, mailings = self.stores.contacts.refusing(mailings, reason)
        changed = self.stores.consents.suppress(dict.fromkeys(keys, reason), source, now)
        if reason is SuppressionReason.unsubscribed:
            at, actor = from_epoch(now), self.actor.name
            proofs = [
                ConsentProof(number, Consent.unsubscribed, source, actor, at, mailings[number])
                for number, state, _ in self.stores.consents.list_standing(list(mailings))
                if state != Consent.unsubscribed
            ]
            self.stores.consents.save(proofs, now)
            changed = changed or bool(proofs)
        if changed:
            self.stores.consents.bump_revision()
        return changed

    def _require_withdrawal(self) -> None:
        """Taking permission away needs less than changing contacts: the public page may do it."""
        if Scope.AUDIENCE_WRITE not in self.actor.scopes:
            self.actor.require(Scope.CONSENT_WITHDRAW)


def _bounded(rows: Sequence[object]) -> None:
    if len(rows) > UNIT_ROWS:
        raise InvalidInput(f"Ask for at most {UNIT_ROWS} at once.", field="rows")
