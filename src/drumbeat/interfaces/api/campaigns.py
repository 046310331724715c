"""REST: /campaigns, from a brief to the row of every recipient."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from drumbeat.interfaces.api.campaign_answers import (
    CampaignAnalytics,
    CampaignPage,
    CampaignView,
    Checklist,
    DecidedRows,
    Ledger,
    LedgerPage,
)
from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.paging import Cursor, Limit, id_of_cursor
from drumbeat.interfaces.api.requests import DecisionRequest, EmailCampaignRequest, LaunchRequest
from drumbeat.interfaces.api.tags import revision_tag
from drumbeat.kit.ids import CampaignId
from drumbeat.kit.json_objects import JsonObject
from drumbeat.kit.result import NeedsApproval
from drumbeat.marketing.campaigns import Launch, TimingWish
from drumbeat.marketing.campaigns.answer import campaign_analytics, campaign_view
from drumbeat.marketing.campaigns.pipeline import create_and_plan, proceed
from drumbeat.marketing.campaigns.row_decisions import decide_rows

router = APIRouter(prefix="/campaigns", tags=["campaigns"])

LedgerLimit = Annotated[int, Query(ge=1, le=2000, description="How many rows a page holds.")]
LedgerState = Annotated[
    str,
    Query(
        max_length=40,
        description="Only rows in this state: planned, claimed, sent, failed, suppressed or "
        "uncertain.",
    ),
]
LedgerEmail = Annotated[str, Query(max_length=1000, description="Only the row of this address.")]
Wish = LaunchRequest | None


@router.post("", status_code=201, response_model=CampaignView)
def create_campaign(request: EmailCampaignRequest, caller: Caller) -> JsonObject:
    """Create an email campaign and plan it; it then waits for approval."""
    named = caller.campaign_id()
    return _view(caller, create_and_plan(caller.drumbeat, request.brief(), caller.begin, named))


@router.get("", response_model=CampaignPage)
def list_campaigns(caller: Caller, cursor: Cursor = None, limit: Limit = 50) -> JsonObject:
    """Newest first."""
    before = id_of_cursor(cursor, "cmp")
    with caller.look() as department:
        listed = department.campaigns.list_(
            limit=limit, before=None if before is None else CampaignId(before)
        )
        rows = [campaign_view(department, campaign) for campaign in listed]
    return {"campaigns": rows, "next_cursor": listed[-1].id if len(listed) == limit else None}


@router.get("/{campaign_id}", response_model=CampaignView)
def show_campaign(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    """Its state, its plan, what it waits for, and how it came there."""
    return _view(caller, campaign_id)


@router.put("/{campaign_id}", response_model=CampaignView)
def change_campaign(
    campaign_id: CampaignId, request: EmailCampaignRequest, caller: Caller
) -> JsonObject:
    """Replace the brief; an approval of the old content no longer counts."""
    with caller.changing(campaign_id) as department:
        department.campaigns.change(campaign_id, request.brief())
    proceed(caller.drumbeat, campaign_id)
    return _view(caller, campaign_id)


@router.post("/{campaign_id}/approve", response_model=CampaignView)
def approve_campaign(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    """Say yes to exactly what the campaign would send now."""
    with caller.planned(campaign_id).changing(campaign_id) as department:
        department.campaigns.approve(campaign_id)
    proceed(caller.drumbeat, campaign_id)
    return _view(caller, campaign_id)


@router.post("/{campaign_id}/decline", response_model=CampaignView)
def decline_campaign(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    """Say no to what the campaign would send; it then waits for an edit."""
    with caller.changing(campaign_id) as department:
        department.campaigns.decline(campaign_id)
    return _view(caller, campaign_id)


@router.get("/{campaign_id}/analytics", response_model=CampaignAnalytics)
def show_analytics(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    """What the campaign brought, counted from recorded events."""
    with caller.look() as department:
        return campaign_analytics(department, campaign_id)


@router.post(
    "/{campaign_id}/launch",
    response_model=CampaignView,
    responses={202: {"model": CampaignView, "description": "It waits for an approval."}},
)
def launch_campaign(
    campaign_id: CampaignId, caller: Caller, response: Response, request: Wish = None
) -> JsonObject:
    """Let it go; 202 while it still lacks an approval."""
    timing = TimingWish(Launch.NOW) if request is not None and request.now else None
    with caller.planned(campaign_id).changing(campaign_id) as department:
        outcome = department.campaigns.ask_launch(campaign_id, timing)
    if isinstance(outcome, NeedsApproval):
        response.status_code = 202
    proceed(caller.drumbeat, campaign_id)
    return _view(caller, campaign_id)


@router.post("/{campaign_id}/pause", response_model=CampaignView)
def pause_campaign(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    """Stop sending; what is on the wire ends."""
    with caller.changing(campaign_id) as department:
        department.campaigns.pause(campaign_id)
    return _view(caller, campaign_id)


@router.post("/{campaign_id}/resume", response_model=CampaignView)
def resume_campaign(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    """Go on where it was paused or halted."""
    with caller.changing(campaign_id) as department:
        department.campaigns.resume(campaign_id)
    return _view(caller, campaign_id)


@router.post("/{campaign_id}/cancel", response_model=CampaignView)
def cancel_campaign(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    """Send nothing more; whoever still waits is counted as suppressed."""
    with caller.changing(campaign_id) as department:
        department.campaigns.cancel(campaign_id)
    return _view(caller, campaign_id)


@router.get("/{campaign_id}/ledger", response_model=Ledger)
def show_ledger(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    """Who got it, who did not, and why, as counts that sum to the frozen audience."""
    with caller.look() as department:
        return department.campaigns.ledger(campaign_id)


@router.get("/{campaign_id}/ledger/rows", response_model=LedgerPage)
def list_ledger_rows(
    campaign_id: CampaignId,
    caller: Caller,
    state: LedgerState = "",
    email: LedgerEmail = "",
    cursor: Cursor = None,
    limit: LedgerLimit = 500,
) -> JsonObject:
    """Every recipient, or those of one state, or one address, in sending order."""
    with caller.look() as department:
        return department.campaigns.ledger_rows(
            campaign_id, cursor, limit, state=state, email=email
        )


@router.post("/{campaign_id}/ledger/decide", response_model=DecidedRows)
def decide_ledger_rows(
    campaign_id: CampaignId, request: DecisionRequest, caller: Caller
) -> JsonObject:
    """Say what became of messages whose end nobody saw, or have them sent once more.

    Sending again is a person's decision alone: whoever has the first copy may get a second one,
    with the same Message-ID.
    """
    with caller.begin() as department:
        return decide_rows(department, campaign_id, request.decision, request.which())


@router.get(
    "/{campaign_id}/preview",
    response_class=Response,
    responses={200: {"content": {"message/rfc822": {"schema": {"type": "string"}}}}},
)
def preview_campaign(
    campaign_id: CampaignId, contact: str, caller: Caller, variant: int = 0
) -> Response:
    """The bytes that one contact would be sent."""
    from drumbeat.marketing.campaigns.preview import preview

    with caller.look() as department:
        message = preview(department, campaign_id, contact, variant)
    return Response(message, media_type="message/rfc822")


@router.get("/{campaign_id}/checks", response_model=Checklist)
def show_checks(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    """The pre-send checklist, with what the last look outside found."""
    from drumbeat.bootstrap.outside import signed_by
    from drumbeat.marketing.campaigns.evidence import checklist_answer

    signing = signed_by(caller.drumbeat, caller.actor, campaign_id)
    with caller.look() as department:
        return checklist_answer(department, campaign_id, signing)


@router.post("/{campaign_id}/checks", response_model=Checklist)
def check_campaign(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    """Follow the links and ask DNS now, then answer the pre-send checklist."""
    from drumbeat.bootstrap.outside import check_outside

    caller.planned(campaign_id)
    check_outside(caller.drumbeat, caller.actor, campaign_id)
    return show_checks(campaign_id, caller)


def _view(caller: Caller, campaign_id: CampaignId) -> JsonObject:
    with caller.look() as department:
        campaign = department.campaigns.get(campaign_id)
        caller.headers["ETag"] = revision_tag(campaign.revision)
        return campaign_view(department, campaign)
