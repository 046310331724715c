"""How answers about people's behaviour look: every figure with what it was judged by."""

from collections.abc import Mapping
from dataclasses import asdict
from itertools import pairwise
from math import isnan

from pydantic import Field

from drumbeat.interfaces.api.people_lines import Row
from drumbeat.interfaces.api.shape import Shape
from drumbeat.kit.json_objects import JsonObject
from drumbeat.kit.money import to_major
from drumbeat.marketing.audience import (
    Alike,
    Behaviour,
    Contact,
    Engagement,
    Foretold,
    Grouped,
    Traced,
    gain_in_words,
    reason_in_words,
    structure_in_words,
)
from drumbeat.science.experiments import Inconclusive
from drumbeat.science.segmentation import (
    Clusters,
    Journey,
    Propensity,
    Validation,
)

_WHY = Field(description="Why there is no answer, where there is none.")


class ClustersAnswer(Shape):
    as_of: str = Field(json_schema_extra={"format": "date"})
    people: int
    clusters: list[JsonObject] = Field(description="Name, people, share and means; largest first.")
    silhouette: float | None = Field(description="From -1 to 1: how far groups stand apart.")
    silhouettes: dict[str, float] = Field(description="Of each number of groups that was tried.")
    stability: float | None = Field(
        description="The mean adjusted Rand index with the groups of half of the people: 1 is the "
        "same groups, 0 what chance alone gives."
    )
    structure: str | None = Field(description="strong, reasonable, weak or none.")
    in_words: str | None
    reason: str | None = _WHY


class PropensityAnswer(Shape):
    as_of: str = Field(json_schema_extra={"format": "date"})
    label: str = Field(description="`forecast`: nothing here has happened yet.")
    deed: str
    horizon_days: int
    people: int
    expected: float | None = Field(description="How many of them will do it, on average.")
    weights: dict[str, float] | None = Field(
        description="In log odds for one spread more of the column's logarithm."
    )
    validation: JsonObject | None = Field(
        description="The same forecast of the stretch before, against what then happened."
    )
    naive: str = Field(description="The ranking without a model that stands beside it.")
    in_words: str | None
    reason: str | None = _WHY


class LookalikesAnswer(Shape):
    as_of: str = Field(json_schema_extra={"format": "date"})
    segment: str
    members: int
    people: int = Field(description="Everybody else, who can be ranked.")
    found: float | None = Field(description="The share of hidden members in the front tenth.")
    found_naive: float | None = Field(description="The same by latest activity alone.")
    lift: float | None = Field(description="`found` over a tenth; 1 is what chance gives.")
    weights: dict[str, float] | None
    reason: str | None = _WHY


class JourneyAnswer(Shape):
    as_of: str = Field(json_schema_extra={"format": "date"})
    step_days: int
    days: list[str]
    stages: list[str]
    standing: list[JsonObject] = Field(description="People in each stage at each day.")
    moves: list[JsonObject] = Field(
        description="People who stood in `from` at one day and in `to` at the next; a null `from` "
        "is who was first heard of between the two."
    )
    rates: dict[str, dict[str, float | None]] = Field(
        description="The share of a stage's people who stand in each stage one step later."
    )
    stays: dict[str, JsonObject] = Field(
        description="How long people stay, in days, by Kaplan and Meier, of stays whose beginning "
        "was seen; null until half of them have left."
    )


class EngagementAnswer(Shape):
    as_of: str = Field(json_schema_extra={"format": "date"})
    contact_id: str
    score: float = Field(description="From 0 up to, but never reaching, 1.")
    level: str
    points: float
    parts: list[JsonObject] = Field(
        description="Each kind of deed: how often, the last day, and the points left of it today."
    )
    definition: str


def engagement_answer(contact_id: str, found: Engagement) -> JsonObject:
    parts = [asdict(each) | {"last": each.last.isoformat()} for each in found.deeds]
    return {
        "as_of": found.as_of.isoformat(),
        "contact_id": contact_id,
        "score": found.score,
        "level": found.level,
        "points": found.points,
        "parts": parts,
        "definition": found.definition,
    }


def clusters_answer(grouped: Grouped) -> JsonObject:
    behaviour, found = grouped.behaviour, grouped.found
    answer: JsonObject = {"as_of": behaviour.until.isoformat(), "people": len(behaviour)}
    if isinstance(found, Inconclusive):
        nothing = ("silhouette", "stability", "structure", "in_words")
        return {
            **answer, "clusters": [], "silhouettes": {}, **dict.fromkeys(nothing),
            "reason": reason_in_words(found),
        }  # fmt: skip
    return {
        **answer,
        "clusters": _groups(behaviour, found),
        "silhouette": found.silhouette,
        "silhouettes": {str(number): width for number, width in found.silhouettes.items()},
        "stability": found.stability,
        "structure": found.structure,
        "in_words": structure_in_words(found),
        "reason": None,
    }


