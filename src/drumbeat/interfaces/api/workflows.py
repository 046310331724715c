"""REST: /workflows/email, a whole campaign from one request."""

from fastapi import APIRouter
from fastapi.responses import Response

from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.requests import EmailWorkflowRequest
from drumbeat.kit.ids import CampaignId
from drumbeat.kit.result import NeedsApproval
from drumbeat.marketing.campaigns.answer import workflow_answer
from drumbeat.marketing.campaigns.pipeline import create_and_plan, proceed

router = APIRouter(prefix="/workflows", tags=["workflows"])

JsonObject = dict[str, object]


@router.post("/email")
def run_email_workflow(
    request: EmailWorkflowRequest, caller: Caller, response: Response
) -> JsonObject:
    """Plan, ask and launch; 202 with an `approval_id` while a person still has to say yes."""
    campaign_id = create_and_plan(caller.drumbeat, request.brief(), caller.actor)
    with caller.begin() as department:
        if request.approve:
            department.campaigns.approve(campaign_id)
        outcome = department.campaigns.ask_launch(campaign_id)
    if isinstance(outcome, NeedsApproval):
        response.status_code = 202
    proceed(caller.drumbeat, campaign_id)
    return show_email_workflow(campaign_id, caller)


@router.get("/email/{campaign_id}")
def show_email_workflow(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    """The workflow's answer as it stands now; every figure says as of when."""
    with caller.look() as department:
        return workflow_answer(department, campaign_id)
