"""What people and programs are told about a campaign: its view, the workflow's answer, the totals.

Every figure is counted from recorded events; before any event it is null, never zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from drumbeat.kit.clock import from_epoch
from drumbeat.kit.ids import CampaignId, MailingNo
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.approvals import ApprovalState
from drumbeat.marketing.campaigns.advice import advice_of_test
from drumbeat.marketing.campaigns.judging import every_arm, test_so_far
from drumbeat.marketing.campaigns.model import Campaign, State
from drumbeat.marketing.campaigns.pipeline import due_of
from drumbeat.marketing.campaigns.ports import Unit

NO_MAILING = MailingNo(-1)  # nothing was ever sent under it: every figure is null


def workflow_answer(unit: Unit, campaign_id: CampaignId) -> JsonObject:
    """The whole email workflow as it stands now."""
    campaign = unit.campaigns.get(campaign_id)
    due, now = due_of(unit, campaign), unit.office.clock()
    test, trouble = test_so_far(unit, campaign), _trouble(unit, campaign)
    answer: JsonObject = {
        "success": trouble is None and campaign.state is not State.CANCELLED,
        "campaign": _campaign(campaign),
        **_approval(unit, campaign),
        "segmentation": _segmentation(campaign),
        "send_optimization": campaign.plan.timing,
        **_measured(unit, campaign, test),
        "ab_testing": test,
        "ledger": unit.campaigns.ledger(campaign_id),
        "trouble": trouble,
        "due_now": due is not None and due <= now,
        "next_due": None if due is None else due.isoformat(),
        "simulated": unit.office.simulated,
    }
    return answer


def campaign_view(unit: Unit, campaign: Campaign) -> JsonObject:
    """One campaign in a list or on its own: state, plan, what it waits for."""
    return {
        **campaign_line(unit, campaign),
        "subject_line": campaign.brief.subject_line,
        "audience": list(campaign.brief.audience),
        "audience_size": campaign.plan.audience_size,
        "mailable": campaign.plan.mailable,
        "checks": list(campaign.plan.checks),
        "history": [
            {
                "state": step.now.value,
                "at": step.at.isoformat(),
                "by": step.actor,
                "through": step.agent,
                "note": step.note or None,
            }
            for step in unit.campaigns.list_transitions(campaign.id)
        ],
    }


def campaign_line(unit: Unit, campaign: Campaign) -> JsonObject:
    """What a list says of one campaign: its state, and what it waits for."""
    due = due_of(unit, campaign)
    return {
        **_campaign(campaign),
        **_approval(unit, campaign),
        "waiting_for": _waiting_for(unit, campaign),
        "next_due": None if due is None else due.isoformat(),
        "trouble": _trouble(unit, campaign),
    }


def campaign_analytics(unit: Unit, campaign_id: CampaignId) -> JsonObject:
    """The figures of one campaign: its report, its arms, and when people engaged."""
    campaign = unit.campaigns.get(campaign_id)
    number = campaign.plan.mailing_no or NO_MAILING
    curve, test = unit.analytics.hourly(number), test_so_far(unit, campaign)
    return {
        "campaign": _campaign(campaign),
        **_measured(unit, campaign, test),
        "ab_testing": test,
        "arms": [asdict(arm) for arm in every_arm(unit, campaign)],
        "hourly": {
            "after_send": [asdict(row) for row in curve.after_send],
            "by_utc_hour": [asdict(row) for row in curve.by_utc_hour],
        },
        "simulated": unit.office.simulated,
    }


def house_status(unit: Unit) -> JsonObject:
    """Totals over every campaign.

    `improvement` needs a hold-out to compare with, and is null without one. `automation_share` is
    the part of all changes of a campaign's state that the engine made by itself.
    """
    audience, totals = unit.audience.count_audience(), unit.analytics.status()
    by_engine, changes = unit.campaigns.count_transitions()
    return {
        "total_campaigns_sent": totals.mailings_sent,
        "total_emails_sent": totals.emails_sent,
        "total_subscribers": audience.subscribers,
        "total_contacts": audience.contacts,
        "total_segments_created": audience.segments,
        "total_ab_tests_run": unit.experiments.count_started(),
        "total_revenue_generated": totals.total_revenue_generated,
        "currency": totals.currency or None,
        "improvement": None,
        "automation_share": by_engine / changes if changes else None,
        "campaigns": {state.value: n for state, n in unit.campaigns.count_states().items()},
        "simulated": unit.office.simulated,
        "as_of": totals.as_of.isoformat(),
    }


def _campaign(campaign: Campaign) -> JsonObject:
    first = campaign.plan.first_due
    return {
        "campaign_id": campaign.id,
        "name": campaign.brief.name,
        "type": campaign.brief.kind.value,
        "status": campaign.state.value,
        "scheduled_time": None if first is None else from_epoch(first).isoformat(),
        "created_at": campaign.created_at.isoformat(),
    }


def _approval(unit: Unit, campaign: Campaign) -> JsonObject:
    """`approval_id` is there as long as somebody has to say yes."""
    approval = unit.campaigns.approval_of(campaign)
    asked = campaign.state is State.AWAITING_APPROVAL
    if approval is None or not asked or approval.state is not ApprovalState.WAITING:
        return {"approval_needed": False, "approval_id": None}
    return {
        "approval_needed": True,
        "approval_id": approval.id,
        "approval_effect": approval.effect,
    }


def _segmentation(campaign: Campaign) -> JsonObject:
    segments = campaign.plan.segments
    return {
        "criterion": campaign.brief.segment_by,
        "segments_created": None if segments is None else len(segments),
        "total_subscribers": None if segments is None else _people(segments),
        "segment_details": [] if segments is None else list(segments),
    }


def _people(segments: Sequence[Mapping[str, object]]) -> int:
    return sum(int(str(row["subscriber_count"])) for row in segments)


def _measured(unit: Unit, campaign: Campaign, test: JsonObject) -> JsonObject:
    """The report; advice begins with what the campaign's own test taught."""
    number = campaign.plan.mailing_no or NO_MAILING
    report = unit.analytics.campaign_report(number, campaign.brief.kind.value).as_answer()
    analysis = report["performance_analysis"]
    analysis["recommendations"] = [*advice_of_test(test), *analysis["recommendations"]]
    kept = ("performance_metrics", "performance_analysis", "funnel", "left_out", "as_of")
    return {name: report[name] for name in kept}


def _trouble(unit: Unit, campaign: Campaign) -> str | None:
    """Why the campaign's next step cannot be taken, or what stands in the way of its mail."""
    number = campaign.plan.mailing_no
    if campaign.trouble is not None or number is None:
        return campaign.trouble
    return unit.delivery.get(number).trouble or None


def _waiting_for(unit: Unit, campaign: Campaign) -> str | None:
    if campaign.state is State.AWAITING_APPROVAL:
        approval = unit.campaigns.approval_of(campaign)
        if approval is not None and approval.state is ApprovalState.DECLINED:
            return "an edit: it was declined"
        return "approval" if _approval(unit, campaign)["approval_needed"] else "launch"
    return _WAITS.get(campaign.state)


_WAITS = {
    State.SCHEDULED: "its send time",
    State.SENDING: "delivery",
    State.MEASURING: "results",
    State.PAUSED: "resume",
}
