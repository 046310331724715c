"""A campaign's result as `campaigns.result` answers it: figures of one believable campaign."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

HOURLY = [
    (0, 212, 18), (1, 388, 41), (2, 341, 39), (3, 254, 28), (4, 187, 19), (5, 141, 16),
    (6, 118, 12), (7, 96, 11), (8, 88, 7), (9, 61, 5), (10, 44, 4), (11, 31, 3), (12, 22, 1),
    (13, 17, 2), (14, 19, 1), (15, 24, 2), (16, 33, 3), (17, 41, 5), (18, 38, 4), (19, 29, 3),
    (20, 22, 2), (21, 18, 1), (22, 15, 1), (23, 12, 1),
]  # fmt: skip


SAMPLE: dict[str, Any] = {
    "success": True,
    "as_of": "2026-11-03T09:15:00+00:00",
    "simulated": True,
    "campaign": {
        "campaign_id": "cmp_0192f0c1d2e37a4b8c9d0e1f2a3b4c5d",
        "name": "Autumn table: the seasonal menu",
        "type": "newsletter",
        "status": "measuring",
        "scheduled_time": "2026-11-02T09:00:00+00:00",
    },
    "segmentation": {
        "segments_created": 3,
        "total_subscribers": 5000,
        "segment_details": [
            {
                "name": "Highly Engaged",
                "subscriber_count": 1184,
                "engagement_rate": 0.412,
                "rule": "engagement score above 0.7",
            },
            {
                "name": "Moderately Engaged",
                "subscriber_count": 2291,
                "engagement_rate": 0.226,
                "rule": "engagement score from 0.3 to 0.7",
            },
            {
                "name": "Low Engagement",
                "subscriber_count": 1525,
                "engagement_rate": 0.071,
                "rule": "engagement score below 0.3",
            },
        ],
    },
    "send_optimization": {
        "global_optimal_time": "09:00",
        "method": "hour with the highest smoothed open rate in each group",
        "timezone_specific": {
            "Europe/Berlin": {"time": "09:00", "subscribers": 2104},
            "America/New_York": {"time": "08:00", "subscribers": 1377},
            "Asia/Tokyo": {"time": "19:00", "subscribers": 802},
            "Australia/Sydney": {"time": "07:00", "subscribers": 329},
        },
    },
    "performance_metrics": {
        "sent_count": 4612,
        "open_rate": 0.2514,
        "click_rate": 0.0409,
        "conversion_rate": 0.00897,
        "revenue_generated": 2173.4,
    },
    "performance_analysis": {
        "performance_metrics": {
            "delivery_rate": 0.9911,
            "open_rate": 0.2514,
            "click_rate": 0.0409,
            "conversion_rate": 0.00897,
            "unsubscribe_rate": 0.00153,
            "revenue_per_email": 0.4712,
        },
        "benchmark_comparison": {
            "open_rate_vs_benchmark": 0.56,
            "click_rate_vs_benchmark": 16.9,
            "performance_grade": "B",
            "source": "reference value, unsourced",
        },
        "engagement_analysis": {
            "engagement_strength": "high",
            "click_to_open_ratio": 0.1627,
            "engagement_quality": "low",
        },
        "revenue_analysis": {
            "total_revenue": 2173.4,
            "roi": 47025.8,
            "revenue_per_conversion": 53.01,
            "currency": "EUR",
        },
        "recommendations": [
            {
                "text": "Few people buy: check that the landing page keeps the promise.",
                "evidence": {
                    "metric": "conversion_rate",
                    "value": 0.00897,
                    "threshold": 0.02,
                },
            },
            {"text": "Mail the Low Engagement segment less often.", "evidence": "7.1 % react."},
        ],
    },
    "ab_testing": {
        "enabled": True,
        "test_id": "exp_0192f0c1d2e37a4b8c9d0e1f2a3b4c5e",
        "element": "subject_line",
        "metric": "open_rate",
        "confidence_level": 0.95,
        "outcome": "winner",
        "winner": "B",
        "reason": "The interval of the difference excludes zero.",
        "arms": [
            {"name": "A", "value": "The autumn menu is here", "chance_best": 0.0003},
            {"name": "B", "value": "Your table is waiting", "chance_best": 0.9997},
        ],
        "comparisons": [
            {
                "control": "A",
                "treatment": "B",
                "difference": 0.0432,
                "interval": [0.0182, 0.0682],
                "p_value": 0.0007,
                "method": "two-proportion z-test; Newcombe interval",
            }
        ],
    },
    "arms": [
        {"arm_no": 0, "sent": 2306, "delivered": 2283, "opens": 525, "clicks": 84},
        {"arm_no": 1, "sent": 2306, "delivered": 2288, "opens": 624, "clicks": 103},
    ],
    "funnel": [
        {"name": "sent", "n": 4612, "share": 1.0},
        {"name": "delivered", "n": 4571, "share": 0.9911},
        {"name": "opened", "n": 1149, "share": 0.2491},
        {"name": "clicked", "n": 187, "share": 0.0405},
        {"name": "converted", "n": 41, "share": 0.0089},
    ],
    "hourly": {
        "after_send": [{"hour": h, "opens": o, "clicks": c} for h, o, c in HOURLY],
    },
    "ledger": {
        "frozen": 5000,
        "states": {
            "planned": 0,
            "claimed": 0,
            "sent": 4612,
            "failed": 29,
            "suppressed": 357,
            "uncertain": 2,
        },
        "reasons": {
            "no_consent": 301,
            "unsubscribed": 44,
            "suppressed:bounced": 12,
            "550 no such user": 29,
            "connection lost after the body": 2,
        },
    },
}


def sample_result(**changes: Any) -> dict[str, Any]:
    """A finished, simulated A/B test of two subject lines with a winner."""
    result = deepcopy(SAMPLE)
    return result | changes


def sample_unsent() -> dict[str, Any]:
    """The same campaign while it waits for a person: every figure is unknown, none is zero."""
    empty: Mapping[str, Any] = {
        "sent_count": 0,
        "open_rate": None,
        "click_rate": None,
        "conversion_rate": None,
        "revenue_generated": None,
    }
    result = sample_result(simulated=False, hourly={}, funnel=[], arms=[])
    result["campaign"] = result["campaign"] | {
        "status": "awaiting_approval",
        "scheduled_time": None,
    }
    result["performance_metrics"] = dict(empty)
    result["performance_analysis"] = {
        "performance_metrics": {},
        "benchmark_comparison": {},
        "engagement_analysis": {},
        "revenue_analysis": {},
        "recommendations": [],
    }
    result["ab_testing"] |= {"winner": None, "outcome": "inconclusive", "comparisons": []}
    result["ledger"] = {"frozen": 0, "states": {}, "reasons": {}}
    return result
