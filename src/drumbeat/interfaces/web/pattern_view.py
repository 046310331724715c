"""Groups, the journey and what people will do, as pages tell them: drawn, and as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isnan
from typing import TYPE_CHECKING

from markupsafe import Markup

from drumbeat.interfaces.web import charts, insight_charts, sankey
from drumbeat.interfaces.web.wording import count, money, percent, words
from drumbeat.kit.money import to_major
from drumbeat.marketing.audience import (
    Deed,
    Foretold,
    Grouped,
    Traced,
    gain_in_words,
    reason_in_words,
    structure_in_words,
    trait_in_words,
)

if TYPE_CHECKING:
    from drumbeat.science.segmentation import CalibrationBin, Clusters, Propensity, Validation

DRAWN = 5
"""Moments of a journey that are drawn, the latest; its rates are of all."""
FEATURES: Mapping[str, str] = {
    "active_days": "Days since last active",
    "opened_lately": "Opens in 90 days",
    "clicked_lately": "Clicks in 90 days",
    "orders": "Orders",
    "spent_minor": "Spent",
}
_LEVELS = ((1.75, 4), (1.25, 2), (0.8, 1))
"""A mean that is at least so many times everybody's is shaded so darkly."""


@dataclass(frozen=True)
class Cell:
    """`beside` everybody's mean, in words; `level` 0 to 4 for the eye."""

    value: str
    beside: str
    level: int


@dataclass(frozen=True)
class Group:
    name: str
    people: int
    share: str
    bar: Markup
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Groups:
    until: date
    people: int
    groups: Sequence[Group]
    features: Sequence[str]
    structure: str
    silhouette: float
    stability: float
    tried: Sequence[tuple[int, float]]
    drawing: Markup
    said: str
    reason: str


@dataclass(frozen=True)
class Stage:
    """`rates` a cell for each stage they may stand in one step later."""

    name: str
    css: str
    people: int
    rates: Sequence[Cell]
    median: str
    stays: int
    ended: int


@dataclass(frozen=True)
class JourneyView:
    until: date
    step: int
    people: int
    moments: int
    stages: Sequence[Stage]
    drawing: Markup
    moves: Sequence[tuple[str, str, int]]
    arrivals: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Weight:
    trait: str
    bar: Markup
    more: bool


@dataclass(frozen=True)
class Tenth:
    people: int
    predicted: str
    observed: str
    interval: str


@dataclass(frozen=True)
class Likely:
    until: date
    deed: Deed
    doing: str
    horizon: int
    people: int
    expected: str
    naive: str
    judged: Validation | None
    drawing: Markup
    top: str
    tenths: Sequence[Tenth]
    weights: Sequence[Weight]
    said: str
    reason: str


def groups_view(grouped: Grouped) -> Groups:
    from drumbeat.science.segmentation import Clusters

    behaviour, found = grouped.behaviour, grouped.found
    nothing = Groups(
        behaviour.until, len(behaviour), (), (), "none", 0.0, 0.0, (), Markup(""), "", ""
    )
    if not isinstance(found, Clusters):
        return Groups(**{**vars(nothing), "reason": reason_in_words(found)})
    tried = sorted(found.silhouettes.items())
    chosen = len(found.names)
    bars = [("chosen" if k == chosen else "tried", max(width, 0.0)) for k, width in tried]
    said = "; ".join(f"{k} groups: {width:.2f}" for k, width in tried)
    return Groups(
        until=behaviour.until,
        people=len(behaviour),
        groups=_groups(found, behaviour.currency),
        features=[FEATURES[name] for name in found.features],
        structure=found.structure,
        silhouette=found.silhouette,
        stability=found.stability,
        tried=tried,
        drawing=insight_charts.columns(bars, 1.0, f"Silhouette by number of groups. {said}"),
        said=structure_in_words(found),
        reason="",
    )


def _groups(found: Clusters, currency: str) -> list[Group]:
    import numpy as np

    whole = np.average(found.means, axis=0, weights=found.sizes).tolist()
    people = sum(found.sizes)
    return [
        Group(
            name,
            size,
            percent(size / people),
            charts.bar(size / people, ""),
            [
                _beside(feature, mean, everybody, currency)
                for feature, mean, everybody in zip(found.features, means, whole, strict=True)
            ],
        )
        for name, size, means in zip(found.names, found.sizes, found.means.tolist(), strict=True)
    ]


def _beside(feature: str, mean: float, everybody: float, currency: str) -> Cell:
    if feature == "spent_minor":
        value = money(to_major(round(mean), currency), currency)
    else:
        value = f"{mean:,.0f}" if mean >= 10 else f"{mean:.1f}"
    times = mean / everybody if everybody else 1.0
    level = next((level for least, level in _LEVELS if times >= least), 0)
    return Cell(value, f"{times:.1f} × the average", level)


