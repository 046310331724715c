"""Figures that a page asks for again and again stay equal to a recount, whatever came between."""

from datetime import timedelta

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine import facts
from drumbeat.kit.actor import SYSTEM_FACTS
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.analytics import CampaignReport
from drumbeat.marketing.analytics.store import AnalyticsStore
from drumbeat.marketing.audience import Consent, ContactRow
from drumbeat.marketing.department import Department
from drumbeat.marketing.events import Fact, Kind
from tests.conftest import MONDAY_9

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
        fresh = AnalyticsStore(department.facts)
        kept = department.analytics.store
        answers = (
            kept.count_mailing(MAILING),
            kept.count_arms(MAILING),
            kept.count_hours(MAILING, None),
            kept.count_all(),
            kept.list_of_contact(ContactNo(1), 50),
        )
        assert answers == (
            fresh.count_mailing(MAILING),
            fresh.count_arms(MAILING),
            fresh.count_hours(MAILING, None),
            fresh.count_all(),
            fresh.list_of_contact(ContactNo(1), 50),
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
        files = department.events.seal(batches)
    with house.begin(SYSTEM_FACTS) as department:
        department.events.adopt(files, batches)
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
