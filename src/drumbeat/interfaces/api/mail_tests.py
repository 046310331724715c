"""REST: /campaigns/{id}/tests, production's mail to a few colleagues before anybody gets it."""

from typing import Literal

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.paging import Cursor, Limit, page_of
from drumbeat.interfaces.api.shape import Instant, NextCursor, Shape
from drumbeat.interfaces.api.strict import Strict
from drumbeat.kit.ids import CampaignId
from drumbeat.kit.json_objects import JsonObject

router = APIRouter(prefix="/campaigns", tags=["campaigns"])


class MailTestRequest(Strict):
    """To whom, and as which contact would get it; the bytes are production's."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"to": ["me@example.com"], "contact": "ada@example.com", "variant": 0}]
        }
    )

    to: list[str] = Field(min_length=1, max_length=10, description="At most ten addresses.")
    contact: str = Field(max_length=320, description="Whom it is built for: their address.")
    variant: int = Field(0, ge=0, description="Which one, from 0: the control.")


class MailTestView(Shape):
    test_id: str
    to: str
    variant: int
    state: Literal["waiting", "armed", "sent", "failed", "uncertain"]
    reason: str = Field(description="Why it failed or is uncertain.")
    asked_at: Instant
    ended_at: Instant | None


class MailTests(Shape):
    """Test mail is in no tally and no figure."""

    campaign_id: str
    tests: list[MailTestView]


class MailTestPage(MailTests):
    next_cursor: NextCursor


@router.post("/{campaign_id}/tests", status_code=201, response_model=MailTests)
def test_campaign(campaign_id: CampaignId, request: MailTestRequest, caller: Caller) -> JsonObject:
    """Ask for a test; the engine sends it."""
    from drumbeat.marketing.campaigns.testing import Wish, ask_for_test, row_of_test

    caller.planned(campaign_id)
    wish = Wish(campaign_id, request.to, request.contact, request.variant)
    # Named after the request, so that a second run of it finds what the first one made.
    name = None if caller.claim is None else f"tst{caller.claim.id[3:]}"
    asked = ask_for_test(caller.look, caller.begin, wish, name)
    return {"campaign_id": campaign_id, "tests": [row_of_test(test) for test in asked]}


@router.get("/{campaign_id}/tests", response_model=MailTestPage)
def list_tests(
    campaign_id: CampaignId, caller: Caller, cursor: Cursor = None, limit: Limit = 100
) -> JsonObject:
    """What became of a campaign's tests, the newest first."""
    from drumbeat.marketing.campaigns.testing import rows_of_tests

    with caller.look() as department:
        listed = rows_of_tests(department, campaign_id)
    page, following = page_of(listed, cursor, limit, lambda row: str(row["test_id"]))
    return {"campaign_id": campaign_id, "tests": page, "next_cursor": following}