def journey_view(traced: Traced) -> JourneyView:
    signs, journey = traced.signs, traced.journey
    standing, moves = journey.standing.tolist(), journey.moves.tolist()
    names = [words(stage).capitalize() for stage in journey.stages]
    heads = [f"{day.day} {day:%b}" for day in signs.days[-DRAWN:]]
    rows = [(f"stage-{stage}", name) for stage, name in zip(journey.stages, names, strict=True)]
    steps = len(heads) - 1
    drawing = sankey.draw(
        sankey.lay_out(standing[-DRAWN:], moves[-steps:]), rows, heads, _journey_said(names, traced)
    )
    totals = [
        (names[came], names[went], n)
        for came, row in enumerate(journey.totals.tolist())
        for went, n in enumerate(row)
        if n and came != went
    ]
    arrived = journey.arrivals.sum(axis=0).tolist()
    return JourneyView(
        until=signs.days[-1],
        step=traced.step,
        people=sum(standing[-1]),
        moments=len(signs.days),
        stages=_stages(names, traced),
        drawing=drawing,
        moves=sorted(totals, key=lambda each: -each[2]),
        arrivals=[(name, n) for name, n in zip(names, arrived, strict=True) if n],
    )


def _journey_said(names: Sequence[str], traced: Traced) -> str:
    last = traced.journey.standing[-1].tolist()
    stand = ", ".join(f"{name} {n:,}" for name, n in zip(names, last, strict=True))
    return f"How people moved between stages, every {traced.step} days. Now: {stand}."


def _stages(names: Sequence[str], traced: Traced) -> list[Stage]:
    journey = traced.journey
    return [
        Stage(
            name,
            f"stage-{stage}",
            people,
            [_rate(rate) for rate in rates],
            "" if stay.median is None else f"{count(stay.median * traced.step)} days",
            stay.stays,
            stay.ended,
        )
        for name, stage, people, rates, stay in zip(
            names,
            journey.stages,
            journey.standing[-1].tolist(),
            journey.rates.tolist(),
            journey.stays,
            strict=True,
        )
    ]


def _rate(rate: float) -> Cell:
    if isnan(rate):
        return Cell("—", "", 0)
    level = 0 if rate < 0.005 else 1 if rate < 0.1 else 2 if rate < 0.4 else 3 if rate < 0.8 else 4
    return Cell(percent(rate, 0 if rate >= 0.0995 or not rate else 1), "", level)


def likely_view(told: Foretold) -> Likely:
    from drumbeat.science.segmentation import Propensity

    learnt = told.learnt
    if not isinstance(learnt, Propensity):
        return _likely(told, None, reason_in_words(learnt))
    return _likely(told, learnt, "")


def _likely(told: Foretold, learnt: Propensity | None, reason: str) -> Likely:
    judged = None if learnt is None else learnt.validation
    bins = () if judged is None else judged.calibration
    top = _top(bins)
    return Likely(
        until=told.behaviour.until,
        deed=told.deed,
        doing=told.deed.value,
        horizon=told.horizon,
        people=len(told.behaviour),
        expected="" if learnt is None else count(float(learnt.probability.sum())),
        naive=told.naive,
        judged=judged,
        drawing=_calibration(bins, top),
        top=percent(top, 0 if top >= 0.02 else 1),
        tenths=[_tenth(each) for each in reversed(bins)],
        weights=[] if learnt is None else _weights(learnt.weights),
        said="" if judged is None else gain_in_words(judged, told.naive),
        reason=reason,
    )


def _top(bins: Sequence[CalibrationBin]) -> float:
    highest = max((max(each.predicted, each.interval.high) for each in bins), default=1.0)
    return min(charts.axis_of([0.0, highest]).high, 1.0) or 1.0


def _calibration(bins: Sequence[CalibrationBin], top: float) -> Markup:
    spots = [
        insight_charts.Spot(each.predicted, each.observed, each.interval.low, each.interval.high)
        for each in bins
    ]
    said = "; ".join(f"{percent(s.predicted)} said, {percent(s.observed)} did" for s in spots)
    return insight_charts.calibration(spots, top, f"Forecast against what happened. {said}")


def _tenth(each: CalibrationBin) -> Tenth:
    interval = f"{percent(each.interval.low)} to {percent(each.interval.high)}"
    return Tenth(each.people, percent(each.predicted), percent(each.observed), interval)


def _weights(weights: Mapping[str, float]) -> list[Weight]:
    longest = max((abs(weight) for weight in weights.values()), default=0.0) or 1.0
    ordered = sorted(weights.items(), key=lambda each: -abs(each[1]))
    return [
        Weight(
            trait_in_words(name),
            charts.bar(abs(weight) / longest, "", "bar" if weight > 0 else "bar less"),
            weight > 0,
        )
        for name, weight in ordered
        if abs(weight) >= 0.05
    ]
