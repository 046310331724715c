"""Who was mailed under one number and bought under another is one buyer once both are merged."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine import figures
from drumbeat.kit.actor import SYSTEM_FACTS
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.analytics import ArmCounts
from drumbeat.marketing.audience import ContactRow
from drumbeat.marketing.campaigns.merging_contacts import MergeAnswer, merge_contacts
from drumbeat.marketing.events import Fact, Kind
from tests.conftest import MARIA
from tests.marketing.analytics.counting import count
from tests.marketing.analytics.test_report import (
    SEVEN,
    assert_parts_add_up,
    fact,
    random_facts,
    record,
    report,
)
from tests.marketing.delivery.cast import invite, open_frozen, plan_for
from tests.marketing.events.archiving import archive, fold_all

KEEP, OTHER = ContactNo(1), ContactNo(2)


def people(house: Drumbeat, n: int) -> None:
    with house.begin(MARIA) as d:
        d.audience.merge_contacts([ContactRow(f"p{at}@example.com") for at in range(1, n + 1)])


def merge(
    house: Drumbeat, keep: int = KEEP, other: int = OTHER, *, dry_run: bool = False
) -> MergeAnswer:
    units = partial(house.look, MARIA), partial(house.begin, MARIA)
    return merge_contacts(*units, ContactNo(keep), ContactNo(other), dry_run=dry_run)


def arms(house: Drumbeat) -> Sequence[ArmCounts]:
    with house.look(MARIA) as d:
        return d.analytics.store.count_arms(SEVEN)


@pytest.mark.parametrize("named", [0, 7])
def test_a_purchase_under_the_kept_number_is_credited_to_the_mail_to_the_other(
    house: Drumbeat, named: int
) -> None:
    people(house, 3)
    sent = [fact(Kind.sent, 2), fact(Kind.sent, 3), fact(Kind.clicked, 2, hours=1)]
    bought = fact(Kind.purchased, 1, hours=2, mailing=named, value=1_000)
    record(house, [replace(sent[0], arm_no=1), replace(sent[1], arm_no=0), sent[2], bought])
    while figures.count(house):
        pass
    assert [(each.arm_no, each.conversions, each.revenue_minor) for each in arms(house)] == [
        (0, 0, 0),
        (1, 0, 0),
    ]
    merge(house)
    with house.look(SYSTEM_FACTS) as d:
        assert d.analytics.find_outdated() == SEVEN
    assert [(each.arm_no, each.conversions, each.revenue_minor) for each in arms(house)] == [
        (0, 0, 0),
        (1, 1, 1_000),
    ]
    answer = report(house).performance_metrics
    assert (answer.sent_count, answer.revenue_generated) == (2, 10.0)
    with house.look(MARIA) as d:
        assert d.analytics.status().emails_sent == 2


def test_revenue_equals_a_plain_count_by_person_in_random_markets(house: Drumbeat) -> None:
    rng = np.random.default_rng(20261128)
    people(house, 12)
    facts = random_facts(rng, 1, 1)
    third = len(facts) // 3
    record(house, facts[:third])
    fold_all(house, limit=30)
    archive(house, limit=3)
    record(house, facts[third : 2 * third])
    fold_all(house, limit=40)
    record(house, facts[2 * third :])
    merged: dict[int, int] = {}
    for keep, other in ((1, 2), (3, 4), (1, 5), (6, 3)):
        merge(house, keep, other)
        merged = {m: keep if k == other else k for m, k in merged.items()} | {other: keep}
        by_person = [_of_person(each, merged) for each in facts]
        for mailing_no in (1, 2, 3):
            revenue = report(house, mailing_no).performance_analysis.revenue_analysis
            counted = dict(revenue.other_revenue)
            if revenue.currency:
                counted[revenue.currency] = revenue.total_revenue or 0.0
            plain = count(by_person, mailing_no).revenue
            assert counted == {code: minor / 100 for code, minor in plain.items()}
        assert_parts_add_up(house, MailingNo(1))


def _of_person(told: Fact, merged: dict[int, int]) -> Fact:
    number = int(told.contact_no or 0)
    return replace(told, contact_no=ContactNo(merged.get(number, number)))


def test_a_dry_run_says_how_many_planned_messages_are_not_sent(house: Drumbeat) -> None:
    invite(house, 4)
    for _ in range(2):
        open_frozen(house, plan_for(house, 4, later=[9_000] * 4))
    open_frozen(house, plan_for(house, 4, barred={2: "no_consent"}))
    told = merge(house, dry_run=True)
    assert (told.planned, told.merging.done) == (2, False)
    assert merge(house, 3, 4).planned == 3
    done = merge(house)
    assert (done.planned, done.merging.done) == (2, True)
