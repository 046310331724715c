"""Figures in words: what is unknown is a dash, never a zero."""

import math

import pytest

from drumbeat.interfaces.web import wording
from drumbeat.interfaces.web.result_page import result_page
from tests.interfaces.web.sample import sample_result, sample_unsent


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (wording.percent(0.2514), "25.1\u202f%"),
        (wording.percent(None), "—"),
        (wording.percent("0.3"), "—"),
        (wording.percent(True), "—"),
        (wording.percent(math.inf), "—"),
        (wording.points(-0.0123), "\u22121.2 points"),
        (wording.count(4612), "4,612"),
        (wording.counted(1, "person"), "1 person"),
        (wording.counted(2, "person"), "2 people"),
        (wording.money(2173.4, "EUR"), "€2,173.40"),
        (wording.money(-5, "SEK"), "\u22125.00 SEK"),
        (wording.money(None, "EUR"), "—"),
        (wording.signed_percent(16.9), "+17\u202f%"),
        (wording.instant("2026-11-02T09:00:00+00:00"), "2 Nov 2026, 09:00 UTC"),
        (wording.instant("soon"), "—"),
        (wording.instant(None), "—"),
        (wording.spoken("{{ contact.first_name | default: 'Hi' }}, x"), "[first name], x"),
        (wording.words("awaiting_approval"), "awaiting approval"),
    ],
)
def test_figures_are_written_for_people(written: str, expected: str) -> None:
    assert written == expected


def test_a_winner_is_named_with_its_evidence() -> None:
    verdict = result_page(sample_result()).verdict
    assert verdict.headline == "“Your table is waiting” won."
    assert "27.3\u202f%, against 23.0\u202f%" in verdict.detail
    assert "95\u202f% interval +1.8 to +6.8" in verdict.detail
    assert verdict.tone == "won"


def test_no_difference_and_not_knowing_are_told_apart() -> None:
    result = sample_result()
    testing = result["ab_testing"] | {"winner": None, "reason": "The interval holds zero."}
    level = result_page(result | {"ab_testing": testing | {"outcome": "no_difference"}}).verdict
    early = result_page(result | {"ab_testing": testing | {"outcome": "inconclusive"}}).verdict
    assert level.headline == "No winner: the variants did about equally well."
    assert early.headline == "It is too early to name a winner."
    assert "The interval holds zero." in level.detail


def test_a_campaign_without_a_test_says_how_it_did() -> None:
    verdict = result_page(sample_result(ab_testing={"enabled": False})).verdict
    assert verdict.headline == "25.1\u202f% opened, 4.1\u202f% clicked."
    assert "against the benchmark" in verdict.detail


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("awaiting_approval", "Waiting for your approval."),
        ("cancelled", "Cancelled."),
        ("something_new", "Nothing has been sent yet."),
    ],
)
def test_before_anything_was_sent_the_state_is_the_verdict(status: str, expected: str) -> None:
    result = sample_unsent()
    result["campaign"] |= {"status": status}
    page = result_page(result)
    assert page.verdict.headline == expected
    assert not page.arms
    assert page.curve is None
    assert page.ledger is None
    assert [figure.value for figure in page.figures[1:]] == ["—"] * 4


def test_sent_but_unanswered_is_too_early() -> None:
    result = sample_unsent()
    result["performance_metrics"]["sent_count"] = 5
    assert result_page(result).verdict.headline == "5 messages sent; too early to say more."


def test_a_result_with_nothing_in_it_is_a_page_without_panels() -> None:
    page = result_page({})
    panels = (page.funnel, page.arms, page.zones, page.segments, page.recommendations)
    assert not any(panels)


def test_every_recipient_and_every_reason_is_counted() -> None:
    ledger = result_page(sample_result()).ledger
    assert ledger is not None
    assert sum(amount for _, amount in ledger.states) == ledger.frozen
    assert ledger.reasons[0] == ("no consent", 301)


def test_variants_share_an_axis_and_only_the_winner_is_marked() -> None:
    page = result_page(sample_result())
    assert [(arm.name, arm.rate, arm.won) for arm in page.arms] == [
        ("A", "23.0\u202f%", False),
        ("B", "27.3\u202f%", True),
    ]
    assert page.arms[0].base == "525 of 2,283"
    assert page.test_method.startswith("Difference +4.3 points")


def test_advice_names_its_evidence() -> None:
    advice = result_page(sample_result()).recommendations
    assert advice[0][1] == "Conversion rate 0.9\u202f%; the mark is 2.0\u202f%."


def test_an_hour_without_anything_is_a_zero_and_not_a_gap() -> None:
    hourly = [{"hour": 3, "opens": 99, "clicks": 1}, {"hour": 30, "opens": 99, "clicks": 0}]
    curve = result_page(sample_result(hourly={"after_send": hourly})).curve
    assert curve is not None
    assert curve.hours[:5] == [(0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 99, 1), (4, 0, 0)]
    assert len(curve.hours) == 36
    assert curve.marks == [0, 9, 18, 27]


def test_a_long_quiet_end_is_not_drawn() -> None:
    hourly = [{"hour": 0, "opens": 990, "clicks": 0}, {"hour": 70, "opens": 1, "clicks": 0}]
    curve = result_page(sample_result(hourly=hourly)).curve
    assert curve is not None
    assert len(curve.hours) == 24


def test_a_finished_test_without_a_winner_is_not_too_early() -> None:
    result = sample_result()
    result["ab_testing"] |= {"winner": None, "outcome": "inconclusive", "decided": True}
    assert result_page(result).verdict.headline == "The test could not name a winner."


def test_a_list_without_counts_still_names_the_winner() -> None:
    verdict = result_page(sample_result(arms=[])).verdict
    assert verdict.headline == "“Your table is waiting” won."


def test_hours_can_be_added_up() -> None:
    curve = result_page(sample_result(), summed=True).curve
    each = result_page(sample_result()).curve
    assert curve is not None
    assert each is not None
    assert curve.hours[-1][1:] == (
        sum(opens for _, opens, _ in each.hours),
        sum(clicks for _, _, clicks in each.hours),
    )
    assert [opens for _, opens, _ in curve.hours] == sorted(opens for _, opens, _ in curve.hours)


def test_a_test_that_nobody_won_says_whether_it_is_over() -> None:
    testing = sample_result()["ab_testing"] | {"winner": None, "reason": "Too few people."}
    early = result_page(sample_result(ab_testing=testing))
    assert early.test_state == ("Too early to say.", "Too few people.")
    over = result_page(sample_result(ab_testing=testing | {"decided": True}))
    assert over.test_state == ("Nobody won.", "Too few people.")
    assert result_page(sample_result()).test_state is None