def cluster_row(found: Clusters) -> Row:
    def row(at: int, who: Contact) -> JsonObject:
        return _named(who) | {"cluster": found.names[found.codes[at]]}

    return row


def propensity_answer(told: Foretold) -> JsonObject:
    learnt = told.learnt
    answer: JsonObject = {
        "as_of": told.behaviour.until.isoformat(),
        "label": "forecast",
        "deed": told.deed.value,
        "horizon_days": told.horizon,
        "people": len(told.behaviour),
        "naive": told.naive,
    }
    if isinstance(learnt, Inconclusive):
        nothing = ("expected", "weights", "validation", "in_words")
        return {**answer, **dict.fromkeys(nothing), "reason": reason_in_words(learnt)}
    return {
        **answer,
        "expected": float(learnt.probability.sum()),
        "weights": dict(learnt.weights),
        "validation": _validation(learnt.validation),
        "in_words": gain_in_words(learnt.validation, told.naive),
        "reason": None,
    }


def propensity_row(learnt: Propensity) -> Row:
    def row(at: int, who: Contact) -> JsonObject:
        return _named(who) | {"probability": round(float(learnt.probability[at]), 6)}

    return row


def lookalikes_answer(segment: str, alike: Alike) -> JsonObject:
    found = alike.found
    answer: JsonObject = {
        "as_of": alike.until.isoformat(),
        "segment": segment,
        "members": alike.members,
        "people": alike.others,
    }
    if isinstance(found, Inconclusive):
        nothing = ("found", "found_naive", "lift", "weights")
        return {**answer, **dict.fromkeys(nothing), "reason": reason_in_words(found)}
    return {
        **answer,
        "found": found.found,
        "found_naive": found.found_naive,
        "lift": found.lift,
        "weights": dict(found.weights),
        "reason": None,
    }


def likeness_row(alike: Alike) -> Row:
    def row(at: int, who: Contact) -> JsonObject:
        return _named(who) | {"likeness": round(float(alike.likeness[at]), 6)}

    return row


def journey_answer(traced: Traced) -> JsonObject:
    signs, step, journey = traced.signs, traced.step, traced.journey
    stages, days = journey.stages, [day.isoformat() for day in signs.days]
    rates = {
        stage: {to: None if isnan(rate) else rate for to, rate in zip(stages, row, strict=True)}
        for stage, row in zip(stages, journey.rates.tolist(), strict=True)
    }
    return {
        "as_of": days[-1],
        "step_days": step,
        "days": days,
        "stages": list(stages),
        "standing": [
            {"day": day} | dict(zip(stages, row, strict=True))
            for day, row in zip(days, journey.standing.tolist(), strict=True)
        ],
        "moves": _moves(days, journey),
        "rates": rates,
        "stays": {
            stage: {
                "stays": stay.stays,
                "ended": stay.ended,
                "median_days": None if stay.median is None else stay.median * step,
            }
            for stage, stay in zip(stages, journey.stays, strict=True)
        },
    }


def _named(who: Contact) -> JsonObject:
    return {"email": who.address, "external_id": who.external_id}


def _groups(behaviour: Behaviour, found: Clusters) -> list[JsonObject]:
    groups: list[JsonObject] = []
    for name, size, means in zip(found.names, found.sizes, found.means.tolist(), strict=True):
        shown = dict(zip(found.features, means, strict=True))
        if (spent := shown.pop("spent_minor", None)) is not None:
            shown["spent"] = float(to_major(round(spent), behaviour.currency))
        groups.append(
            {"name": name, "people": size, "share": size / len(behaviour), "means": shown}
        )
    return groups


def _validation(judged: Validation) -> JsonObject:
    return {
        **{name: value for name, value in asdict(judged).items() if name not in _INTERVALS},
        "gain": [judged.gain.low, judged.gain.high],
        "calibration": [
            {
                "people": each.people,
                "predicted": each.predicted,
                "observed": each.observed,
                "interval": [each.interval.low, each.interval.high],
            }
            for each in judged.calibration
        ],
    }


_INTERVALS = ("gain", "calibration")


def _moves(days: list[str], journey: Journey) -> list[JsonObject]:
    moves: list[JsonObject] = []
    for step, (began, ended) in enumerate(pairwise(days)):
        arrived: Mapping[str, int] = dict(
            zip(journey.stages, journey.arrivals[step].tolist(), strict=True)
        )
        pairs: list[tuple[str | None, str, int]] = [(None, to, n) for to, n in arrived.items()]
        for stage, row in zip(journey.stages, journey.moves[step].tolist(), strict=True):
            pairs += [(stage, to, n) for to, n in zip(journey.stages, row, strict=True)]
        moves += [
            {"began": began, "ended": ended, "from": came, "to": to, "people": n}
            for came, to, n in pairs
            if n
        ]
    return moves
