"""How answers about buyers look: money in major units, a forecast called one."""

from collections.abc import Callable
from dataclasses import asdict

from pydantic import Field

from drumbeat.interfaces.api.shape import Shape
from drumbeat.kit.json_objects import JsonObject
from drumbeat.kit.money import to_major
from drumbeat.marketing.audience import (
    Bought,
    Buyers,
    Contact,
    Scored,
    SegmentWorth,
    Valuation,
    Valued,
    worth_of_segments,
)
from drumbeat.science.experiments import Inconclusive
from drumbeat.science.value import GammaGamma, Holdout

FORECAST = "forecast"


class RfmAnswer(Shape):
    as_of: str = Field(json_schema_extra={"format": "date"})
    definition: str | None
    currency: str | None
    customers: int
    cut_points: dict[str, list[float] | None]
    segments: dict[str, int]
    scores: dict[str, int] = Field(description="How many buyers have each score, such as 555.")
    worth: list[JsonObject] = Field(
        description="Each segment's people and what they spent, with their shares, the one that "
        "spent most first, and what is usually done with it."
    )
    reason: str | None = Field(description="Why nobody is scored yet, where nobody is.")


class ValueAnswer(Shape):
    as_of: str = Field(json_schema_extra={"format": "date"})
    label: str = Field(description="`forecast`: nothing here has happened yet.")
    horizon_days: int
    customers: int
    repeat_customers: int
    currency: str | None
    model: JsonObject | None = Field(description="BG/NBD as fitted, in days; null: see `reason`.")
    spend_model: JsonObject | None = Field(description="Gamma-Gamma as fitted, in major units.")
    expected_purchases: JsonObject | None
    expected_value: float | None
    holdout: JsonObject | None = Field(
        description="The same forecast made `horizon_days` earlier, against what then happened and "
        "against recency alone; null where there was too little before that day."
    )
    reason: str | None = Field(description="Why there is no forecast, where there is none.")


def rfm_answer(buyers: Bought, scored: Scored | Inconclusive) -> JsonObject:
    known = {
        "as_of": buyers.until.isoformat(),
        "currency": buyers.currency or None,
        "customers": len(buyers),
    }
    if not isinstance(scored, Scored):
        nothing: JsonObject = {"definition": None, "cut_points": {}, "segments": {}, "scores": {}}
        return known | nothing | {"worth": []} | {"reason": _why(scored)}
    points = dict(scored.cut_points)
    money = points["monetary"]
    if money is not None:
        points["monetary"] = tuple(to_major(round(each), buyers.currency) for each in money)
    return known | {
        "definition": scored.definition,
        "reason": None,
        "cut_points": {name: None if of is None else list(of) for name, of in points.items()},
        "segments": {name: n for name, n in scored.segments.sizes().items() if n},
        "scores": scored.cells(),
        "worth": [_worth(each, buyers.currency) for each in worth_of_segments(scored)],
    }


def _worth(segment: SegmentWorth, currency: str) -> JsonObject:
    return asdict(segment) | {"spent": to_major(segment.spent, currency)}


def rfm_row(scored: Scored) -> Callable[[int, Contact], JsonObject]:
    buyers, scores, names = scored.buyers, scored.scores, scored.segments.names
    codes = scored.segments.codes

    def row(at: int, who: Contact) -> JsonObject:
        return {
            "email": who.address,
            "external_id": who.external_id,
            "recency_days": int(buyers.recency_days[at]),
            "frequency": int(buyers.orders[at]),
            "monetary": to_major(int(buyers.spent[at]), buyers.currency),
            "r": int(scores.recency[at]),
            "f": int(scores.frequency[at]),
            "m": int(scores.monetary[at]),
            "segment": names[codes[at]],
        }

    return row


def value_answer(of: Valued) -> JsonObject:
    buyers, horizon, valued, before = of.buyers, of.horizon, of.valued, of.before
    told = isinstance(valued, Valuation)
    return {
        "as_of": buyers.until.isoformat(),
        "label": FORECAST,
        "horizon_days": horizon,
        "customers": len(buyers),
        "repeat_customers": int((buyers.frequency > 0).sum()),
        "currency": buyers.currency or None,
        **(_forecast(valued) if isinstance(valued, Valuation) else _none()),
        "holdout": _judged(buyers, horizon, before) if isinstance(before, Holdout) else None,
        "reason": None if told else _why(valued),
    }


def value_row(valued: Valuation) -> Callable[[int, Contact], JsonObject]:
    buyers = valued.buyers

    def row(at: int, who: Contact) -> JsonObject:
        worth = None
        if valued.value is not None:
            worth = to_major(round(float(valued.value[at])), buyers.currency)
        return {
            "email": who.address,
            "external_id": who.external_id,
            "frequency": int(buyers.frequency[at]),
            "recency": int(buyers.recency[at]),
            "t": int(buyers.age[at]),
            "alive": round(float(valued.alive[at]), 6),
            "expected_purchases": round(float(valued.purchases[at]), 6),
            "expected_value": worth,
        }

    return row


def _forecast(valued: Valuation) -> JsonObject:
    model, spending, currency = valued.model, valued.spending, valued.buyers.currency
    interval = valued.purchases_interval
    fitted = {name: getattr(model, name) for name in ("r", "alpha", "a", "b", "log_likelihood")}
    spend = None
    if isinstance(spending, GammaGamma):
        money = to_major(1, currency)
        spend = {
            "name": "Gamma-Gamma",
            "p": spending.p,
            "q": spending.q,
            "v": spending.v * money,
            "customers": spending.customers,
        }
    worth = None if valued.value is None else round(float(valued.value.sum()))
    return {
        "model": {"name": "BG/NBD", **fitted},
        "spend_model": spend,
        "expected_purchases": {
            "total": float(valued.purchases.sum()),
            "interval": None if interval is None else [interval.low, interval.high],
            "confidence": 0.9,
            "interval_of": "the mean, from what is uncertain of the parameters",
        },
        "expected_value": None if worth is None else to_major(worth, currency),
    }


def _none() -> JsonObject:
    return dict.fromkeys(("model", "spend_model", "expected_purchases", "expected_value"))


def _judged(buyers: Buyers, horizon: int, before: Holdout) -> JsonObject:
    return {"days": horizon, "until": buyers.until.isoformat(), **asdict(before)}


def _why(problem: object) -> str:
    assert isinstance(problem, Inconclusive)
    return f"{problem.reason} There are {problem.observed}, and it takes {problem.needed}."
