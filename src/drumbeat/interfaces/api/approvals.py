"""REST: /approvals, what waits for a person's yes or no."""

from fastapi import APIRouter

from drumbeat.interfaces.api.answers import ApprovalAnswer, ApprovalPage
from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.paging import Cursor, Limit, page_of
from drumbeat.interfaces.api.tags import revision_tag
from drumbeat.kit.ids import ApprovalId, CampaignId
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.campaigns.approval_answer import approval_answer, waiting_approvals
from drumbeat.marketing.campaigns.pipeline import proceed

router = APIRouter(prefix="/approvals", tags=["approvals"])


@router.get("", response_model=ApprovalPage)
def list_approvals(caller: Caller, cursor: Cursor = None, limit: Limit = 100) -> JsonObject:
    """What waits for an answer now, the oldest question first."""
    with caller.look() as department:
        waiting = waiting_approvals(department)
    page, following = page_of(waiting, cursor, limit, lambda each: str(each["approval_id"]))
    return {"approvals": page, "next_cursor": following}


@router.get("/{approval_id}", response_model=ApprovalAnswer)
def show_approval(approval_id: ApprovalId, caller: Caller) -> JsonObject:
    """One question: what a yes will do, and what became of it."""
    with caller.look() as department:
        asked = department.approvals.get(approval_id)
        campaign = department.campaigns.get(CampaignId(asked.subject))
        caller.headers["ETag"] = revision_tag(campaign.revision)
        return approval_answer(department, approval_id)


@router.post("/{approval_id}/approve", response_model=ApprovalAnswer)
def approve(approval_id: ApprovalId, caller: Caller) -> JsonObject:
    """Say yes to exactly what was asked; 409 if its campaign was changed since."""
    campaign_id = _campaign_of(caller, approval_id)
    with caller.planned(campaign_id).changing(campaign_id) as department:
        department.campaigns.approve(campaign_id, approval_id)
    proceed(caller.drumbeat, campaign_id)
    return show_approval(approval_id, caller)


@router.post("/{approval_id}/decline", response_model=ApprovalAnswer)
def decline(approval_id: ApprovalId, caller: Caller) -> JsonObject:
    """Say no; the campaign then waits for an edit. 409 if it was changed since."""
    campaign_id = _campaign_of(caller, approval_id)
    with caller.changing(campaign_id) as department:
        department.campaigns.decline(campaign_id, approval_id)
    return show_approval(approval_id, caller)


def _campaign_of(caller: Caller, approval_id: ApprovalId) -> CampaignId:
    with caller.look() as department:
        return CampaignId(department.approvals.get(approval_id).subject)
