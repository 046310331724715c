"""The report's numbers equal a plain count over raw facts, wherever the facts lie."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.errors import NotPermitted
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.analytics import METRICS, REFERENCE, CampaignReport, HourCount
from drumbeat.marketing.analytics.store import AnalyticsStore
from drumbeat.marketing.events import Fact, Kind, Reason, Verdict
from drumbeat.storage.fact_marks import FactMarks
from tests.conftest import GUEST, MARIA, MONDAY_9
from tests.marketing.analytics.counting import Plain, count
from tests.marketing.events.archiving import archive, fold_all

NINE = datetime(2026, 11, 2, 9, tzinfo=UTC)
SEVEN = MailingNo(7)


def record(house: Drumbeat, facts: Sequence[Fact]) -> None:
    with house.begin(MARIA) as department:
        department.events.record(facts)


def report(house: Drumbeat, mailing_no: int = 7, kind: str = "newsletter") -> CampaignReport:
    with house.look(MARIA) as department:
        return department.analytics.campaign_report(MailingNo(mailing_no), kind)


def fact(kind: Kind, contact: int = 1, hours: float = 0, mailing: int = 7, value: int = 0) -> Fact:
    currency = "EUR" if value else ""
    at = NINE + timedelta(hours=hours)
    return Fact(
        kind, at, ContactNo(contact), MailingNo(mailing), value_minor=value, currency=currency
    )


def random_facts(rng: np.random.Generator, first_contact: int, first_mailing: int) -> list[Fact]:
    """A small crowd with three mailings, every kind, ties, refunds and machines.

    Clicks name no link and lie off the sends' seconds, so that no neighbour changes a verdict.
    """
    facts = []
    for _ in range(int(rng.integers(60, 240))):
        kind = Kind(int(rng.choice([1, 1, 1, 2, 3, 4, 4, 5, 5, 6, 8, 8, 9, 10])))
        hours, mailing = int(rng.integers(0, 24 * 14)), int(rng.integers(0, 4))
        second = 0 if kind == Kind.sent else 30
        facts.append(
            Fact(
                kind,
                NINE + timedelta(hours=hours, seconds=second),
                ContactNo(first_contact + int(rng.integers(0, 12))),
                MailingNo(first_mailing + mailing - 1 if mailing else 0),
                value_minor=int(rng.integers(-200, 5_000)) if kind == Kind.purchased else 0,
                currency=str(rng.choice(["EUR", "USD"])) if kind == Kind.purchased else "",
                verdict=Verdict(int(rng.choice([1, 1, 2, 3]))),
                reason=Reason(int(rng.choice([0, 20, 21])))
                if kind == Kind.bounced
                else Reason.none,
            )
        )
    return facts


def assert_same(answer: CampaignReport, plain: Plain) -> None:
    figures = answer.performance_analysis.performance_metrics
    if not plain.sent:
        assert set(figures.values()) == {None}
        return
    assert figures["sent"] == plain.sent
    names = ["bounced", "refused", "opens", "machine_opens", "clicks", "machine_clicks"]
    for name in [*names, "unsubscribes", "complaints", "conversions"]:
        assert figures[name] == plain.n(name), name
    delivered = plain.sent - plain.n("bounced")
    assert figures["delivered"] == delivered
    rate = plain.n("engaged") / delivered if delivered else None
    assert figures["engagement_rate"] == rate
    revenue = answer.performance_analysis.revenue_analysis
    counted = dict(revenue.other_revenue)
    if revenue.currency:
        counted[revenue.currency] = revenue.total_revenue or 0.0
    assert counted == {code: minor / 100 for code, minor in plain.revenue.items()}


def test_every_figure_equals_a_plain_count_in_random_markets(house: Drumbeat) -> None:
    rng = np.random.default_rng(20261102)
    for market in range(5):
        first_contact, first_mailing = 1 + market * 50, 1 + market * 10
        facts = random_facts(rng, first_contact, first_mailing)
        third = len(facts) // 3
        record(house, facts[:third])
        fold_all(house, limit=int(rng.integers(5, 50)))
        archive(house, limit=3)
        record(house, facts[third : 2 * third])
        fold_all(house, limit=40)
        record(house, facts[2 * third :])
        for mailing_no in range(first_mailing, first_mailing + 3):
            assert_same(report(house, mailing_no), count(facts, mailing_no))
        assert_parts_add_up(house, MailingNo(first_mailing))


def assert_parts_add_up(house: Drumbeat, mailing_no: MailingNo) -> None:
    """A mailing too large for the memory is counted in parts, with the same answer."""
    with house.look(MARIA) as department:
        marks = FactMarks(department.connection)
        whole = AnalyticsStore(department.facts, marks)
        parts = AnalyticsStore(department.facts, marks, facts_a_part=10)
        assert parts.count_mailing(mailing_no) == whole.count_mailing(mailing_no)
        assert parts.count_hours(mailing_no, None) == whole.count_hours(mailing_no, None)


def test_an_import_that_tells_again_what_was_sent_halves_no_rate(house: Drumbeat) -> None:
    record(house, [fact(Kind.sent), fact(Kind.opened), replace(fact(Kind.sent), source="import")])
    figures = report(house).performance_metrics
    assert (figures.sent_count, figures.open_rate) == (1, 1.0)


def test_buyers_whom_nothing_was_sent_bring_revenue_but_no_conversion(house: Drumbeat) -> None:
    bought = [fact(Kind.purchased, contact, value=1_000) for contact in (2, 3, 4)]
    record(house, [fact(Kind.sent, 1), *bought])
    figures = report(house).performance_metrics
    assert (figures.conversion_rate, figures.revenue_generated) == (0.0, 30.0)


def test_mail_that_others_sent_is_not_counted_as_ours(house: Drumbeat) -> None:
    record(house, [fact(Kind.sent), fact(Kind.sent, 2, mailing=0)])
    with house.look(MARIA) as department:
        assert department.analytics.status().emails_sent == 1


def test_before_anything_is_sent_every_figure_is_none(house: Drumbeat) -> None:
    record(house, [fact(Kind.opened), fact(Kind.purchased, value=500)])
    answer = report(house).as_answer()
    assert set(answer["performance_metrics"].values()) == {None}
    analysis = answer["performance_analysis"]
    assert set(analysis["performance_metrics"].values()) == {None}
    assert analysis["benchmark_comparison"]["performance_grade"] is None
    assert analysis["engagement_analysis"]["engagement_strength"] is None
    assert analysis["revenue_analysis"]["roi"] is None
    assert not analysis["recommendations"]
    assert not answer["funnel"]


def test_before_anybody_reacted_rates_are_none_and_then_they_are_measured(house: Drumbeat) -> None:
    record(house, [fact(Kind.sent), fact(Kind.sent, 2)])
    early = report(house)
    assert early.performance_metrics.sent_count == 2
    assert early.performance_metrics.open_rate is None
    assert early.performance_metrics.revenue_generated is None
    assert early.performance_analysis.performance_metrics["delivery_rate"] == 1.0
    assert early.performance_analysis.benchmark_comparison.performance_grade is None
    assert not early.performance_analysis.recommendations
    record(house, [fact(Kind.unsubscribed)])
    assert report(house).performance_metrics.open_rate == 0.0


def test_the_answer_has_the_promised_names(house: Drumbeat) -> None:
    record(house, [fact(Kind.sent)])
    answer = report(house).as_answer()
    names = {"sent_count", "open_rate", "click_rate", "conversion_rate", "revenue_generated"}
    assert set(answer["performance_metrics"]) == names
    analysis = answer["performance_analysis"]
    assert {"delivery_rate", "revenue_per_email"} <= set(analysis["performance_metrics"])
    assert set(analysis["performance_metrics"]) == {metric.name for metric in METRICS}
    comparison = analysis["benchmark_comparison"]
    assert {"open_rate_vs_benchmark", "click_rate_vs_benchmark"} <= set(comparison)
    assert comparison["source"] == REFERENCE == "reference value, unsourced"
    assert {"engagement_strength", "click_to_open_ratio", "engagement_quality"} == set(
        analysis["engagement_analysis"]
    )
    assert {"total_revenue", "roi", "revenue_per_conversion"} <= set(analysis["revenue_analysis"])
    assert answer["as_of"] == NINE.isoformat()


def test_a_worked_example(house: Drumbeat) -> None:
    sent = [fact(Kind.sent, contact) for contact in range(1, 101)]
    opened = [fact(Kind.opened, contact, 2) for contact in range(1, 31)]
    clicked = [fact(Kind.clicked, contact, 3) for contact in range(1, 6)]
    bought = [fact(Kind.purchased, 1, 4, mailing=0, value=4_000)]
    record(house, [*sent, *opened, *clicked, *bought])
    analysis = report(house).performance_analysis
    assert analysis.performance_metrics["open_rate"] == 0.30
    assert analysis.performance_metrics["click_rate"] == 0.05
    assert analysis.benchmark_comparison.open_rate_vs_benchmark == pytest.approx(20)
    assert analysis.benchmark_comparison.click_rate_vs_benchmark == pytest.approx(42.857, abs=1e-3)
    assert analysis.benchmark_comparison.performance_grade == "A"  # (1.2 + 1.4286) / 2 = 1.31
    assert analysis.engagement_analysis.engagement_strength == "high"
    assert analysis.engagement_analysis.engagement_quality == "needs_improvement"
    assert analysis.revenue_analysis.total_revenue == 40.0
    assert analysis.revenue_analysis.cost == pytest.approx(0.1)
    assert analysis.revenue_analysis.roi == pytest.approx(39_900)
    [advice] = analysis.recommendations
    assert (advice.evidence.metric, advice.evidence.value, advice.evidence.threshold) == (
        "conversion_rate",
        0.01,
        0.02,
    )


def test_a_purchase_belongs_to_the_last_click_within_seven_days(house: Drumbeat) -> None:
    record(
        house,
        [
            fact(Kind.sent),
            fact(Kind.sent, mailing=8),
            fact(Kind.clicked, hours=1),
            fact(Kind.clicked, hours=2, mailing=8),
            fact(Kind.purchased, hours=2 + 7 * 24, mailing=0, value=100),
            fact(Kind.purchased, hours=3 + 7 * 24, mailing=0, value=1_000),
            fact(Kind.purchased, hours=400, mailing=7, value=10_000),
        ],
    )
    assert report(house, 8).performance_metrics.revenue_generated == 1.0
    assert report(house, 7).performance_metrics.revenue_generated == 100.0


def test_arms_are_counted_by_where_the_contact_was_sent(house: Drumbeat) -> None:
    sent = [
        Fact(Kind.sent, NINE, ContactNo(contact), SEVEN, arm_no=contact % 2)
        for contact in range(1, 11)
    ]
    later = [fact(Kind.opened, 1, 1), fact(Kind.opened, 3, 1), fact(Kind.clicked, 2, 1)]
    bought = [fact(Kind.purchased, 3, 2, value=300), fact(Kind.purchased, 3, 3, value=400)]
    record(house, [*sent, *later, *bought])
    with house.look(MARIA) as department:
        answer = department.analytics.arm_counts(SEVEN)
    zero, one = answer.arms
    assert (zero.arm_no, zero.delivered, zero.opens, zero.clicks, zero.conversions) == (
        0,
        5,
        0,
        1,
        0,
    )
    assert (one.arm_no, one.delivered, one.opens, one.clicks, one.conversions) == (1, 5, 2, 0, 1)
    assert (one.revenue_minor, one.revenue_minor_squared) == (700, 490_000.0)
    assert answer.as_of == NINE


def test_hours_are_counted_after_the_send_and_on_the_wall_clock(house: Drumbeat) -> None:
    record(
        house,
        [
            fact(Kind.sent, 1),
            fact(Kind.sent, 2),
            fact(Kind.opened, 1, 0.5),
            fact(Kind.opened, 1, 30),  # a second open of the same person
            fact(Kind.opened, 2, 25),
            fact(Kind.clicked, 2, 25.5),
        ],
    )
    zones = {ContactNo(1): "America/New_York", ContactNo(2): "Asia/Kolkata"}
    with house.look(MARIA) as department:
        curve = department.analytics.hourly(SEVEN, zones)
    assert curve.after_send == (HourCount(0, 1, 0), HourCount(25, 1, 1))
    assert curve.by_utc_hour == (HourCount(9, 1, 0), HourCount(10, 1, 1))
    assert curve.by_local_hour == (HourCount(4, 1, 0), HourCount(15, 1, 0), HourCount(16, 0, 1))


def test_the_totals_add_up_over_mailings(house: Drumbeat) -> None:
    with house.look(MARIA) as department:
        assert department.analytics.status().total_revenue_generated is None
    record(
        house,
        [
            fact(Kind.sent),
            fact(Kind.sent, mailing=8),
            fact(Kind.sent, 2, mailing=8),
            fact(Kind.purchased, mailing=7, value=100),
            fact(Kind.purchased, mailing=8, value=50),
            fact(Kind.purchased, 2, mailing=0, value=9_999),  # clicked nothing: nobody earned it
        ],
    )
    with house.look(MARIA) as department:
        totals = department.analytics.status()
    assert (totals.mailings_sent, totals.emails_sent) == (2, 3)
    assert (totals.total_revenue_generated, totals.currency) == (1.5, "EUR")


def test_figures_need_their_scope(house: Drumbeat) -> None:
    with pytest.raises(NotPermitted), house.look(GUEST) as department:
        department.analytics.campaign_report(SEVEN)


def test_machines_deeds_are_told_by_reason_and_only_of_who_was_sent_to(house: Drumbeat) -> None:
    def deed(contact: int, kind: Kind, agent: str, link: int = -1) -> Fact:
        at = MONDAY_9 + timedelta(minutes=contact)
        return Fact(kind, at, ContactNo(contact), MailingNo(5), link_no=link, user_agent=agent)

    sends = [Fact(Kind.sent, MONDAY_9, ContactNo(no), MailingNo(5)) for no in (1, 2, 3)]
    deeds = [deed(no, Kind.opened, "Mozilla/5.0") for no in (1, 2, 2, 9)]
    deeds += [deed(3, Kind.opened, "curl/8.16.0"), deed(3, Kind.clicked, "curl/8.16.0", 0)]
    with house.begin(MARIA) as department:
        department.events.record([*sends, *deeds])
    with house.look(MARIA) as department:
        report = department.analytics.campaign_report(MailingNo(5))
        nothing = department.analytics.campaign_report(MailingNo(0))
    assert [(each.kind, each.reason, each.recipients) for each in report.left_out] == [
        ("opened", "apple_privacy_proxy", 2),
        ("opened", "program", 1),
        ("clicked", "program", 1),
    ]
    assert all(each.why for each in report.left_out)
    assert nothing.left_out == ()
