"""What customers are worth, as a page tells it: named segments, a forecast, who is leaving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from markupsafe import Markup

from drumbeat.interfaces.web import charts, insight_charts
from drumbeat.interfaces.web.wording import count, money, percent
from drumbeat.kit.ids import ContactNo
from drumbeat.kit.money import to_major
from drumbeat.marketing.audience import (
    Bought,
    Scored,
    SegmentWorth,
    Valuation,
    Valued,
    reason_in_words,
    worth_of_segments,
)

if TYPE_CHECKING:
    from drumbeat.science.experiments import Inconclusive
    from drumbeat.science.value import Holdout

BINS, MOST_LEAVING = 10, 8


@dataclass(frozen=True)
class Line:
    segment: SegmentWorth
    spent: str
    each: str
    people_bar: Markup
    spent_bar: Markup


@dataclass(frozen=True)
class Leaving:
    """`spent` so far; `alive` the chance that they still are a customer."""

    contact_no: ContactNo
    spent: str
    alive: str


@dataclass(frozen=True)
class Forecast:
    horizon: int
    purchases: str
    interval: str
    value: str
    gone: int
    repeat: int
    once: int
    alive: Markup
    alive_counts: Sequence[tuple[str, int]]
    leaving: Sequence[Leaving]


@dataclass(frozen=True)
class Worth:
    """`reason` and `forecast_reason` say why there are no segments, or no forecast."""

    until: date
    customers: int
    spent: str
    lines: Sequence[Line]
    definition: str
    reason: str
    forecast: Forecast | None
    forecast_reason: str
    holdout: Holdout | None


def worth_view(scored: tuple[Bought, Scored | Inconclusive], valued: Valued) -> Worth:
    bought, found = scored
    spent = to_major(round(float(bought.spent.sum())), bought.currency)
    told = isinstance(found, Scored)
    forecast = valued.valued if isinstance(valued.valued, Valuation) else None
    return Worth(
        until=bought.until,
        customers=len(bought),
        spent=money(spent, bought.currency),
        lines=_lines(found) if isinstance(found, Scored) else (),
        definition=found.definition if isinstance(found, Scored) else "",
        reason="" if told else _reason(found),
        forecast=None if forecast is None else _forecast(forecast),
        forecast_reason=_reason(valued.valued) if forecast is None else "",
        holdout=_held_out(valued),
    )


def _reason(found: object) -> str:
    from drumbeat.science.experiments import Inconclusive

    return reason_in_words(found) if isinstance(found, Inconclusive) else ""


def _held_out(valued: Valued) -> Holdout | None:
    from drumbeat.science.value import Holdout

    return valued.before if isinstance(valued.before, Holdout) else None


def _lines(scored: Scored) -> list[Line]:
    currency = scored.buyers.currency
    return [
        Line(
            each,
            money(to_major(each.spent, currency), currency),
            money(to_major(round(each.spent / each.people), currency), currency),
            charts.bar(each.share, "", "bar quiet-bar"),
            charts.bar(each.spent_share, ""),
        )
        for each in worth_of_segments(scored)
    ]


def _forecast(valued: Valuation) -> Forecast:
    import numpy as np

    buyers, interval = valued.buyers, valued.purchases_interval
    again = buyers.frequency > 0
    bins = np.minimum((valued.alive[again] * BINS).astype(int), BINS - 1)
    sizes = np.bincount(bins, minlength=BINS).tolist()
    worth = None
    if valued.value is not None:
        worth = to_major(round(float(valued.value.sum())), buyers.currency)
    return Forecast(
        horizon=valued.horizon,
        purchases=count(float(valued.purchases.sum())),
        interval="" if interval is None else f"{count(interval.low)} to {count(interval.high)}",
        value=money(worth, buyers.currency),
        gone=int((valued.alive[again] < 0.5).sum()),
        repeat=int(again.sum()),
        once=int((~again).sum()),
        alive=_histogram(sizes),
        alive_counts=[(_between(at), n) for at, n in enumerate(sizes)],
        leaving=_leaving(valued),
    )


def _histogram(sizes: Sequence[int]) -> Markup:
    marked = [("gone" if at < BINS // 2 else "alive", float(n)) for at, n in enumerate(sizes)]
    said = "; ".join(f"{_between(at)}: {count(n)}" for at, n in enumerate(sizes) if n)
    return insight_charts.columns(marked, max(sizes) or 1, f"Customers by chance. {said}")


def _between(at: int) -> str:
    return f"{at * 100 // BINS} to {percent((at + 1) / BINS, 0)}"


def _leaving(valued: Valuation) -> list[Leaving]:
    """Those who spent most of everybody who came back once and has probably gone."""
    import numpy as np

    buyers = valued.buyers
    gone = np.flatnonzero((buyers.frequency > 0) & (valued.alive < 0.5) & (buyers.spent > 0))
    dearest = gone[np.argsort(-buyers.spent[gone], kind="stable")][:MOST_LEAVING]
    return [
        Leaving(
            ContactNo(int(buyers.contact_nos[at])),
            money(to_major(round(float(buyers.spent[at])), buyers.currency), buyers.currency),
            percent(float(valued.alive[at]), 0),
        )
        for at in dearest.tolist()
    ]
