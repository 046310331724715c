"""What the engine counted beforehand equals what the facts say, and is known to be old when it is.

The streams are drawn with a seed: late facts, repeated ones, purchases that name no mailing,
verdicts that neighbours change when facts are folded, sealed and compacted.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine import facts, figures
from drumbeat.engine.loop import Engine
from drumbeat.kit.actor import SYSTEM_FACTS
from drumbeat.kit.errors import NotPermitted
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.analytics.store import AnalyticsStore
from drumbeat.marketing.audience import Consent, ContactRow
from drumbeat.marketing.events import Fact, Kind, Reason, Verdict
from drumbeat.storage.fact_marks import FactMarks
from tests.conftest import MONDAY_9, HandClock
from tests.marketing.events.archiving import archive, compact

MAILINGS = [MailingNo(no) for no in (1, 2, 3)]
KINDS = (
    *[Kind.sent] * 3,
    *[Kind.opened] * 3,
    *[Kind.clicked] * 5,
    *[Kind.purchased] * 3,
    Kind.bounced,
    Kind.replied,
    Kind.unsubscribed,
    Kind.complained,
)


def any_fact(draw: np.random.Generator) -> Fact:
    """Few people, seconds and hours, so that clicks, bursts, windows and purchases meet."""
    kind, mailing_no = KINDS[draw.integers(len(KINDS))], MAILINGS[draw.integers(len(MAILINGS))]
    hours, seconds = (0, 0, 1, 2, 100, 200)[draw.integers(6)], int(draw.integers(6))
    at = MONDAY_9 + timedelta(hours=hours, seconds=seconds)
    more: dict[str, Any] = {"arm_no": int(draw.integers(2))}
    if kind in (Kind.opened, Kind.clicked):
        more["verdict"] = (Verdict.human, Verdict.machine, Verdict.unsure)[draw.integers(3)]
    if kind is Kind.clicked:
        more |= {"link_no": int(draw.integers(4)), "verdict": Verdict.human}
    if kind is Kind.bounced:
        more["reason"] = (Reason.permanent_bounce, Reason.transient_bounce)[draw.integers(2)]
    if kind is Kind.purchased:
        paid, currency = int(draw.integers(-500, 9_000)), ("EUR", "JPY")[draw.integers(2)]
        more |= {"value_minor": paid, "currency": currency}
        mailing_no = mailing_no if draw.random() < 0.2 else MailingNo(0)
    if draw.random() < 0.3:
        more["event_id"] = f"e{draw.integers(30)}"  # some were told before
    return Fact(kind, at, ContactNo(int(draw.integers(1, 5))), mailing_no, source="test", **more)


def record(house: Drumbeat, *told: Fact) -> int:
    with house.begin(house.owner()) as department:
        return department.events.record(list(told)).added


def fold_some(house: Drumbeat, most: int) -> int:
    with house.begin(SYSTEM_FACTS) as department:
        batch = department.events.fold(most)
    return 0 if batch is None else len(batch.facts)


def count_all(house: Drumbeat) -> int:
    counted = 0
    while figures.count(house):
        counted += 1
    return counted


def check(house: Drumbeat) -> None:
    """Nothing is outdated, and every figure is what the facts say, counted by DuckDB."""
    with house.look(SYSTEM_FACTS) as department:
        assert department.analytics.find_outdated() is None
        patient = department.waiting_for_nothing().analytics.store
        for number in MAILINGS:
            fresh = AnalyticsStore(department.facts, FactMarks(department.connection))
            said = fresh.count_facts(number)
            assert patient.count_mailing(number) == said.tally.counts(said.refused)
            assert patient.count_arms(number) == said.tally.arm_counts()
            assert patient.count_hours(number, None)[:2] == said.hours
            assert patient.find_counted_at(number) is None


@pytest.mark.parametrize("seed", [20261102, 7])
def test_counted_figures_equal_the_facts_whatever_happens_to_them(
    house: Drumbeat, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    steps: list[Callable[[], int]] = [
        lambda: record(house, *(any_fact(draw) for _ in range(draw.integers(1, 4)))),
        lambda: fold_some(house, int(draw.integers(1, 5))),
        lambda: archive(house, limit=int(draw.integers(1, 3))),
        lambda: compact(house),
    ]
    for number in MAILINGS:
        record(house, *(replace(any_fact(draw), mailing_no=number) for _ in range(6)))
    for step in steps[:3] * 14:
        step()  # enough files to be made into one
    moved, counted = [0, 0, 0, 0], 0
    for which in draw.permutation([0] * 6 + [1] * 4 + [2] * 3 + [3] * 2):
        moved[which] += steps[which]()
        counted += count_all(house)
        check(house)
    assert all(moved), moved
    assert counted > 6


def of(mailing_no: int, kind: Kind, contact_no: int = 1, hours: int = 0, **more: Any) -> Fact:
    at = MONDAY_9 + timedelta(hours=hours)
    return Fact(kind, at, ContactNo(contact_no), MailingNo(mailing_no), source="test", **more)


def told(house: Drumbeat, mailing_no: int, *, patient: bool) -> tuple[int | float | None, Any]:
    """How many opens, and as of when."""
    with house.look(house.owner()) as department:
        unit = department.waiting_for_nothing() if patient else department
        report = unit.analytics.campaign_report(MailingNo(mailing_no))
    return report.performance_analysis.performance_metrics["opens"], report.as_of


def test_a_reader_who_does_not_wait_is_told_as_of_when(house: Drumbeat, clock: HandClock) -> None:
    record(house, of(1, Kind.sent), of(1, Kind.sent, 2), of(1, Kind.opened))
    assert told(house, 1, patient=True) == (1, MONDAY_9), "never counted: counted now"
    assert figures.count(house)
    later = clock.advance(minutes=5)
    assert told(house, 1, patient=True) == (1, later), "nothing has changed: true now, too"
    record(house, of(1, Kind.opened, 2, hours=1))
    assert told(house, 1, patient=True) == (1, MONDAY_9)
    assert told(house, 1, patient=False) == (2, later), "everybody else is told this moment"
    assert figures.count(house)
    assert told(house, 1, patient=True) == (2, later)


def test_only_mailings_whose_figures_may_have_changed_are_counted_again(house: Drumbeat) -> None:
    def outdated() -> list[int]:
        found: list[int] = []
        while True:
            with house.look(SYSTEM_FACTS) as department:
                number = department.analytics.find_outdated()
            if number is None:
                return found
            found.append(int(number))
            figures.count(house)

    record(house, *(of(no, Kind.sent) for no in (1, 2, 3)), of(1, Kind.clicked, hours=2))
    assert outdated() == [3, 2, 1]
    record(house, of(2, Kind.opened, hours=1), of(2, Kind.clicked, hours=3))
    assert outdated() == [2]
    record(house, of(0, Kind.purchased, hours=4, value_minor=500, currency="EUR"))
    assert sorted(outdated()) == [1, 2]
    while facts.fold(house):
        pass
    archive(house)
    assert outdated() == []


def test_a_worker_that_runs_until_idle_leaves_nothing_uncounted(house: Drumbeat) -> None:
    record(house, *(of(no, Kind.sent) for no in (1, 2, 3)), of(2, Kind.opened, hours=1))
    Engine(house).run(until_idle=True)
    check(house)


def test_who_may_be_mailed_is_counted_beside_the_request_too(
    house: Drumbeat, clock: HandClock
) -> None:
    def people(*, patient: bool) -> tuple[int, int, Any]:
        with house.look(house.owner()) as department:
            unit = department.waiting_for_nothing() if patient else department
            found = unit.audience.count_audience()
        return found.contacts, found.subscribers, found.as_of

    def merge(*addresses: str) -> None:
        rows = [ContactRow(address, consent=Consent.subscribed) for address in addresses]
        with house.begin(house.owner()) as department:
            department.audience.merge_contacts(rows)

    merge("ada@example.com", "bob@example.com")
    assert figures.count(house)
    assert people(patient=True) == people(patient=False) == (2, 2, None)
    clock.advance(minutes=5)
    with house.begin(house.owner()) as department:
        department.audience.withdraw(ContactNo(1), source="test")
    assert people(patient=True) == (2, 2, MONDAY_9)
    assert people(patient=False) == (2, 1, None)
    merge("cleo@example.com")
    assert people(patient=True) == (3, 2, None), "who came is never missing"
    assert figures.count(house)
    assert not figures.count(house)
    assert people(patient=True) == (3, 2, None)


def test_only_the_engine_counts_beforehand(house: Drumbeat) -> None:
    with house.look(house.owner()) as department:
        with pytest.raises(NotPermitted):
            department.analytics.find_outdated()
        with pytest.raises(NotPermitted):
            department.analytics.recount(MailingNo(1))
