"""Figures that a page asks for again and again stay equal to a recount, whatever came between."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine import facts
from drumbeat.kit.actor import SYSTEM_FACTS
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.analytics import CampaignReport
from drumbeat.marketing.analytics.store import AnalyticsStore
from drumbeat.marketing.audience import Consent, ContactRow
from drumbeat.marketing.department import Department
from drumbeat.marketing.events import Fact, Kind
from drumbeat.storage.fact_marks import FactMarks, fact_mark
from drumbeat.storage.kept import Kept
from drumbeat.storage.warehouse import FactReader
from tests.conftest import MONDAY_9
from tests.marketing.events.archiving import archive, compact

MAILING = MailingNo(1)


def fact(kind: Kind, contact_no: int, minutes: int = 0, **more: object) -> Fact:
    at = MONDAY_9 + timedelta(minutes=minutes)
    return Fact(kind, at, ContactNo(contact_no), MAILING, arm_no=0, source="test", **more)  # type: ignore[arg-type]


def record(house: Drumbeat, *told: Fact) -> None:
    with house.begin(house.owner()) as department:
        department.events.record(list(told))


def shown(house: Drumbeat) -> tuple[object, ...]:
    """What a page is told, after it was checked against counting everything again."""
    with house.look(house.owner()) as department:
        fresh = AnalyticsStore(department.facts, FactMarks(department.connection))
        kept = department.analytics.store
        answers = (
            kept.count_mailing(MAILING),
            kept.count_arms(MAILING),
            kept.count_hours(MAILING, None),
            kept.count_all(),
            kept.contacts.list_rows(ContactNo(1), 50),
        )
        assert answers == (
            fresh.count_mailing(MAILING),
            fresh.count_arms(MAILING),
            fresh.count_hours(MAILING, None),
            fresh.count_all(),
            fresh.contacts.list_rows(ContactNo(1), 50),
        )
    return answers


def test_kept_figures_equal_a_recount_after_every_step_of_a_fact(house: Drumbeat) -> None:
    """Recorded, folded into a batch, sealed into a file: each moves what figures are kept for."""
    empty = shown(house)
    record(house, fact(Kind.sent, 1), fact(Kind.sent, 2))
    sent = shown(house)
    assert sent != empty
    record(house, fact(Kind.opened, 1, 5))
    assert shown(house) == shown(house) != sent
    while facts.fold(house):
        shown(house)
    record(house, fact(Kind.purchased, 1, 9, value_minor=4_900, currency="EUR"))
    bought = shown(house)
    facts.fold(house)
    with house.look(SYSTEM_FACTS) as department:
        batches = department.events.read_batches()
        sealed = department.events.seal(batches)
    with house.begin(SYSTEM_FACTS) as department:
        department.events.adopt(sealed, batches)
    assert shown(house)[:4] == bought[:4]


def test_what_was_rolled_back_is_in_no_figure(house: Drumbeat) -> None:
    record(house, fact(Kind.sent, 1))
    before = shown(house)

    def look_and_fail(department: Department) -> CampaignReport:
        department.events.record([fact(Kind.opened, 1, 1)])
        department.analytics.campaign_report(MAILING, "newsletter")
        raise RuntimeError("the unit fails")

    with pytest.raises(RuntimeError), house.begin(house.owner()) as department:
        look_and_fail(department)
    assert shown(house) == before
    record(house, fact(Kind.clicked, 1, 1))
    assert shown(house) != before


def test_the_audiences_sums_follow_every_change(house: Drumbeat) -> None:
    def counts() -> tuple[int, int]:
        with house.look(house.owner()) as department:
            found = department.audience.count_audience()
            return found.contacts, found.subscribers

    def merge(address: str, consent: Consent) -> None:
        with house.begin(house.owner()) as department:
            department.audience.merge_contacts([ContactRow(address, consent=consent)])

    assert counts() == (0, 0)
    merge("ada@example.com", Consent.subscribed)
    assert counts() == counts() == (1, 1)
    merge("bob@example.com", Consent.unconfirmed)
    assert counts() == (2, 1)
    with house.begin(house.owner()) as department:
        [ada] = department.audience.contact_numbers(["ada@example.com"]).values()
        department.audience.withdraw(ada, source="test")
    assert counts() == (2, 0)


MAILINGS = [MailingNo(no) for no in (1, 2, 3)]


def any_fact(draw: np.random.Generator) -> Fact:
    """Few people and few hours, so that clicks, bursts and purchases meet; some come late."""
    kinds = (Kind.sent, Kind.opened, *[Kind.clicked] * 5, *[Kind.purchased] * 3)
    kind, mailing_no = kinds[draw.integers(len(kinds))], MAILINGS[draw.integers(len(MAILINGS))]
    hours, seconds = (0, 0, 1, 2, 200)[draw.integers(5)], int(draw.integers(6))
    at = MONDAY_9 + timedelta(hours=hours, seconds=seconds)
    more: dict[str, Any] = {}
    if kind is Kind.clicked:
        more = {"link_no": int(draw.integers(4))}
    if kind is Kind.purchased:
        more = {"value_minor": int(draw.integers(1, 9_000)), "currency": "EUR"}
        mailing_no = mailing_no if draw.random() < 0.2 else MailingNo(0)
    contact_no = ContactNo(int(draw.integers(1, 3)))
    return Fact(kind, at, contact_no, mailing_no, source="test", **more)


def fold_some(house: Drumbeat, most: int) -> int:
    with house.begin(SYSTEM_FACTS) as department:
        batch = department.events.fold(most)
    return 0 if batch is None else len(batch.facts)


def test_kept_figures_equal_a_recount_whatever_happens_to_facts(house: Drumbeat) -> None:
    """Late clicks and purchases, verdicts changed by neighbours when folded, sealed, compacted."""
    draw = np.random.default_rng(20261102)

    def record_some() -> int:
        record(house, any_fact(draw))
        return 1

    steps: list[Callable[[], int]] = [
        record_some,
        lambda: fold_some(house, int(draw.integers(1, 5))),
        lambda: archive(house, limit=int(draw.integers(1, 3))),
        lambda: compact(house),
    ]
    for _ in MAILINGS:
        record(house, *(any_fact(draw) for _ in range(4)))
    for step in steps[:3] * 9:
        step()  # nearly enough files to be made into one
    kept, moved = Kept(), [0, 0, 0, 0]
    for _ in range(40):
        which = int(draw.choice(4, p=(0.45, 0.25, 0.2, 0.1)))
        moved[which] += steps[which]()
        with house.look(house.owner()) as department:
            marks = FactMarks(department.connection)
            known = AnalyticsStore(department.facts, marks, kept)
            fresh = AnalyticsStore(department.facts, marks)
            for mailing_no in MAILINGS:
                assert known.count_mailing(mailing_no) == fresh.count_mailing(mailing_no)
                assert known.count_arms(mailing_no) == fresh.count_arms(mailing_no)
                assert known.count_hours(mailing_no, None) == fresh.count_hours(mailing_no, None)
    assert all(moved), moved


def test_facts_of_one_mailing_leave_the_figures_of_the_others_alone(house: Drumbeat) -> None:
    kept, opened = Kept(), list[MailingNo]()

    def look(mailing_no: MailingNo) -> int:
        """How often the facts were opened to show the mailing."""
        opened.clear()
        with house.look(house.owner()) as department:
            was = department.facts

            def pending() -> object:
                opened.append(mailing_no)
                return was.pending()

            facts = FactReader(was.connection, was.files, pending, was.pending_mark)
            store = AnalyticsStore(facts, FactMarks(department.connection), kept)
            store.count_mailing(mailing_no)
            store.count_hours(mailing_no, None)
        return len(opened)

    def all_shown() -> list[int]:
        return [look(mailing_no) for mailing_no in MAILINGS]

    def of(mailing_no: int, kind: Kind, hours: int, contact_no: int = 1, **more: Any) -> Fact:
        at, no = MONDAY_9 + timedelta(hours=hours), MailingNo(mailing_no)
        return Fact(kind, at, ContactNo(contact_no), no, source="test", **more)

    record(house, *(of(no, Kind.sent, 0) for no in MAILINGS), of(1, Kind.clicked, 2))
    assert all_shown() == [1, 1, 1]
    assert all_shown() == [0, 0, 0]
    record(house, of(2, Kind.opened, 1), of(2, Kind.clicked, 3))
    assert all_shown() == [0, 1, 0]
    record(house, of(0, Kind.purchased, 4, value_minor=500, currency="EUR"))
    assert all_shown() == [1, 1, 0]
    record(house, of(3, Kind.clicked, 5))
    assert all_shown() == [0, 0, 1]
    record(house, of(3, Kind.clicked, 3))
    assert all_shown() == [1, 1, 1]
    while facts.fold(house):
        pass
    archive(house)
    assert all_shown() == [0, 0, 0]


def test_a_verdict_that_changes_late_moves_whose_purchase_it_is(house: Drumbeat) -> None:
    """The click on 2 took the purchase from 1 until its neighbours showed it was a scanner's."""
    kept = Kept()

    def earned() -> list[int]:
        with house.look(house.owner()) as department:
            store = AnalyticsStore(department.facts, FactMarks(department.connection), kept)
            return [store.count_mailing(no).revenue_minor for no in MAILINGS[:2]]

    def of(mailing_no: int, kind: Kind, hours: int, link_no: int = -1, **more: Any) -> Fact:
        at, no = MONDAY_9 + timedelta(hours=hours), MailingNo(mailing_no)
        return Fact(kind, at, ContactNo(1), no, link_no=link_no, source="test", **more)

    record(house, of(1, Kind.sent, 0), of(2, Kind.sent, 0), of(1, Kind.clicked, 1, 0))
    record(house, of(0, Kind.purchased, 9, value_minor=500, currency="EUR"))
    fold_some(house, 9)
    with house.database.begin() as connection:
        connection.execute(delete(fact_mark))  # a house may have older facts than marks
    assert earned() == [500, 0]
    for link_no in range(3):
        record(house, of(2, Kind.clicked, 2, link_no))
        assert earned() == [0, 500]
        fold_some(house, 9)
        record(house, of(3, Kind.opened, 3))
        fold_some(house, 9)  # a batch between two clicks: their fold does not see each other
    assert earned() == [0, 500]
    archive(house)
    assert earned() == [500, 0]
