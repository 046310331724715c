"""Analytics: what the facts add up to, defined once, with what to compare it with.

Start at `AnalyticsService.campaign_report`; every metric is defined in `metrics.py`.
"""

from drumbeat.marketing.analytics.metrics import ATTRIBUTION, METRICS, Counts, Metric, measure
from drumbeat.marketing.analytics.model import (
    ArmCounts,
    ArmReport,
    Benchmark,
    CampaignReport,
    ContactFigures,
    Evidence,
    FunnelStep,
    Happening,
    Headline,
    HourCount,
    HourlyCurve,
    PerformanceAnalysis,
    Recommendation,
    Totals,
)
from drumbeat.marketing.analytics.rules import REFERENCE, benchmark_for
from drumbeat.marketing.analytics.service import COUNTING, AnalyticsService

__all__ = [
    "ATTRIBUTION",
    "COUNTING",
    "METRICS",
    "REFERENCE",
    "AnalyticsService",
    "ArmCounts",
    "ArmReport",
    "Benchmark",
    "CampaignReport",
    "ContactFigures",
    "Counts",
    "Evidence",
    "FunnelStep",
    "Happening",
    "Headline",
    "HourCount",
    "HourlyCurve",
    "Metric",
    "PerformanceAnalysis",
    "Recommendation",
    "Totals",
    "benchmark_for",
    "measure",
]
