"""REST: what the arms of a campaign say, and how words look that nobody has saved yet."""

from dataclasses import asdict

from fastapi import APIRouter

from drumbeat.interfaces.api.answers import ContentAnswer, ContentPreview
from drumbeat.interfaces.api.errors import MAY_MISS
from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.requests import ContentPreviewRequest
from drumbeat.kit.ids import CampaignId
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.campaigns.content_answer import content_answer
from drumbeat.marketing.campaigns.preview import preview_draft

router = APIRouter(tags=["campaigns"])


@router.get("/campaigns/{campaign_id}/content", response_model=ContentAnswer)
def show_content(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    """What each arm says, what checks found, and where its links lead; no arms before planning."""
    with caller.look() as department:
        return content_answer(department, campaign_id)


@router.post("/content/preview", response_model=ContentPreview, responses=MAY_MISS)
def preview_content(request: ContentPreviewRequest, caller: Caller) -> JsonObject:
    """The message that one contact would get if this were saved; nothing is saved by looking."""
    brief, contact = request.brief(), request.contact
    seen = preview_draft(caller.drumbeat, caller.actor, brief, contact, request.variant)
    return {
        "message": seen.message.decode("utf-8", "replace"),
        "missing": [asdict(each) for each in seen.missing],
        "checks": [asdict(each) for each in seen.checks],
        "links": list(seen.links),
    }
