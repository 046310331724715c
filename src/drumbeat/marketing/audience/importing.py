"""Use cases of one import: many ordinary rows in one unit, and how far a file has come."""

from collections.abc import Sequence
from dataclasses import dataclass

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock, epoch
from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.audience.bulk_merging import (
    Keyed,
    MetKeys,
    NewContacts,
    in_order_of_key,
    sort_out,
)
from drumbeat.marketing.audience.bulk_reading import PlainContacts
from drumbeat.marketing.audience.contact_columns import ContactRows
from drumbeat.marketing.audience.merging import SeenContacts
from drumbeat.marketing.audience.model_topics import Topic
from drumbeat.marketing.audience.service import UNIT_ROWS, AudienceStores
from drumbeat.marketing.audience.store_imports import ImportStore
from drumbeat.storage.secrets import KeyRing


@dataclass(frozen=True, slots=True)
class BulkCounts:
    """`rest` are the places of rows that say something new of somebody who is known."""

    added: int
    unchanged: int
    rest: Sequence[int]


def key_contacts(contacts: PlainContacts, keys: KeyRing, met: MetKeys | None = None) -> Keyed:
    """Ordinary rows in order of their key; takes long, so between two units.

    `met` are the keys of earlier blocks of the file; those of this one are added to them.
    """
    met = MetKeys() if met is None else met
    found = keys.indexes("address", contacts.addresses.to_pylist())
    if contacts.external_ids is None:
        return in_order_of_key(contacts, found, None, met)
    ids = contacts.external_ids.to_pylist()
    said = keys.indexes("external_id", [each or "" for each in ids])
    external = [key if told else None for key, told in zip(said, ids, strict=True)]
    return in_order_of_key(contacts, found, external, met)


@dataclass(frozen=True)
class ImportsService:
    actor: Actor
    stores: AudienceStores
    store: ImportStore
    clock: Clock
    keys: KeyRing

    @property
    def rows(self) -> ContactRows:
        """What makes contacts ready for `add_ordinary` between two units."""
        self.actor.require(Scope.AUDIENCE_WRITE)
        return self.store.rows(epoch(self.clock()))

    def add_ordinary(
        self,
        contacts: NewContacts,
        seen: SeenContacts,
        *,
        source: str,
        dry_run: bool = False,
        hopeful: bool = True,
    ) -> BulkCounts:
        """Add who is new among up to 2,000 ordinary rows; if `hopeful`, most of them may be.

        Who says nothing new is counted; all others are left to `merge_contacts`.
        """
        self.actor.require(Scope.AUDIENCE_WRITE)
        if len(contacts) > UNIT_ROWS:
            raise InvalidInput(f"Add at most {UNIT_ROWS} at once.", field="rows")
        self.stores.contacts.hold()
        apart = self._merged_before(contacts)
        if not apart:
            return self._add_ordinary(contacts, seen, source, dry_run=dry_run, hopeful=hopeful)
        others = [at for at in range(len(contacts)) if at not in apart]
        part = contacts.at(others)
        found = self._add_ordinary(part, seen, source, dry_run=dry_run, hopeful=hopeful)
        rest = sorted([*apart, *(others[at] for at in found.rest)])
        return BulkCounts(found.added, found.unchanged, rest)

    def _merged_before(self, contacts: NewContacts) -> set[int]:
        """The places of rows that name somebody who was merged: never new, always to be merged."""
        same = self.stores.contacts.same
        if not same.any():
            return set()
        ids = contacts.external_keys or [None] * len(contacts)
        keys = same.by_key(contacts.keys)
        merged_ids = same.by_external_key([each for each in ids if each is not None])
        return {
            at
            for at, (key, external) in enumerate(zip(contacts.keys, ids, strict=True))
            if key in keys or external in merged_ids
        }

    def _add_ordinary(
        self,
        contacts: NewContacts,
        seen: SeenContacts,
        source: str,
        *,
        dry_run: bool,
        hopeful: bool,
    ) -> BulkCounts:
        now, last = epoch(self.clock()), self.store.last_number()
        tries = hopeful and self.store.skips_known and not dry_run
        if tries and self.store.add(contacts, now) == len(contacts):
            numbers = range(last + 1, last + 1 + len(contacts))
            self._note_new(numbers, contacts, seen, source, now)
            return BulkCounts(len(contacts), 0, [])
        came = self.store.numbers_after(last) if tries else {}
        known = self.store.known([key for key in contacts.keys if key not in came])
        external = [key for key in contacts.external_keys or () if key is not None]
        found = sort_out(contacts, known, self.store.taken(external), came)
        for number in found.unchanged:
            seen.add(number)
        if found.new and dry_run:
            seen.unsaved.update(contacts.keys[at] for at in found.new)
        elif found.new:
            new = contacts.at(found.new) if len(found.new) < len(contacts) else contacts
            if tries:
                added: Sequence[int] = [came[key] for key in new.keys]
            else:
                added = self.store.add_numbered(new, now, last)
            self._note_new(added, new, seen, source, now)
        return BulkCounts(len(found.new), len(found.unchanged), found.rest)

    def _note_new(
        self,
        numbers: Sequence[int],
        new: NewContacts,
        seen: SeenContacts,
        source: str,
        now: int,
    ) -> None:
        self.store.add_consents(numbers, new, source, self.actor.name, now)
        if any(new.consents):
            self.stores.consents.bump_revision()
        seen.add_range(numbers[0], numbers[-1] - numbers[0] + 1)

    def list_topics(self) -> list[Topic]:
        """What columns of a file may speak of."""
        self.actor.require(Scope.AUDIENCE_WRITE)
        return self.store.list_topics()

    def begin_import(self, content: bytes, source: str) -> tuple[int, int]:
        """The number of this run, and at which row the last one of the same file was interrupted:
        0 if it ended, or never began."""
        self.actor.require(Scope.AUDIENCE_WRITE)
        file_key = self.keys.index("import", content.hex())
        unended = self.store.find_unended(file_key)
        if unended is not None:
            return unended
        return self.store.add_run(file_key, source, epoch(self.clock())), 0

    def note_progress(self, run_no: int, rows: int, *, ended: bool = False) -> None:
        """So many rows of the file are in, by the same unit as the last of them."""
        self.actor.require(Scope.AUDIENCE_WRITE)
        self.store.save_run(run_no, rows, epoch(self.clock()), ended=ended)
