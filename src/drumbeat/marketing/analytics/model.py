"""The answers about a mailing: what happened, how it compares, and what to do next.

Field names are the contract of `drumbeat workflow email`: rates are fractions, `roi` and
`*_vs_benchmark` percent, money in major units. Figures are None while there is nothing to count.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from drumbeat.kit.ids import MailingNo
from drumbeat.marketing.analytics.metrics import Figure

Grade = Literal["A+", "A", "B+", "B", "C", "D"]
Strength = Literal["high", "medium", "low"]
Quality = Literal["excellent", "good", "needs_improvement"]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What to compare with, and where that comes from."""

    open_rate: float
    click_rate: float
    conversion_rate: float
    unsubscribe_rate: float
    source: str


@dataclass(frozen=True, slots=True)
class Happening:
    """One fact of one contact. No mailing is 0, no link -1; money in minor units.

    `verdict` is "" where nobody judges; `why` explains a verdict or a bounce in words, "" if there
    is nothing to explain.
    """

    at: datetime
    kind: str
    mailing_no: MailingNo
    link_no: int
    by_machine: bool
    verdict: str
    why: str
    value_minor: int
    currency: str
    source: str


@dataclass(frozen=True, slots=True)
class ContactFigures:
    """What one person did in all. Opens and clicks are people's, never machines'.

    `purchases` are distinct orders; `spent` is in minor units by currency, the commonest first.
    """

    opens: int
    clicks: int
    purchases: int
    last_open: datetime | None
    last_click: datetime | None
    last_purchase: datetime | None
    spent: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Headline:
    sent_count: int | None
    open_rate: float | None
    click_rate: float | None
    conversion_rate: float | None
    revenue_generated: float | None


@dataclass(frozen=True, slots=True)
class BenchmarkComparison:
    open_rate_vs_benchmark: float | None
    click_rate_vs_benchmark: float | None
    performance_grade: Grade | None
    benchmark: Benchmark

    @property
    def source(self) -> str:
        return self.benchmark.source


@dataclass(frozen=True, slots=True)
class EngagementAnalysis:
    engagement_strength: Strength | None
    click_to_open_ratio: float | None
    engagement_quality: Quality | None


@dataclass(frozen=True, slots=True)
class RevenueAnalysis:
    """`total_revenue` is in `currency`; what was paid in others stands apart, never added up."""

    total_revenue: float | None
    roi: float | None
    revenue_per_conversion: float | None
    cost: float | None
    currency: str
    other_revenue: Mapping[str, float]
    attribution: str


@dataclass(frozen=True, slots=True)
class Evidence:
    metric: str
    value: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Recommendation:
    text: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class PerformanceAnalysis:
    performance_metrics: Mapping[str, Figure]
    benchmark_comparison: BenchmarkComparison
    engagement_analysis: EngagementAnalysis
    revenue_analysis: RevenueAnalysis
    recommendations: tuple[Recommendation, ...]


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """`share` is of the first step, `step_rate` of the step before; None while unknown."""

    name: str
    n: int
    share: float | None
    step_rate: float | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Recipients with a machine's open or click for one reason; a recipient may have several."""

    kind: str
    reason: str
    why: str
    recipients: int


@dataclass(frozen=True, slots=True)
class CampaignReport:
    mailing_no: MailingNo
    campaign_type: str
    as_of: datetime
    performance_metrics: Headline
    performance_analysis: PerformanceAnalysis
    funnel: tuple[FunnelStep, ...]
    left_out: tuple[LeftOut, ...] = ()

    def as_answer(self) -> dict[str, Any]:
        """Plain dicts, lists and numbers, in the shape of issue 2's answer."""
        answer = asdict(self)
        comparison = answer["performance_analysis"]["benchmark_comparison"]
        comparison["source"] = self.performance_analysis.benchmark_comparison.source
        return answer | {"as_of": self.as_of.isoformat()}


@dataclass(frozen=True, slots=True)
class ArmCounts:
    """One arm's people. `revenue_minor` is over `delivered`; its squares give a variance."""

    arm_no: int
    sent: int
    delivered: int
    opens: int
    clicks: int
    engaged: int
    conversions: int
    unsubscribes: int
    complaints: int
    revenue_minor: int
    revenue_minor_squared: float
    currency: str


@dataclass(frozen=True, slots=True)
class ArmReport:
    mailing_no: MailingNo
    as_of: datetime
    arms: tuple[ArmCounts, ...]


@dataclass(frozen=True, slots=True)
class HourCount:
    hour: int
    opens: int
    clicks: int


@dataclass(frozen=True, slots=True)
class HourlyCurve:
    """Each recipient's first human open and click. `by_local_hour` is empty without zones."""

    mailing_no: MailingNo
    as_of: datetime
    after_send: tuple[HourCount, ...]
    by_utc_hour: tuple[HourCount, ...]
    by_local_hour: tuple[HourCount, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """What the house did altogether; revenue is what mailings earned, by the same attribution."""

    as_of: datetime
    mailings_sent: int
    emails_sent: int
    total_revenue_generated: float | None
    currency: str
    other_revenue: Mapping[str, float]
