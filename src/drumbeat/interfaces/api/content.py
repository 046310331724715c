"""REST: what the arms of a campaign say."""

from fastapi import APIRouter

from drumbeat.interfaces.api.answers import ContentAnswer
from drumbeat.interfaces.api.identity import Caller
from drumbeat.kit.ids import CampaignId
from drumbeat.marketing.campaigns.content_answer import content_answer

router = APIRouter(prefix="/campaigns", tags=["campaigns"])


@router.get("/{campaign_id}/content", response_model=ContentAnswer)
def show_content(campaign_id: CampaignId, caller: Caller) -> dict[str, object]:
    """What each arm says, what checks found, and where its links lead; no arms before planning."""
    with caller.look() as department:
        return content_answer(department, campaign_id)
