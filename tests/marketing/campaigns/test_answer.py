"""The workflow's answer: the keys that programs rely on, nulls before any event, counts after."""

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import Actor
from drumbeat.kit.ids import CampaignId
from drumbeat.marketing.campaigns import State
from drumbeat.marketing.campaigns.answer import house_status, workflow_answer
from drumbeat.marketing.events import Fact, Kind
from tests.conftest import HandClock
from tests.marketing.campaigns.conftest import TESTED, bring_to, get, planned, work_off

KEYS: dict[str, tuple[str, ...]] = {
    "": (
        "success",
        "campaign",
        "segmentation",
        "send_optimization",
        "performance_metrics",
        "performance_analysis",
        "ab_testing",
        "ledger",
    ),
    "campaign": ("campaign_id", "name", "type", "status", "scheduled_time"),
    "segmentation": ("segments_created", "total_subscribers", "segment_details"),
    "send_optimization": ("global_optimal_time", "timezone_specific"),
    "performance_metrics": (
        "sent_count",
        "open_rate",
        "click_rate",
        "conversion_rate",
        "revenue_generated",
    ),
    "performance_analysis": (
        "performance_metrics",
        "benchmark_comparison",
        "engagement_analysis",
        "revenue_analysis",
        "recommendations",
    ),
    "performance_analysis.performance_metrics": ("delivery_rate", "revenue_per_email"),
    "performance_analysis.benchmark_comparison": (
        "open_rate_vs_benchmark",
        "click_rate_vs_benchmark",
        "performance_grade",
    ),
    "performance_analysis.engagement_analysis": (
        "engagement_strength",
        "click_to_open_ratio",
        "engagement_quality",
    ),
    "performance_analysis.revenue_analysis": ("total_revenue", "roi", "revenue_per_conversion"),
    "ab_testing": ("enabled", "test_id", "winner"),
    "ledger": ("frozen", "states", "reasons"),
}
FIGURES = (
    "performance_metrics",
    "performance_analysis.performance_metrics",
    "performance_analysis.engagement_analysis",
)


def answer(house: Drumbeat, campaign_id: CampaignId) -> dict[str, object]:
    with house.look(house.owner()) as department:
        return workflow_answer(department, campaign_id)


def part(whole: object, path: str) -> dict[str, object]:
    for name in filter(None, path.split(".")):
        assert isinstance(whole, dict)
        whole = whole[name]
    assert isinstance(whole, dict)
    return whole


@pytest.mark.parametrize("state", [State.AWAITING_APPROVAL, State.SCHEDULED, State.SENDING])
def test_it_has_every_key_and_no_figure_before_anything_happened(
    house: Drumbeat, owner: Actor, people: tuple[str, ...], state: State
) -> None:
    told = answer(house, bring_to(house, owner, state, TESTED))
    for path, names in KEYS.items():
        assert set(names) <= part(told, path).keys(), path
    for path in FIGURES:
        assert set(part(told, path).values()) == {None}, path
    compared = part(told, "performance_analysis.benchmark_comparison")
    assert [compared[name] for name in KEYS["performance_analysis.benchmark_comparison"]] == (
        [None] * 3
    )
    earned = part(told, "performance_analysis.revenue_analysis")
    assert (earned["total_revenue"], earned["roi"]) == (None, None)
    assert part(told, "performance_analysis")["recommendations"] == []
    assert part(told, "ab_testing")["winner"] is None
    details = part(told, "segmentation")["segment_details"]
    assert isinstance(details, list)
    assert {"name", "subscriber_count", "engagement_rate"} <= details[0].keys()
    assert details[0]["engagement_rate"] is None


def test_only_a_campaign_that_waits_for_a_yes_names_an_approval(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = planned(house, owner)
    waiting = answer(house, campaign_id)
    assert str(waiting["approval_id"]).startswith("apr_")
    assert waiting["approval_needed"] is True
    with house.begin(owner) as department:
        department.campaigns.approve(campaign_id)
    assert answer(house, campaign_id)["approval_id"] is None


def test_what_was_recorded_is_counted_and_nothing_else(
    house: Drumbeat, owner: Actor, clock: HandClock, people: tuple[str, ...]
) -> None:
    campaign_id = bring_to(house, owner, State.SENDING, TESTED)
    work_off(house, campaign_id)
    mailing_no = get(house, campaign_id).plan.mailing_no
    assert mailing_no is not None
    at = clock.advance(hours=1)
    with house.begin(owner) as department:
        numbers = sorted(department.audience.contact_numbers(list(people)).values())
        opened = [Fact(Kind.opened, at, no, mailing_no) for no in numbers[:2]]
        clicked = Fact(Kind.clicked, at, numbers[0], mailing_no, link_no=0)
        bought = Fact(Kind.purchased, at, numbers[0], value_minor=1_250, currency="EUR")
        department.events.record([*opened, opened[0], clicked, bought])
    told = answer(house, campaign_id)
    assert told["performance_metrics"] == {
        "sent_count": 5,
        "open_rate": 2 / 5,
        "click_rate": 1 / 5,
        "conversion_rate": 1 / 5,
        "revenue_generated": 12.5,
    }
    advice = part(told, "performance_analysis")["recommendations"]
    assert isinstance(advice, list)
    assert all({"metric", "value", "threshold"} == row["evidence"].keys() for row in advice)


def test_the_status_of_the_house_counts_what_was_done(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    work_off(house, bring_to(house, owner, State.SENDING, TESTED))
    planned(house, owner)
    with house.look(owner) as department:
        status = house_status(department)
    assert status["total_campaigns_sent"] == 1
    assert status["total_emails_sent"] == status["total_subscribers"] == len(people)
    assert status["total_ab_tests_run"] == 1
    assert status["improvement"] is None
    assert status["total_revenue_generated"] == 0
    assert status["campaigns"] == {"measuring": 1, "awaiting_approval": 1}
    share = status["automation_share"]
    assert isinstance(share, float)
    assert 0 < share < 1
