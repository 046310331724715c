"""What an incoming row does to a contact: pure, and the same however often it is repeated.

Consent only climbs (unconfirmed → subscribed → unsubscribed), so no import revives a no. When one
file names a person twice the first row wins and later rows only fill gaps: the second run of the
same file therefore changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience.model import (
    Attribute,
    Consent,
    ConsentProof,
    ContactRow,
    MergeCounts,
    MergePolicy,
    Refusal,
    SuppressionReason,
    ZoneSource,
)


@dataclass(frozen=True, slots=True)
class StoredContact:
    """A contact as the store keeps it; `contact_no` is None until it was inserted."""

    address_key: bytes
    address: str
    contact_no: ContactNo | None = None
    external_id: str | None = None
    zone: str = ""
    zone_source: ZoneSource = ZoneSource.none
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    consent: int = Consent.unconfirmed
    created_at: int = 0


@dataclass
class SeenContacts:
    """Who was met already in one import: a bit a contact, so a million take 125 kB."""

    bits: bytearray = field(default_factory=bytearray)
    unsaved: set[bytes] = field(default_factory=set)  # of a dry run, whose contacts have no number

    def add(self, contact_no: int) -> None:
        byte = contact_no >> 3
        if byte >= len(self.bits):
            self.bits.extend(bytes(byte + 1024 - len(self.bits)))
        self.bits[byte] |= 1 << (contact_no & 7)

    def add_range(self, first: int, count: int) -> None:
        """`count` contacts whose numbers follow each other."""
        end = first + count
        while first < end and first & 7:
            self.add(first)
            first += 1
        whole = (end - first) >> 3
        if whole > 0:
            self.add(first + 8 * whole - 1)  # makes room
            self.bits[first >> 3 : (first >> 3) + whole] = b"\xff" * whole
        for number in range(first + 8 * max(whole, 0), end):
            self.add(number)

    def __contains__(self, contact_no: int) -> bool:
        byte = contact_no >> 3
        return byte < len(self.bits) and bool(self.bits[byte] & 1 << (contact_no & 7))


@dataclass
class MergePlan:
    """Everything one batch changes, ready to be saved."""

    contacts: dict[bytes, StoredContact] = field(default_factory=dict)
    added: set[bytes] = field(default_factory=set)
    changed: set[bytes] = field(default_factory=set)
    proofs: dict[bytes, ContactRow] = field(default_factory=dict)
    suppressed: dict[bytes, SuppressionReason] = field(default_factory=dict)
    topics: dict[bytes, dict[int, tuple[Consent, ContactRow]]] = field(default_factory=dict)
    counts: MergeCounts = field(default_factory=MergeCounts)


@dataclass(frozen=True)
class Batch:
    """Rows with the key of each, and what the store knows about them."""

    rows: Sequence[ContactRow]
    keys: Sequence[bytes]
    known: Mapping[bytes, StoredContact]
    owners: Mapping[str, bytes]  # external id -> address key
    suppressed: frozenset[bytes] = frozenset()
    topic_states: Mapping[int, Mapping[int, int]] = field(default_factory=dict)  # by contact_no


def plan_merge(batch: Batch, policy: MergePolicy, seen: SeenContacts) -> MergePlan:
    """Decide what each row adds or changes; duplicates inside the batch meet each other."""
    plan = MergePlan()
    owners = dict(batch.owners)
    met: set[bytes] = set()
    outcomes = {"added": 0, "updated": 0, "unchanged": 0}
    refused: list[Refusal] = []
    for index, (row, key) in enumerate(zip(batch.rows, batch.keys, strict=True)):
        if row.external_id is not None and owners.setdefault(row.external_id, key) != key:
            reason = f"external id {row.external_id[:60]!r} belongs to another contact"
            refused.append(Refusal(index, reason))
            continue
        before = plan.contacts.get(key) or batch.known.get(key)
        repeated = key in met or key in seen.unsaved or _was_seen(before, seen)
        met.add(key)
        gentle = repeated and policy is MergePolicy.overwrite
        outcome = _take(plan, row, key, before, MergePolicy.fill if gentle else policy)
        if row.suppress is not None and not (key in batch.suppressed or key in plan.suppressed):
            plan.suppressed[key] = row.suppress
            outcome = "updated" if outcome == "unchanged" else outcome
        if plan_topics(plan, batch, row, key) and outcome == "unchanged":
            outcome = "updated"
        outcomes[outcome] += 1
    plan.counts = MergeCounts(**outcomes, refused=tuple(refused))
    return plan


def _take(
    plan: MergePlan,
    row: ContactRow,
    key: bytes,
    before: StoredContact | None,
    policy: MergePolicy,
) -> str:
    """Put one row into the plan; answers which count it belongs to."""
    fresh = before is None
    if before is None:
        since = row.known_since or row.consented_at
        created = 0 if since is None else epoch(since)
        before = StoredContact(key, row.address, created_at=created)
        policy = MergePolicy.overwrite
    after = merged(before, row, policy)
    if after.consent != before.consent:
        plan.proofs[key] = row
    plan.contacts[key] = after
    if fresh:
        plan.added.add(key)
        return "added"
    if after == before:
        return "unchanged"
    if key not in plan.added:
        plan.changed.add(key)
    return "updated"


def _was_seen(before: StoredContact | None, seen: SeenContacts) -> bool:
    return before is not None and before.contact_no is not None and before.contact_no in seen


def merged(before: StoredContact, row: ContactRow, policy: MergePolicy) -> StoredContact:
    """The contact after the row; equal to `before` when the row brings nothing new."""
    consent = max(before.consent, row.consent)
    if policy is MergePolicy.keep:
        return before if consent == before.consent else replace(before, consent=consent)
    if policy is MergePolicy.fill:
        attributes = {**row.attributes, **before.attributes}
        external_id = before.external_id or row.external_id
        newer = row.zone_source.rank > before.zone_source.rank
    else:
        attributes = {**before.attributes, **row.attributes}
        external_id = row.external_id or before.external_id
        newer = row.zone_source.rank >= before.zone_source.rank and row.zone != ""
    return replace(
        before,
        external_id=external_id,
        zone=row.zone if newer else before.zone,
        zone_source=row.zone_source if newer else before.zone_source,
        attributes=attributes,
        consent=consent,
    )


def said_of_merged(
    rows: Sequence[ContactRow], own: Sequence[bytes], keys: Sequence[bytes]
) -> Sequence[ContactRow]:
    """What a row of a merged address (its `own` key is not whom it means) says of who was kept.

    A no of the person counts. A yes stays with the address that gave it, and that a mailbox is dead
    says nothing of the other one.
    """
    if own == keys:
        return rows
    return [
        row if key == meant else _said_of_merged(row)
        for row, key, meant in zip(rows, own, keys, strict=True)
    ]


def _said_of_merged(row: ContactRow) -> ContactRow:
    consent = row.consent if row.consent is Consent.unsubscribed else Consent.unconfirmed
    suppress = None if row.suppress is SuppressionReason.bounced else row.suppress
    topics = {topic_no: yes for topic_no, yes in (row.topics or {}).items() if not yes}
    return replace(row, consent=consent, suppress=suppress, topics=topics)


def without_merged_ids(
    rows: Sequence[ContactRow], keys: Sequence[bytes], merged: Mapping[str, bytes]
) -> Sequence[ContactRow]:
    """An id that a merged contact had finds whom they became, and never replaces the kept one's."""
    if not merged:
        return rows
    return [
        replace(row, external_id=None) if merged.get(row.external_id or "") == key else row
        for row, key in zip(rows, keys, strict=True)
    ]


