"""What the result page shows, computed from the workflow's answer; the template only places it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from markupsafe import Markup

from drumbeat.interfaces.web import charts
from drumbeat.interfaces.web.best_hours import list_zones, overall_hour
from drumbeat.interfaces.web.reading import part, rows, text
from drumbeat.interfaces.web.variants import (
    Variant,
    measured_variants,
    method_line,
    shown_variants,
    with_unsent,
)
from drumbeat.interfaces.web.verdicts import Verdict, verdict_of
from drumbeat.interfaces.web.wording import (
    UNKNOWN,
    count,
    counted,
    money,
    number_of,
    percent,
    signed_percent,
    words,
)

Result = Mapping[str, object]

LONGEST_CURVE = 72
LEDGER_STATES = ("sent", "planned", "claimed", "suppressed", "failed", "uncertain")


@dataclass(frozen=True)
class Figure:
    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Bar:
    label: str
    amount: str
    share: str
    drawing: Markup
    note: str = ""


@dataclass(frozen=True)
class Curve:
    """`hours` are (label, opens, clicks), for the table that tells the same as the drawing."""

    drawing: Markup
    top: int
    marks: Sequence[int]
    hours: Sequence[tuple[int, int, int]]
    summed: bool


@dataclass(frozen=True)
class Ledger:
    frozen: int
    drawing: Markup
    states: Sequence[tuple[str, int]]
    reasons: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class ResultPage:
    campaign: Result
    verdict: Verdict
    sent: bool
    simulated: bool
    as_of: object
    figures: Sequence[Figure]
    funnel: Sequence[Bar]
    left_out: Sequence[str]
    arms: Sequence[Variant]
    test_method: str
    marks: Sequence[str]
    test_state: tuple[str, str] | None
    curve: Curve | None
    zones: Sequence[tuple[str, str, str]]
    best_time: str
    segments: Sequence[Bar]
    recommendations: Sequence[tuple[str, str]]
    ledger: Ledger | None


def result_page(result: Result, *, summed: bool = False) -> ResultPage:
    """`summed` adds the hours up: the share of all reactions that had come by then."""
    testing, timing = part(result, "ab_testing"), part(result, "send_optimization")
    measured = measured_variants(result)
    heard = part(result, "performance_metrics").get("open_rate") is not None
    arms, marks = shown_variants(measured, testing.get("winner"), heard=heard)
    best = timing.get("mode", "best") == "best"
    return ResultPage(
        campaign=part(result, "campaign"),
        verdict=verdict_of(result, measured),
        sent=bool(part(result, "performance_metrics").get("sent_count")),
        simulated=bool(result.get("simulated")),
        as_of=result.get("as_of"),
        figures=_figures(result),
        funnel=_funnel(rows(result.get("funnel"))),
        left_out=_left_out(rows(result.get("left_out"))),
        arms=with_unsent(arms, testing),
        test_method=method_line(testing) if heard else "",
        marks=marks,
        test_state=_test_state(testing),
        curve=_curve(_hours(result), summed=summed),
        zones=list_zones(timing.get("timezone_specific")) if best else (),
        best_time=overall_hour(timing) if best else "",
        segments=_segments(rows(part(result, "segmentation").get("segment_details"))),
        recommendations=_recommendations(result),
        ledger=_ledger(part(result, "ledger")),
    )


def _figures(result: Result) -> list[Figure]:
    metrics = part(result, "performance_metrics")
    against = part(result, "performance_analysis", "benchmark_comparison")
    deeper = part(result, "performance_analysis", "performance_metrics")
    revenue = part(result, "performance_analysis", "revenue_analysis")
    currency = text(revenue.get("currency"))
    grade = text(against.get("performance_grade"))
    return [
        Figure("Sent", count(metrics.get("sent_count")), _delivered(deeper)),
        Figure("Open rate", percent(metrics.get("open_rate")), _versus(against, "open_rate")),
        Figure("Click rate", percent(metrics.get("click_rate")), _versus(against, "click_rate")),
        Figure(
            "Revenue",
            money(metrics.get("revenue_generated"), currency),
            _each(revenue, currency),
        ),
        Figure("Grade", grade or UNKNOWN, _source(against) if grade else ""),
    ]


def _delivered(metrics: Result) -> str:
    rate = metrics.get("delivery_rate")
    return "" if rate is None else f"{percent(rate)} delivered"


def _versus(against: Result, metric: str) -> str:
    change = against.get(f"{metric}_vs_benchmark")
    return "" if change is None else f"{signed_percent(change)} against the benchmark"


def _source(against: Result) -> str:
    source = text(against.get("source"))
    return f"benchmark: {source}" if source else "opens and clicks against the benchmark"


def _each(revenue: Result, currency: str) -> str:
    each = revenue.get("revenue_per_conversion")
    return "" if each is None else f"{money(each, currency)} a conversion"


def _left_out(machines: Sequence[Result]) -> list[str]:
    """One line a reason: whose opens and clicks are in no rate."""
    acts = {"opened": "opens", "clicked": "clicks"}
    return [
        f"{acts.get(text(row.get('kind')), 'deeds').capitalize()} for "
        f"{counted(row.get('recipients'), 'recipient')}: {text(row.get('why'))}."
        for row in machines
    ]


def _funnel(steps: Sequence[Result]) -> list[Bar]:
    """Each step as a share of the first; unknown before anybody reacted, which is not zero."""
    shown = []
    for step in steps:
        share, label = number_of(step.get("share")), text(step.get("name")).capitalize()
        drawing = charts.bar(share or 0.0, f"{label}: {percent(share)} of sent")
        shown.append(Bar(label, count(step.get("n")), percent(share), drawing))
    return shown


def _hours(result: Result) -> Sequence[Result]:
    return rows(part(result, "hourly").get("after_send") or result.get("hourly"))


def _test_state(testing: Result) -> tuple[str, str] | None:
    """What may be concluded so far, where nobody has won; None before anything was compared."""
    if testing.get("winner") or not testing.get("enabled"):
        return None
    reason = text(testing.get("reason"))
    if testing.get("decided"):
        return "Nobody won.", reason
    return "Too early to say.", reason


def _curve(hourly: Sequence[Result], *, summed: bool) -> Curve | None:
    """From the first hour on; hours without anything are zeros, not gaps."""
    by_hour = {int(number_of(row.get("hour")) or 0): row for row in hourly}
    rows_by_hour = [by_hour.get(hour, {}) for hour in range(LONGEST_CURVE)]
    hours = [
        (hour, int(number_of(row.get("opens")) or 0), int(number_of(row.get("clicks")) or 0))
        for hour, row in enumerate(rows_by_hour)
    ]
    hours = hours[: _eventful([opens + clicks for _, opens, clicks in hours])]
    if summed:
        opened = accumulate(opens for _, opens, _ in hours)
        clicked = accumulate(clicks for _, _, clicks in hours)
        hours = list(zip(range(len(hours)), opened, clicked, strict=True))
    highest = max((max(opens, clicks) for _, opens, clicks in hours), default=0)
    if not highest:
        return None
    top = charts.round_top(highest)
    series = [
        ("opens", [float(opens) for _, opens, _ in hours]),
        ("clicks", [float(clicks) for _, _, clicks in hours]),
    ]
    peak = max(hours, key=lambda hour: hour[1])
    label = f"Opens and clicks by hour; most opens, {peak[1]}, in hour {peak[0]}"
    if summed:
        label = f"Opens and clicks added up; {peak[1]} opens by hour {peak[0]}"
    marks = [len(hours) * quarter // 4 for quarter in range(4)]
    return Curve(charts.curve(series, top, label), int(top), marks, hours, summed)


def _eventful(counts: Sequence[int]) -> int:
    """Half days until 97 of 100 reactions are in, at least one day: a quiet end says little."""
    total, seen = sum(counts), 0
    for hour, amount in enumerate(counts):
        seen += amount
        if seen >= 0.97 * total:
            return max(24, -(-(hour + 1) // 12) * 12)
    return len(counts)


def _segments(details: Sequence[Result]) -> list[Bar]:
    largest = max((number_of(row.get("subscriber_count")) or 0 for row in details), default=0)
    return [
        Bar(
            text(row.get("name")),
            count(row.get("subscriber_count")),
            percent(row.get("engagement_rate")),
            charts.bar((number_of(row.get("subscriber_count")) or 0) / (largest or 1), ""),
            text(row.get("rule")),
        )
        for row in details
    ]


def _recommendations(result: Result) -> list[tuple[str, str]]:
    """Advice and the evidence that triggered it."""
    given = part(result, "performance_analysis").get("recommendations")
    listed = []
    for item in given if isinstance(given, list | tuple) else ():
        if isinstance(item, Mapping):
            listed.append((text(item.get("text")), _evidence(item)))
        else:
            listed.append((text(item), ""))
    return listed


def _figure(value: object) -> str:
    """A count as it is, a rate in percent."""
    return f"{value:,}" if isinstance(value, int) else percent(value)


def _evidence(item: Result) -> str:
    """What was measured and what it was held against."""
    evidence = part(item, "evidence")
    if not evidence:
        return text(item.get("evidence"))
    value, threshold = (_figure(evidence.get(name)) for name in ("value", "threshold"))
    return f"{words(evidence.get('metric')).capitalize()} {value}; the mark is {threshold}."


def _ledger(ledger: Result) -> Ledger | None:
    counts, why = part(ledger, "states"), part(ledger, "reasons")
    states = [(state, int(number_of(counts.get(state)) or 0)) for state in LEDGER_STATES]
    frozen = int(number_of(ledger.get("frozen")) or 0)
    if not frozen:
        return None
    said = ", ".join(f"{amount} {words(state)}" for state, amount in states if amount)
    reasons = [(words(reason), int(number_of(amount) or 0)) for reason, amount in why.items()]
    drawing = charts.stack([(state, float(amount)) for state, amount in states], said)
    return Ledger(frozen, drawing, states, sorted(reasons, key=lambda row: -row[1]))
