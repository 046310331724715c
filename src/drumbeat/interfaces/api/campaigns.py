"""REST: /campaigns, from a brief to the row of every recipient."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.requests import EmailCampaignRequest, LaunchRequest
from drumbeat.kit.ids import CampaignId
from drumbeat.kit.result import NeedsApproval
from drumbeat.marketing.campaigns import Launch, TimingWish
from drumbeat.marketing.campaigns.answer import campaign_analytics, campaign_view
from drumbeat.marketing.campaigns.pipeline import create_and_plan, proceed

router = APIRouter(prefix="/campaigns", tags=["campaigns"])

JsonObject = dict[str, object]
Limit = Annotated[int, Query(ge=1, le=2000)]
Wish = LaunchRequest | None


@router.post("", status_code=201)
def create_campaign(request: EmailCampaignRequest, caller: Caller) -> JsonObject:
    """Create an email campaign and plan it; it then waits for approval."""
    return _view(caller, create_and_plan(caller.drumbeat, request.brief(), caller.actor))


@router.get("")
def list_campaigns(
    caller: Caller, cursor: CampaignId | None = None, limit: Limit = 50
) -> JsonObject:
    """Newest first."""
    with caller.look() as department:
        listed = department.campaigns.list_(limit=limit, before=cursor)
        rows = [campaign_view(department, campaign) for campaign in listed]
    return {"campaigns": rows, "next_cursor": listed[-1].id if len(listed) == limit else None}


@router.get("/{campaign_id}")
def show_campaign(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    return _view(caller, campaign_id)


@router.put("/{campaign_id}")
def change_campaign(
    campaign_id: CampaignId, request: EmailCampaignRequest, caller: Caller
) -> JsonObject:
    """Replace the brief; an approval of the old content no longer counts."""
    with caller.begin() as department:
        department.campaigns.change(campaign_id, request.brief())
    proceed(caller.drumbeat, campaign_id)
    return _view(caller, campaign_id)


@router.post("/{campaign_id}/approve")
def approve_campaign(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    """Say yes to exactly what the campaign would send now."""
    proceed(caller.drumbeat, campaign_id)
    with caller.begin() as department:
        department.campaigns.approve(campaign_id)
    proceed(caller.drumbeat, campaign_id)
    return _view(caller, campaign_id)


@router.post("/{campaign_id}/decline")
def decline_campaign(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    """Say no to what the campaign would send; it then waits for an edit."""
    with caller.begin() as department:
        department.campaigns.decline(campaign_id)
    return _view(caller, campaign_id)


@router.get("/{campaign_id}/analytics")
def show_analytics(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    """What the campaign brought, counted from recorded events."""
    with caller.look() as department:
        return campaign_analytics(department, campaign_id)


@router.post("/{campaign_id}/launch")
def launch_campaign(
    campaign_id: CampaignId, caller: Caller, response: Response, request: Wish = None
) -> JsonObject:
    """Let it go; 202 while it still lacks an approval."""
    timing = TimingWish(Launch.NOW) if request is not None and request.now else None
    proceed(caller.drumbeat, campaign_id)
    with caller.begin() as department:
        outcome = department.campaigns.ask_launch(campaign_id, timing)
    if isinstance(outcome, NeedsApproval):
        response.status_code = 202
    proceed(caller.drumbeat, campaign_id)
    return _view(caller, campaign_id)


@router.post("/{campaign_id}/pause")
def pause_campaign(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    with caller.begin() as department:
        department.campaigns.pause(campaign_id)
    return _view(caller, campaign_id)


@router.post("/{campaign_id}/resume")
def resume_campaign(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    with caller.begin() as department:
        department.campaigns.resume(campaign_id)
    return _view(caller, campaign_id)


@router.post("/{campaign_id}/cancel")
def cancel_campaign(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    with caller.begin() as department:
        department.campaigns.cancel(campaign_id)
    return _view(caller, campaign_id)


@router.get("/{campaign_id}/ledger")
def show_ledger(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    """Who got it, who did not, and why, as counts that sum to the frozen audience."""
    with caller.look() as department:
        return department.campaigns.ledger(campaign_id)


@router.get("/{campaign_id}/ledger/rows")
def list_ledger_rows(
    campaign_id: CampaignId, caller: Caller, cursor: str | None = None, limit: Limit = 500
) -> JsonObject:
    """Every recipient, in sending order."""
    with caller.look() as department:
        return department.campaigns.ledger_rows(campaign_id, cursor, limit)


@router.get("/{campaign_id}/preview")
def preview_campaign(
    campaign_id: CampaignId, contact: str, caller: Caller, variant: int = 0
) -> Response:
    """The bytes that one contact would be sent."""
    from drumbeat.marketing.campaigns.preview import preview

    with caller.look() as department:
        message = preview(department, campaign_id, contact, variant)
    return Response(message, media_type="message/rfc822")


def _view(caller: Caller, campaign_id: CampaignId) -> JsonObject:
    with caller.look() as department:
        return campaign_view(department, department.campaigns.get(campaign_id))
