"""How the variants of a test are shown: each one's rate with its interval, on a shared axis.

Counts are those the test was judged by (`ab_testing.counts`), else analytics' counts by arm
(`arms`). Intervals are Wilson's at the test's own confidence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from drumbeat.interfaces.web import charts
from drumbeat.interfaces.web.reading import part, rows, text
from drumbeat.interfaces.web.wording import UNKNOWN, count, number_of, percent, points, spoken

Result = Mapping[str, object]

SUCCESSES = {
    "open_rate": "opens",
    "click_rate": "clicks",
    "engagement_rate": "engaged",
    "conversion_rate": "conversions",
}


@dataclass(frozen=True)
class Measured:
    """One variant as it was counted."""

    name: str
    value: str
    successes: int
    delivered: int
    low: float
    rate: float
    high: float


@dataclass(frozen=True)
class Variant:
    """Before the first reaction its rate is unknown, with no interval and no drawing."""

    name: str
    value: str
    rate: str
    interval: str
    base: str
    won: bool
    drawing: Markup


def measured_variants(result: Result) -> list[Measured]:
    """Those that were delivered to somebody; none while nothing was."""
    testing = part(result, "ab_testing")
    if not testing.get("enabled"):
        return []
    confidence = number_of(testing.get("confidence_level")) or 0.95
    measured = []
    for arm_no, arm in enumerate(rows(testing.get("arms"))):
        delivered, successes = _counts(result, arm_no)
        if 0 < delivered >= successes:
            low, rate, high = _interval(successes, delivered, confidence)
            name, value = text(arm.get("name")), spoken(arm.get("value"))
            measured.append(Measured(name, value, successes, delivered, low, rate, high))
    return measured


def shown_variants(
    measured: list[Measured], winner: object, *, heard: bool = True
) -> tuple[list[Variant], Sequence[str]]:
    """The rows of the panel, and the marks of the axis they share, from left to right.

    `heard`: somebody reacted to the campaign. Until then a rate is unknown, which is not zero.
    """
    if not heard:
        return [_unheard(arm) for arm in measured], ()
    if not measured:
        return [], ()
    axis = charts.axis_of([end for arm in measured for end in (arm.low, arm.high)])
    places = 0 if axis.step >= 0.01 else 1
    marks = [percent(mark, places) for mark in axis.marks]
    return [_shown(arm, axis, winner) for arm in measured], marks


def with_unsent(variants: list[Variant], testing: Result) -> list[Variant]:
    """Once somebody got one, all of the design in its order, with 0 for one nobody got."""
    if not variants:
        return []
    known = {variant.name: variant for variant in variants}
    return [known.get(text(arm.get("name"))) or _unsent(arm) for arm in rows(testing.get("arms"))]


def _unsent(arm: Result) -> Variant:
    name, value = text(arm.get("name")), spoken(arm.get("value"))
    return Variant(name, value, UNKNOWN, "", count(0), won=False, drawing=Markup())


def first_comparison(testing: Result) -> Result:
    """The comparison with the control that decides: the winner's, or the first."""
    compared = rows(testing.get("comparisons"))
    decisive = [row for row in compared if row.get("treatment") == testing.get("winner")]
    return next(iter([*decisive, *compared]), {})


def method_line(testing: Result) -> str:
    """Difference, method and p-value in a line; empty before there are any."""
    comparison = first_comparison(testing)
    if number_of(comparison.get("difference")) is None:
        return ""
    said = [f"Difference {points(comparison['difference'])}", text(comparison.get("method"))]
    chance = number_of(comparison.get("p_value"))
    if chance is not None:
        said.append("p < 0.001" if chance < 0.001 else f"p = {chance:.3f}")
    return " · ".join(filter(None, said))


def _counts(result: Result, arm_no: int) -> tuple[int, int]:
    """Delivered and succeeded; zeros when nobody counted this arm."""
    testing = part(result, "ab_testing")
    judged = rows(testing.get("counts"))
    if arm_no < len(judged):
        found, key = judged[arm_no], "successes"
    else:
        counted = (row for row in rows(result.get("arms")) if row.get("arm_no") == arm_no)
        found, key = next(counted, {}), SUCCESSES.get(text(testing.get("metric")), "opens")
    return int(number_of(found.get("delivered")) or 0), int(number_of(found.get(key)) or 0)


def _shown(arm: Measured, axis: charts.Axis, winner: object) -> Variant:
    span = f"{percent(arm.low)} to {percent(arm.high)}"
    label = f"Variant {arm.name}: {percent(arm.rate)}, interval {span}"
    return Variant(
        name=arm.name,
        value=arm.value,
        rate=percent(arm.rate),
        interval=span,
        base=f"{count(arm.successes)} of {count(arm.delivered)}",
        won=winner is not None and arm.name == winner,
        drawing=charts.intervals(arm.low, arm.rate, arm.high, axis, label),
    )


def _unheard(arm: Measured) -> Variant:
    base = count(arm.delivered)
    return Variant(arm.name, arm.value, UNKNOWN, "", base, won=False, drawing=Markup())


def _interval(successes: int, delivered: int, confidence: float) -> tuple[float, float, float]:
    from drumbeat.science.experiments import Counts
    from drumbeat.science.experiments.frequentist import wilson

    counts = Counts(trials=delivered, successes=successes)
    interval = wilson(counts, confidence=confidence)
    return interval.low, counts.rate, interval.high
