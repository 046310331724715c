"""Benchmarks, grades and advice, at their edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.marketing.analytics import METRICS, Counts, benchmark_for, measure
from drumbeat.marketing.analytics.rules import (
    analyse,
    funnel,
    grade,
    quality,
    return_on_investment,
    strength,
)

NEWSLETTER = benchmark_for("newsletter")


def test_every_type_has_its_reference_values() -> None:
    pairs = {
        kind: (benchmark_for(kind).open_rate, benchmark_for(kind).click_rate)
        for kind in ("newsletter", "promotional", "welcome", "retention")
    }
    assert pairs == {
        "newsletter": (0.25, 0.035),
        "promotional": (0.18, 0.022),
        "welcome": (0.45, 0.065),
        "retention": (0.21, 0.026),
    }


@pytest.mark.parametrize(
    ("times", "letter"),
    [(1.5, "A+"), (1.49, "A"), (1.25, "A"), (1.2, "B+"), (1.0, "B"), (0.8, "C"), (0.7, "D")],
)
def test_the_grade_is_the_mean_against_both_benchmarks(times: float, letter: str) -> None:
    opens, clicks = NEWSLETTER.open_rate * times, NEWSLETTER.click_rate * times
    assert grade(opens, clicks, NEWSLETTER) == letter
    assert grade(None, clicks, NEWSLETTER) is None


def test_strength_and_quality_have_exclusive_edges() -> None:
    assert [strength(rate) for rate in (0.26, 0.25, 0.15, None)] == ["high", "medium", "low", None]
    words = [quality(rate) for rate in (0.051, 0.05, 0.02, None)]
    assert words == ["excellent", "good", "needs_improvement", None]


def test_return_needs_a_cost() -> None:
    assert return_on_investment(3.0, 1.0) == 200.0
    assert return_on_investment(0.0, 1.0) == -100.0
    assert return_on_investment(3.0, 0.0) is None


def test_advice_names_what_triggered_it() -> None:
    counts = Counts(sent=1000, opens=199, clicks=28, conversions=20, unsubscribes=6)
    advice = analyse(counts, NEWSLETTER, 0.001).recommendations
    assert [each.evidence.metric for each in advice] == ["open_rate", "unsubscribe_rate"]
    assert advice[0].evidence.threshold == pytest.approx(0.2)
    assert (advice[1].evidence.value, advice[1].evidence.threshold) == (0.006, 0.005)
    assert all(each.text for each in advice)


def test_nothing_is_advised_when_all_is_well() -> None:
    counts = Counts(sent=1000, opens=300, clicks=50, conversions=25, unsubscribes=1)
    assert not analyse(counts, NEWSLETTER, 0.001).recommendations


def test_metric_names_are_unique_and_explained() -> None:
    names = [metric.name for metric in METRICS]
    assert len(names) == len(set(names))
    assert all(metric.formula for metric in METRICS)


@given(st.integers(1, 10**6), st.data())
def test_rates_stay_between_nothing_and_everything(sent: int, data: st.DataObject) -> None:
    bounced = data.draw(st.integers(0, sent))
    opens = data.draw(st.integers(0, sent - bounced))
    clicks = data.draw(st.integers(0, sent - bounced))
    figures = measure(Counts(sent=sent, bounced=bounced, opens=opens, clicks=clicks))
    for name in ("delivery_rate", "bounce_rate", "open_rate", "click_rate"):
        value = figures[name]
        assert value is None or 0 <= value <= 1
    if sent == bounced:
        assert figures["open_rate"] is None


def test_before_anybody_reacted_the_funnel_knows_no_share_of_reactions() -> None:
    steps = {step.name: step for step in funnel(Counts(sent=100, bounced=20))}
    assert (steps["sent"].share, steps["delivered"].share) == (1.0, 0.8)
    for name in ("opened", "clicked", "converted"):
        assert (steps[name].n, steps[name].share, steps[name].step_rate) == (0, None, None)


def test_the_funnel_narrows_from_step_to_step() -> None:
    steps = funnel(Counts(sent=100, bounced=20, opens=40, clicks=10, conversions=0))
    assert [(step.name, step.n) for step in steps] == [
        ("sent", 100),
        ("delivered", 80),
        ("opened", 40),
        ("clicked", 10),
        ("converted", 0),
    ]
    assert [step.step_rate for step in steps] == [1.0, 0.8, 0.5, 0.25, 0.0]
