"""Folding: every fact in exactly one numbered batch, and every area told in the same unit."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_FACTS, Scope
from drumbeat.kit.errors import NotPermitted
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.audience import Consent, ContactRow, MergePolicy
from drumbeat.marketing.events import Fact, FoldedFact, Kind, Reason, Verdict
from drumbeat.marketing.folds import fold_facts
from tests.conftest import MARIA, HandClock
from tests.marketing.events.archiving import archive, count_facts, fold_all

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def fact(kind: Kind, contact: int = 1, second: int = 0, link: int = -1) -> Fact:
    at = NOON + timedelta(seconds=second)
    return Fact(kind, at, ContactNo(contact), MailingNo(3), link_no=link)


def record(house: Drumbeat, facts: Sequence[Fact]) -> None:
    with house.begin(MARIA) as department:
        department.events.record(facts)


def test_every_fact_is_folded_exactly_once_in_its_order(house: Drumbeat) -> None:
    record(house, [replace(fact(Kind.viewed), value_minor=n) for n in range(250)])
    seen: list[FoldedFact] = []
    numbers: list[int] = []
    while True:
        with house.begin(SYSTEM_FACTS) as department:
            batch = department.events.fold(100)
        if batch is None:
            break
        numbers.append(batch.batch_no)
        seen.extend(batch.facts)
    assert [each.value_minor for each in seen] == list(range(250))
    assert numbers == [1, 2, 3]


def test_batch_numbers_are_never_given_twice(house: Drumbeat) -> None:
    record(house, [fact(Kind.viewed)])
    fold_all(house)
    archive(house)
    record(house, [fact(Kind.viewed)])
    with house.begin(SYSTEM_FACTS) as department:
        batch = department.events.fold()
    assert batch is not None
    assert batch.batch_no == 2


def test_a_fold_that_fails_moves_nothing(house: Drumbeat) -> None:
    record(house, [fact(Kind.viewed)])

    def fold_and_fail() -> None:
        with house.begin(SYSTEM_FACTS) as department:
            assert department.events.fold()
            department.actor.require(Scope.ACCOUNTS_WRITE)

    with pytest.raises(NotPermitted):
        fold_and_fail()
    with house.begin(SYSTEM_FACTS) as department:
        batch = department.events.fold()
    assert batch is not None
    assert len(batch.facts) == 1


def test_only_the_folder_may_fold(house: Drumbeat) -> None:
    guest = replace(MARIA, scopes=frozenset())
    with pytest.raises(NotPermitted), house.begin(guest) as department:
        department.events.fold()


def test_a_burst_across_two_batches_is_a_machines_at_last(house: Drumbeat) -> None:
    record(house, [fact(Kind.clicked, second=9, link=n) for n in (1, 2, 3)])
    fold_all(house, limit=2)
    assert verdicts(house) == [1, 1, 2]  # the first two were folded before their neighbour came
    archive(house)
    assert verdicts(house) == [2, 2, 2]


def test_a_click_that_outran_its_send_is_a_machines_once_both_are_archived(house: Drumbeat) -> None:
    record(house, [fact(Kind.clicked, second=1, link=1)])
    fold_all(house)
    record(house, [fact(Kind.sent), fact(Kind.clicked, second=60, link=1)])
    fold_all(house)
    archive(house)
    assert verdicts(house) == [1, 2]


def verdicts(house: Drumbeat) -> list[int]:
    query = f"SELECT verdict FROM facts WHERE kind = {Kind.clicked:d} ORDER BY verdict"
    with house.look(MARIA) as department, department.facts.open() as duck:
        return [verdict for (verdict,) in duck.execute(query).fetchall()]


def test_archiving_is_due_when_batches_are_many_or_old(house: Drumbeat, clock: HandClock) -> None:
    def due() -> bool:
        with house.look(SYSTEM_FACTS) as department:
            return department.events.archive_due()

    assert not due()
    record(house, [fact(Kind.viewed)] * 100)
    fold_all(house, limit=2)
    assert not due()
    clock.advance(minutes=10)
    assert due()
    archive(house)
    assert not due()
    record(house, [fact(Kind.viewed)] * 100)
    fold_all(house, limit=1)
    assert due()


@pytest.fixture
def people(house: Drumbeat) -> dict[str, ContactNo]:
    names = ["anna", "ben", "cleo", "dora", "emil"]
    rows = [ContactRow(f"{name}@example.com", consent=Consent.subscribed) for name in names]
    with house.begin(MARIA) as department:
        department.audience.merge_contacts(rows, MergePolicy.overwrite)
        numbers = department.audience.contact_numbers([row.address for row in rows])
    return {name: numbers[f"{name}@example.com"] for name in names}


def test_refusals_reach_the_audience_whoever_reported_them(
    house: Drumbeat, people: dict[str, ContactNo]
) -> None:
    bounce = fact(Kind.bounced)
    record(
        house,
        [
            replace(fact(Kind.unsubscribed), contact_no=people["anna"]),
            replace(fact(Kind.complained), contact_no=people["ben"]),
            replace(bounce, contact_no=people["cleo"], reason=Reason.permanent_bounce),
            replace(bounce, contact_no=people["dora"], reason=Reason.transient_bounce),
            replace(fact(Kind.complained), contact_no=ContactNo(999)),  # erased since
        ],
    )
    with house.begin(SYSTEM_FACTS) as department:
        assert fold_facts(department) == 5
    with house.begin(SYSTEM_FACTS) as department:
        assert fold_facts(department) == 0
    with house.look(MARIA) as department:
        permissions = department.audience.permissions(list(people.values()))
    assert {name: permissions[no].reason for name, no in people.items()} == {
        "anna": "unsubscribed",
        "ben": "suppressed:complained",
        "cleo": "suppressed:bounced",
        "dora": "",
        "emil": "",
    }
    assert count_facts(house)[0] == 5


def test_peoples_engagement_is_counted_by_their_local_hour(house: Drumbeat) -> None:
    row = ContactRow("anna@example.com", zone="Asia/Kolkata", consent=Consent.subscribed)
    with house.begin(MARIA) as department:
        department.audience.merge_contacts([row], MergePolicy.overwrite)
        anna = department.audience.contact_numbers([row.address])[row.address]
    opened = replace(fact(Kind.opened), contact_no=anna)
    record(house, [opened, opened, replace(opened, verdict=Verdict.machine)])
    with house.begin(SYSTEM_FACTS) as department:
        fold_facts(department)
    with house.look(MARIA) as department:
        hours = department.timing.store.list_hours()
    assert {zone: counts.tolist() for zone, counts in hours.items()} == {
        "Asia/Kolkata": [2 if hour == 17 else 0 for hour in range(24)]
    }
