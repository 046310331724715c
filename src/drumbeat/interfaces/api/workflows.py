"""REST: /workflows/email, a whole campaign from one request."""

from fastapi import APIRouter
from fastapi.responses import Response

from drumbeat.interfaces.api.campaign_answers import WorkflowAnswer
from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.requests import EmailWorkflowRequest
from drumbeat.kit.ids import CampaignId
from drumbeat.kit.json_objects import JsonObject
from drumbeat.kit.result import NeedsApproval
from drumbeat.marketing.campaigns import State
from drumbeat.marketing.campaigns.answer import workflow_answer
from drumbeat.marketing.campaigns.pipeline import create_and_plan, proceed
from drumbeat.marketing.department import Department

router = APIRouter(prefix="/workflows", tags=["workflows"])


@router.post(
    "/email",
    response_model=WorkflowAnswer,
    responses={202: {"model": WorkflowAnswer, "description": "It waits for an approval."}},
)
def run_email_workflow(
    request: EmailWorkflowRequest, caller: Caller, response: Response
) -> JsonObject:
    """Plan, ask and launch; 202 with an `approval_id` while a person still has to say yes."""
    named = caller.campaign_id()
    campaign_id = create_and_plan(caller.drumbeat, request.brief(), caller.begin, named)
    with caller.begin() as department:
        if _needs_approval(department, campaign_id, request):
            response.status_code = 202
    proceed(caller.drumbeat, campaign_id)
    return show_email_workflow(campaign_id, caller)


@router.get("/email/{campaign_id}", response_model=WorkflowAnswer)
def show_email_workflow(campaign_id: CampaignId, caller: Caller) -> JsonObject:
    """The workflow's answer as it stands now; every figure says as of when."""
    with caller.look() as department:
        return workflow_answer(department, campaign_id)


def _needs_approval(
    department: Department, campaign_id: CampaignId, request: EmailWorkflowRequest
) -> bool:
    """Say yes and ask for the launch, as far as neither has been done since an interrupted run."""
    campaign = department.campaigns.get(campaign_id)
    waits = campaign.state is State.AWAITING_APPROVAL
    if request.approve and waits:
        department.campaigns.approve(campaign_id)
    if campaign.launch is not None:
        return waits and not request.approve
    return isinstance(department.campaigns.ask_launch(campaign_id), NeedsApproval)
