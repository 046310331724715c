"""What people and programs are told of an approval: what a yes will do, and to which campaign."""

from drumbeat.kit.ids import ApprovalId, CampaignId
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.approvals import Approval, ApprovalState
from drumbeat.marketing.campaigns.model import Campaign
from drumbeat.marketing.campaigns.ports import Unit
from drumbeat.marketing.campaigns.rules import is_asked


def waiting_approvals(unit: Unit) -> list[JsonObject]:
    """What a person has to say yes or no to now, the oldest question first."""
    return [_view(approval, campaign) for approval, campaign in unit.campaigns.list_waiting()]


def approval_answer(unit: Unit, approval_id: ApprovalId) -> JsonObject:
    """One approval, waiting or decided. Raises NotFound."""
    approval = unit.approvals.get(approval_id)
    return _view(approval, unit.campaigns.get(CampaignId(approval.subject)))


def _view(approval: Approval, campaign: Campaign) -> JsonObject:
    """A question that nobody waits for any more, its campaign being cancelled, is superseded."""
    state, decided = approval.state, approval.decided_at
    if state is ApprovalState.WAITING and not is_asked(approval, campaign):
        state = ApprovalState.SUPERSEDED
    return {
        "approval_id": approval.id,
        "state": state.value,
        "effect": approval.effect,
        "asked_by": approval.asked_by,
        "asked_at": approval.asked_at.isoformat(),
        "decided_by": approval.decided_by,
        "decided_at": None if decided is None else decided.isoformat(),
        "campaign": {
            "campaign_id": campaign.id,
            "name": campaign.brief.name,
            "type": campaign.brief.kind.value,
            "status": campaign.state.value,
            "subject_line": campaign.brief.subject_line,
            "audience_size": campaign.plan.audience_size,
            "mailable": campaign.plan.mailable,
        },
    }
