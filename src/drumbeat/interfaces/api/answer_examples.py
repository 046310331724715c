"""One believable answer of each main shape, for whoever reads the description."""

from collections.abc import Mapping

Json = Mapping[str, object]

_NOON = "2026-11-03T12:00:00+00:00"
_CAMPAIGN: Json = {
    "campaign_id": "cmp_01a19b7ca680736a8e586eb744a4b63b",
    "name": "Spring letter",
    "type": "newsletter",
    "status": "measuring",
    "scheduled_time": "2026-11-02T09:00:00+00:00",
    "created_at": "2026-11-02T08:30:00+00:00",
}
_LEDGER: Json = {
    "campaign_id": _CAMPAIGN["campaign_id"],
    "frozen": 1000,
    "states": {
        "planned": 0,
        "claimed": 0,
        "sent": 952,
        "failed": 6,
        "suppressed": 42,
        "uncertain": 0,
    },
    "reasons": {"no_consent": 30, "unsubscribed": 12, "mailbox unavailable": 6},
}
_FIGURES: Json = {
    "performance_metrics": {
        "sent_count": 952,
        "open_rate": 0.25,
        "click_rate": 0.05,
        "conversion_rate": 0.01,
        "revenue_generated": 380.0,
    },
    "performance_analysis": {
        "performance_metrics": {
            "sent": 952,
            "bounced": 12,
            "refused": 0,
            "delivered": 940,
            "opens": 235,
            "machine_opens": 118,
            "clicks": 47,
            "machine_clicks": 9,
            "conversions": 9,
            "unsubscribes": 2,
            "complaints": 0,
            "delivery_rate": 0.9874,
            "bounce_rate": 0.0126,
            "open_rate": 0.25,
            "click_rate": 0.05,
            "click_to_open_ratio": 0.2,
            "conversion_rate": 0.0096,
            "engagement_rate": 0.25,
            "unsubscribe_rate": 0.0021,
            "complaint_rate": 0.0,
            "revenue_generated": 380.0,
            "revenue_per_email": 0.4,
            "revenue_per_conversion": 42.22,
        },
        "benchmark_comparison": {
            "open_rate_vs_benchmark": 0.0,
            "click_rate_vs_benchmark": 42.9,
            "performance_grade": "B+",
            "source": "reference value, unsourced",
        },
        "engagement_analysis": {"engagement_strength": "medium", "engagement_quality": "poor"},
        "revenue_analysis": {"total_revenue": 380.0, "currency": "EUR", "cost": 0.95},
        "recommendations": [],
    },
    "funnel": [
        {"name": "sent", "n": 952, "share": 1.0, "step_rate": 1.0},
        {"name": "delivered", "n": 940, "share": 0.9874, "step_rate": 0.9874},
        {"name": "opened", "n": 235, "share": 0.2468, "step_rate": 0.25},
        {"name": "clicked", "n": 47, "share": 0.0494, "step_rate": 0.2},
        {"name": "converted", "n": 9, "share": 0.0095, "step_rate": 0.1915},
    ],
    "left_out": [
        {
            "kind": "opened",
            "reason": "apple_privacy_proxy",
            "why": "Apple Mail's privacy proxy fetches every image unasked",
            "recipients": 118,
        }
    ],
    "ab_testing": {"enabled": False},
    "simulated": False,
    "as_of": _NOON,
}
_CONTACT: Json = {
    "contact_id": "con_edre63nugduci",
    "email": "ada@example.com",
    "external_id": "A-17",
    "timezone": "Europe/Lisbon",
    "timezone_source": "column",
    "attributes": {"first_name": "Ada", "plan": "yearly"},
    "consent": "subscribed",
    "may_mail": True,
    "reason": None,
    "created_at": "2026-11-02T08:00:00+00:00",
    "changed_at": "2026-11-02T08:00:00+00:00",
}

EXAMPLES: Mapping[str, Json] = {
    "CampaignView": {
        **_CAMPAIGN,
        "status": "awaiting_approval",
        "scheduled_time": None,
        "approval_needed": True,
        "approval_id": "apr_01a19b7ca6807ee8a3e0332d37fa1f3e",
        "approval_effect": "send 'Spring letter' to 958 of everyone",
        "subject_line": "What we planted",
        "preheader": "Eleven beds, and one surprise",
        "audience": ["all"],
        "audience_size": 1000,
        "mailable": 958,
        "waiting_for": "approval",
        "checks": [],
        "next_due": None,
        "trouble": None,
        "history": [
            {
                "state": "draft",
                "at": "2026-11-02T08:30:00+00:00",
                "by": "Ada",
                "through": None,
                "note": None,
            }
        ],
    },
    "WorkflowAnswer": {
        "success": True,
        "campaign": _CAMPAIGN,
        "approval_needed": False,
        "approval_id": None,
        "segmentation": {
            "criterion": "engagement",
            "segments_created": 1,
            "total_subscribers": 1000,
            "segment_details": [
                {
                    "name": "Low Engagement",
                    "rule": "engagement score below 0.3",
                    "subscriber_count": 1000,
                    "engagement_rate": None,
                }
            ],
        },
        "send_optimization": {"mode": "now", "basis": "cold_start"},
        **_FIGURES,
        "ledger": _LEDGER,
        "trouble": None,
        "due_now": False,
        "next_due": "2026-11-09T09:00:00+00:00",
    },
    "CampaignAnalytics": {
        "campaign": _CAMPAIGN,
        **_FIGURES,
        "arms": [],
        "hourly": {
            "after_send": [{"hour": 0, "opens": 120, "clicks": 21}],
            "by_utc_hour": [{"hour": 9, "opens": 120, "clicks": 21}],
        },
    },
    "Ledger": _LEDGER,
    "EventReport": {
        "rows": 3,
        "added": 1,
        "repeated": 1,
        "rejected": 1,
        "problems": [{"row": 2, "reason": "nobody has the address 'ada@example'"}],
    },
    "ContactPage": {"contacts": [_CONTACT], "next_cursor": None},
    "Problem": {
        "type": "urn:drumbeat:problem:invalid-input",
        "title": "Invalid input",
        "status": 422,
        "detail": "timing.at: '2026-13-01' is not an instant.",
        "field": "timing.at",
    },
}
"""By the name of the shape."""
