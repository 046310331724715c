"""What every figure means: each metric's name, formula and unit, once, for every interface.

People are counted, not requests: opens and clicks are distinct recipients with at least one that
was not judged a machine's. Nothing sent means no figure: None, never zero.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from drumbeat.kit.money import to_major

ATTRIBUTION_DAYS = 7
ATTRIBUTION = (
    "A purchase belongs to the mailing it names; otherwise to the mailing of that contact's last "
    f"human click, if it came within {ATTRIBUTION_DAYS} days before the purchase (last click)."
)

Unit = Literal["count", "fraction", "money"]
Figure = int | float | None


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted over the facts of one mailing, or of one arm of it."""

    sent: int = 0
    bounced: int = 0
    refused: int = 0
    opens: int = 0
    machine_opens: int = 0
    clicks: int = 0
    machine_clicks: int = 0
    engaged: int = 0
    unsubscribes: int = 0
    complaints: int = 0
    conversions: int = 0
    revenue_minor: int = 0
    currency: str = ""
    other_revenue: Mapping[str, float] = field(default_factory=dict)

    @property
    def delivered(self) -> int:
        return self.sent - self.bounced

    @property
    def heard(self) -> bool:
        """Whether anything at all came back from the recipients, by people or machines."""
        came_back = (self.opens, self.machine_opens, self.clicks, self.machine_clicks)
        people = (self.engaged, self.unsubscribes, self.complaints, self.conversions)
        return any((*came_back, *people, self.revenue_minor, self.other_revenue))

    @property
    def revenue(self) -> float:
        return to_major(self.revenue_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    formula: str
    unit: Unit
    of: Callable[[Counts], Figure]


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


METRICS: tuple[Metric, ...] = (
    Metric("sent", "recipients whose message the provider took", "count", lambda c: c.sent),
    Metric(
        "bounced", "recipients with a bounce that was not temporary", "count", lambda c: c.bounced
    ),
    Metric(
        "refused",
        "recipients whose server refused the message at once, so it was never sent; in no rate",
        "count",
        lambda c: c.refused,
    ),
    Metric("delivered", "sent - bounced", "count", lambda c: c.delivered),
    Metric("opens", "recipients with an open not judged a machine's", "count", lambda c: c.opens),
    Metric(
        "machine_opens",
        "recipients with an open by a machine (privacy proxy, scanner); part of no rate",
        "count",
        lambda c: c.machine_opens,
    ),
    Metric("clicks", "recipients with a click not judged a machine's", "count", lambda c: c.clicks),
    Metric(
        "machine_clicks",
        "recipients with a click by a machine; part of no rate",
        "count",
        lambda c: c.machine_clicks,
    ),
    Metric(
        "conversions",
        "recipients with a purchase attributed to the mailing",
        "count",
        lambda c: c.conversions,
    ),
    Metric("unsubscribes", "recipients who unsubscribed by it", "count", lambda c: c.unsubscribes),
    Metric("complaints", "recipients who called it spam", "count", lambda c: c.complaints),
    Metric("delivery_rate", "delivered / sent", "fraction", lambda c: _ratio(c.delivered, c.sent)),
    Metric("bounce_rate", "bounced / sent", "fraction", lambda c: _ratio(c.bounced, c.sent)),
    Metric("open_rate", "opens / delivered", "fraction", lambda c: _ratio(c.opens, c.delivered)),
    Metric("click_rate", "clicks / delivered", "fraction", lambda c: _ratio(c.clicks, c.delivered)),
    Metric(
        "click_to_open_ratio", "clicks / opens", "fraction", lambda c: _ratio(c.clicks, c.opens)
    ),
    Metric(
        "conversion_rate",
        "conversions / delivered",
        "fraction",
        lambda c: _ratio(c.conversions, c.delivered),
    ),
    Metric(
        "engagement_rate",
        "recipients who opened, clicked, replied or forwarded / delivered",
        "fraction",
        lambda c: _ratio(c.engaged, c.delivered),
    ),
    Metric(
        "unsubscribe_rate",
        "unsubscribes / delivered",
        "fraction",
        lambda c: _ratio(c.unsubscribes, c.delivered),
    ),
    Metric(
        "complaint_rate",
        "complaints / delivered",
        "fraction",
        lambda c: _ratio(c.complaints, c.delivered),
    ),
    Metric("revenue_generated", "sum of the attributed purchases", "money", lambda c: c.revenue),
    Metric(
        "revenue_per_email",
        "revenue_generated / sent",
        "money",
        lambda c: _ratio(c.revenue, c.sent),
    ),
    Metric(
        "revenue_per_conversion",
        "revenue_generated / conversions",
        "money",
        lambda c: _ratio(c.revenue, c.conversions),
    ),
)


_OF_REACTIONS = frozenset(
    {
        "open_rate",
        "click_rate",
        "click_to_open_ratio",
        "conversion_rate",
        "engagement_rate",
        "unsubscribe_rate",
        "complaint_rate",
        "revenue_generated",
        "revenue_per_email",
        "revenue_per_conversion",
    }
)
"""Figures that need somebody to have reacted: until then nothing is known, which is not zero."""


def measure(counts: Counts) -> dict[str, Figure]:
    """Every metric of METRICS by name; all None before anything was sent, and those about what
    recipients did None before the first reaction of any of them."""
    return {metric.name: _figure(metric, counts) for metric in METRICS}


def _figure(metric: Metric, counts: Counts) -> Figure:
    known = counts.sent and (counts.heard or metric.name not in _OF_REACTIONS)
    return metric.of(counts) if known else None
