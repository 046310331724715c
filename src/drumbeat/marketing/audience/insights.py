"""What an audience is asked as a whole: read in units that a caller opens, worked out after them.

Every way in asks the same of the same days. Dear: nothing here runs inside a unit but the reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Protocol

from drumbeat.marketing.audience.behaviour import BehaviourService
from drumbeat.marketing.audience.buyers import BuyersService
from drumbeat.marketing.audience.deeds import Behaviour, Deed, Signs
from drumbeat.marketing.audience.model import Bought, Buyers
from drumbeat.marketing.audience.patterns import (
    FEW_AND_MANY,
    Foretold,
    foretell,
    group_people,
    trace_stages,
)
from drumbeat.marketing.audience.scoring import Scored, score_buyers
from drumbeat.marketing.audience.units import Opened
from drumbeat.marketing.audience.valuing import Valuation, judge_before, value_buyers

if TYPE_CHECKING:
    from drumbeat.science.experiments import Inconclusive
    from drumbeat.science.segmentation import Clusters, Journey, Validation
    from drumbeat.science.value import Holdout

_STRUCTURE = {
    "strong": "These groups stand clearly apart.",
    "reasonable": "These groups stand apart, with people between them.",
    "weak": "These groups shade into each other: of use to look at, but no natural kinds.",
    "none": "There are no groups here: people differ by degrees, and any line is arbitrary.",
}
_UNSTABLE = "They also come out otherwise when other people are asked: do not build on them."


class ReadingUnit(Protocol):
    @property
    def behaviour(self) -> BehaviourService: ...

    @property
    def buyers(self) -> BuyersService: ...


@dataclass(frozen=True)
class Grouped:
    behaviour: Behaviour
    found: Clusters | Inconclusive


@dataclass(frozen=True)
class Traced:
    """`step` days lie between two moments of `signs`."""

    signs: Signs
    step: int
    journey: Journey


@dataclass(frozen=True)
class Valued:
    """`before` is how the same forecast, made `horizon` days earlier, did."""

    buyers: Buyers
    horizon: int
    valued: Valuation | Inconclusive
    before: Holdout | Inconclusive


def score_audience(
    look: Opened[ReadingUnit], as_of: date | None = None
) -> tuple[Bought, Scored | Inconclusive]:
    """RFM by quintiles."""
    from drumbeat.science.segmentation import RfmCuts

    with look() as unit:
        bought = unit.buyers.read_bought(as_of)
    return bought, score_buyers(bought, RfmCuts())


def value_audience(look: Opened[ReadingUnit], horizon: int, as_of: date | None = None) -> Valued:
    """What buyers will buy and spend in the next `horizon` days."""
    with look() as unit:
        buyers = unit.buyers.read(as_of)
        before = unit.buyers.read(buyers.until - timedelta(days=horizon), ahead=horizon)
    return Valued(buyers, horizon, value_buyers(buyers, horizon), judge_before(before, horizon))


def group_audience(
    look: Opened[ReadingUnit], clusters: int | None = None, as_of: date | None = None
) -> Grouped:
    """Groups of people who behave alike."""
    with look() as unit:
        behaviour = unit.behaviour.read(as_of)
    return Grouped(behaviour, group_people(behaviour, clusters))


def trace_audience(
    look: Opened[ReadingUnit], step: int, moments: int, as_of: date | None = None
) -> Traced:
    """How people move between the stages of the lifecycle."""
    with look() as unit:
        signs = unit.behaviour.read_signs(as_of, step=step, moments=moments)
    return Traced(signs, step, trace_stages(signs))


def foretell_audience(
    look: Opened[ReadingUnit], deed: Deed, horizon: int, as_of: date | None = None
) -> Foretold:
    """How likely each person is to do `deed` in the next `horizon` days."""
    with look() as unit:
        read = unit.behaviour.read
        now = read(as_of, deed=deed)
        days = [now.until - timedelta(days=horizon * back) for back in (2, 1)]
        earlier, later = (read(day, deed=deed, ahead=horizon) for day in days)
    return foretell(earlier, later, now, deed, horizon)


def structure_in_words(found: Clusters) -> str:
    """What silhouette and stability allow to say of groups."""
    said = _STRUCTURE[found.structure]
    return said if found.stable else f"{said} {_UNSTABLE}"


def gain_in_words(judged: Validation, naive: str) -> str:
    """Whether a forecast is worth having beside the plain rule."""
    if judged.worth_it:
        return f"It ranks people better than the plain rule ({naive})."
    return f"It does not surely rank people better than the plain rule: {naive}."


def reason_in_words(found: Inconclusive) -> str:
    """Why an answer is none."""
    reason = found.reason[:1].upper() + found.reason[1:].rstrip(".")
    return f"{reason}: there are {found.observed}, it takes {found.needed}."


def trait_in_words(feature: str) -> str:
    """What somebody with much of a column is called."""
    return FEW_AND_MANY[feature][1]
