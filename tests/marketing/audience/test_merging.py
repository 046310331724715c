"""Merging is the same however often it is repeated, and no order of rows revives a no."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience import Consent, ContactRow, MergePolicy, SeenContacts, ZoneSource
from drumbeat.marketing.audience.merging import Batch, MergePlan, StoredContact, plan_merge

ROWS = st.builds(
    ContactRow,
    address=st.sampled_from(["a@example.com", "b@example.com", "c@example.com"]),
    external_id=st.none() | st.sampled_from(["1", "2"]),
    zone=st.sampled_from(["Europe/Lisbon", "Asia/Tokyo"]),
    zone_source=st.sampled_from([ZoneSource.country, ZoneSource.column]),
    attributes=st.dictionaries(st.sampled_from("xyz"), st.integers(0, 2), max_size=3),
    consent=st.sampled_from(Consent),
)
FILES = st.lists(ROWS, max_size=8)
POLICIES = st.sampled_from(MergePolicy)


def merge(
    stored: dict[bytes, StoredContact],
    rows: list[ContactRow],
    policy: MergePolicy,
    seen: SeenContacts,
) -> MergePlan:
    """What the service does with a plan, on a dictionary."""
    keys = [row.address.encode() for row in rows]
    owners = {c.external_id: key for key, c in stored.items() if c.external_id is not None}
    plan = plan_merge(Batch(rows, keys, dict(stored), owners), policy, seen)
    for key, contact in plan.contacts.items():
        number = contact.contact_no or ContactNo(len(stored) + 1)
        stored[key] = replace(contact, contact_no=number)
        seen.add(number)
    return plan


def run(
    stored: dict[bytes, StoredContact], rows: list[ContactRow], policy: MergePolicy, cut: int
) -> tuple[int, int, int]:
    """One import in two batches; answers added, updated, unchanged."""
    seen = SeenContacts()
    parts = [merge(stored, part, policy, seen).counts for part in (rows[:cut], rows[cut:])]
    return (
        sum(part.added for part in parts),
        sum(part.updated for part in parts),
        sum(part.unchanged for part in parts),
    )


@given(FILES, POLICIES, st.integers(0, 8), st.integers(0, 8))
def test_the_second_run_of_a_file_changes_nothing_wherever_batches_are_cut(
    rows: list[ContactRow], policy: MergePolicy, cut: int, other_cut: int
) -> None:
    rows = [replace(row, external_id=None) for row in rows]
    stored: dict[bytes, StoredContact] = {}
    run(stored, rows, policy, cut)
    before = dict(stored)
    added, updated, _ = run(stored, rows, policy, other_cut)
    assert (added, updated, stored) == (0, 0, before)


@given(FILES, POLICIES, st.integers(0, 8))
def test_every_row_is_counted_once(rows: list[ContactRow], policy: MergePolicy, cut: int) -> None:
    stored: dict[bytes, StoredContact] = {}
    seen = SeenContacts()
    for part in (rows[:cut], rows[cut:]):
        counts = merge(stored, part, policy, seen).counts
        told = counts.added + counts.updated + counts.unchanged + len(counts.refused)
        assert told == len(part)
    external_ids = [c.external_id for c in stored.values() if c.external_id is not None]
    assert len(set(external_ids)) == len(external_ids)


@given(st.permutations([Consent.subscribed, Consent.unsubscribed, Consent.unconfirmed]), POLICIES)
def test_a_no_holds_in_whatever_order_it_is_told(told: list[Consent], policy: MergePolicy) -> None:
    stored: dict[bytes, StoredContact] = {}
    for consent in told:
        run(stored, [ContactRow("a@example.com", consent=consent)], policy, 1)
    assert stored[b"a@example.com"].consent == Consent.unsubscribed
