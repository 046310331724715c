"""How figures are judged: reference benchmarks, grades, and what makes advice.

Every number here is a reference value, not a result, and is labelled so wherever it is shown.
"""

from collections.abc import Mapping

from drumbeat.marketing.analytics.metrics import ATTRIBUTION, Counts, Figure, measure
from drumbeat.marketing.analytics.model import (
    Benchmark,
    BenchmarkComparison,
    EngagementAnalysis,
    Evidence,
    FunnelStep,
    Grade,
    Headline,
    PerformanceAnalysis,
    Quality,
    Recommendation,
    RevenueAnalysis,
    Strength,
)

REFERENCE = "reference value, unsourced"
CONVERSION_BENCHMARK = 0.015
UNSUBSCRIBE_BENCHMARK = 0.002

_OPEN_AND_CLICK = {
    "newsletter": (0.25, 0.035),
    "promotional": (0.18, 0.022),
    "welcome": (0.45, 0.065),
}
_OTHER_OPEN_AND_CLICK = (0.21, 0.026)
_GRADES: tuple[tuple[float, Grade], ...] = (
    (1.5, "A+"),
    (1.25, "A"),
    (1.1, "B+"),
    (0.9, "B"),
    (0.75, "C"),
)
_OF_DELIVERY = ("sent", "delivered")
_SHORTFALL = 0.8
_LEAST_CONVERSION = 0.02
_MOST_UNSUBSCRIBES = 0.005


def benchmark_for(campaign_type: str) -> Benchmark:
    opens, clicks = _OPEN_AND_CLICK.get(campaign_type, _OTHER_OPEN_AND_CLICK)
    return Benchmark(opens, clicks, CONVERSION_BENCHMARK, UNSUBSCRIBE_BENCHMARK, REFERENCE)


def headline(figures: Mapping[str, Figure]) -> Headline:
    sent = figures["sent"]
    return Headline(
        sent_count=None if sent is None else int(sent),
        open_rate=figures["open_rate"],
        click_rate=figures["click_rate"],
        conversion_rate=figures["conversion_rate"],
        revenue_generated=figures["revenue_generated"],
    )


def analyse(counts: Counts, benchmark: Benchmark, cost_per_email: float) -> PerformanceAnalysis:
    figures = measure(counts)
    return PerformanceAnalysis(
        performance_metrics=figures,
        benchmark_comparison=compare(figures, benchmark),
        engagement_analysis=EngagementAnalysis(
            engagement_strength=strength(figures["open_rate"]),
            click_to_open_ratio=figures["click_to_open_ratio"],
            engagement_quality=quality(figures["conversion_rate"]),
        ),
        revenue_analysis=_revenue(counts, figures, cost_per_email),
        recommendations=recommend(figures, benchmark),
    )


def compare(figures: Mapping[str, Figure], benchmark: Benchmark) -> BenchmarkComparison:
    opens, clicks = figures["open_rate"], figures["click_rate"]
    return BenchmarkComparison(
        open_rate_vs_benchmark=_versus(opens, benchmark.open_rate),
        click_rate_vs_benchmark=_versus(clicks, benchmark.click_rate),
        performance_grade=grade(opens, clicks, benchmark),
        benchmark=benchmark,
    )


def grade(opens: float | None, clicks: float | None, benchmark: Benchmark) -> Grade | None:
    """By the mean of open rate ÷ benchmark and click rate ÷ benchmark."""
    if opens is None or clicks is None:
        return None
    mean = (opens / benchmark.open_rate + clicks / benchmark.click_rate) / 2
    return next((letter for least, letter in _GRADES if mean >= least), "D")


def strength(open_rate: float | None) -> Strength | None:
    if open_rate is None:
        return None
    return "high" if open_rate > 0.25 else "medium" if open_rate > 0.15 else "low"


def quality(conversion_rate: float | None) -> Quality | None:
    if conversion_rate is None:
        return None
    if conversion_rate > 0.05:
        return "excellent"
    return "good" if conversion_rate > 0.02 else "needs_improvement"


def return_on_investment(revenue: float | None, cost: float | None) -> float | None:
    """Percent: 0 means the mailing earned back what it cost. None without a cost."""
    return None if revenue is None or not cost else (revenue - cost) / cost * 100


def recommend(figures: Mapping[str, Figure], benchmark: Benchmark) -> tuple[Recommendation, ...]:
    """Advice in the order it should be read; each names the figure that triggered it."""
    advice = (
        _below(
            figures,
            "open_rate",
            _least(benchmark.open_rate),
            "Few people open: test another subject line, sender name or send time.",
        ),
        _below(
            figures,
            "click_rate",
            _least(benchmark.click_rate),
            "Few people click: make one clear call to action and put it near the top.",
        ),
        _below(
            figures,
            "conversion_rate",
            _LEAST_CONVERSION,
            "Few people buy: check that the landing page keeps the promise of the mail.",
        ),
        _above(
            figures,
            "unsubscribe_rate",
            _MOST_UNSUBSCRIBES,
            "Many people unsubscribe: mail this audience less often or narrow the segment.",
        ),
    )
    return tuple(each for each in advice if each)


def funnel(counts: Counts) -> tuple[FunnelStep, ...]:
    """From sent to converted; empty before anything was sent.

    What people did is no share of anything before the first reaction of any of them.
    """
    steps = (
        ("sent", counts.sent),
        ("delivered", counts.delivered),
        ("opened", counts.opens),
        ("clicked", counts.clicks),
        ("converted", counts.conversions),
    )
    if not counts.sent:
        return ()
    before = [counts.sent, *(n for _, n in steps)]
    return tuple(
        FunnelStep(name, n, n / counts.sent, n / was if was else None)
        if counts.heard or name in _OF_DELIVERY
        else FunnelStep(name, n, None, None)
        for (name, n), was in zip(steps, before, strict=False)
    )


def _revenue(
    counts: Counts, figures: Mapping[str, Figure], cost_per_email: float
) -> RevenueAnalysis:
    revenue = figures["revenue_generated"]
    cost = counts.sent * cost_per_email if counts.sent else None
    return RevenueAnalysis(
        total_revenue=revenue,
        roi=return_on_investment(revenue, cost),
        revenue_per_conversion=figures["revenue_per_conversion"],
        cost=cost,
        currency=counts.currency,
        other_revenue=counts.other_revenue,
        attribution=ATTRIBUTION,
    )


def _versus(rate: float | None, benchmark: float) -> float | None:
    return None if rate is None else (rate / benchmark - 1) * 100


def _least(benchmark: float) -> float:
    return round(_SHORTFALL * benchmark, 9)  # 0.8 * 0.035 is a little more than 0.028


def _below(
    figures: Mapping[str, Figure], metric: str, threshold: float, text: str
) -> Recommendation | None:
    value = figures[metric]
    if value is None or value >= threshold:
        return None
    return Recommendation(text, Evidence(metric, value, threshold))


def _above(
    figures: Mapping[str, Figure], metric: str, threshold: float, text: str
) -> Recommendation | None:
    value = figures[metric]
    if value is None or value <= threshold:
        return None
    return Recommendation(text, Evidence(metric, value, threshold))