def plan_topics(plan: MergePlan, batch: Batch, row: ContactRow, key: bytes) -> bool:
    """Put what a row says of topics into the plan; answers whether it changes anything.

    A no always counts, a yes only where nothing speaks against it.
    """
    if not row.topics:
        return False
    after, planned = plan.contacts[key], plan.topics.setdefault(key, {})
    before = batch.topic_states.get(after.contact_no or 0, {})
    left = key in batch.suppressed or key in plan.suppressed
    barred = left or after.consent == Consent.unsubscribed
    found = {}
    for topic_no, yes in row.topics.items():
        was = planned[topic_no][0] if topic_no in planned else before.get(topic_no, 0)
        wanted = Consent.subscribed if yes else Consent.unsubscribed
        if wanted > was and not (yes and barred):
            found[topic_no] = wanted, row
    planned |= found
    return bool(found)


def topic_proofs(
    plan: MergePlan, numbers: Mapping[bytes, ContactNo], actor: str, now: int
) -> list[ConsentProof]:
    """One for each topic of each contact, from the file that said it."""
    return [
        ConsentProof(
            numbers[key],
            state,
            row.source or "import",
            actor,
            row.consented_at or from_epoch(now),
            topic_no=topic_no,
        )
        for key, said in plan.topics.items()
        for topic_no, (state, row) in said.items()
    ]
