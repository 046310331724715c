"""REST: segments, the sandbox's mail, the house at a glance."""

from datetime import datetime

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import Actor
from drumbeat.kit.ids import CampaignId
from drumbeat.kit.result import Again
from drumbeat.marketing.accounts import Role, scopes_of
from drumbeat.marketing.campaigns.pipeline import advance
from tests.interfaces.api.conftest import BRIEF, Rest, key_of, refused

STATUS = {
    "total_campaigns_sent", "total_emails_sent", "total_subscribers", "total_contacts",
    "total_segments_created", "total_ab_tests_run", "total_revenue_generated", "currency",
    "improvement", "automation_share", "campaigns", "simulated", "as_of",
}  # fmt: skip


def test_segments_are_made_by_a_criterion_and_listed_with_their_rule(
    rest: Rest, people: tuple[str, ...]
) -> None:
    made = rest.post("/segments", {"by": "engagement"}, status=201)["segments"]
    assert made == rest.get("/segments")["segments"]
    assert isinstance(made, list)
    assert sum(row["subscriber_count"] for row in made) == len(people)
    assert all(row["rule"] and row["name"] and row["criterion"] == "engagement" for row in made)
    rest.post("/segments", {"by": "rfm"}, status=201)
    refused(rest.ask("POST", "/segments", {"by": "mood"}), 422, "invalid-input", "segment_by")
    refused(rest.ask("POST", "/segments", {"bye": "rfm"}), 422, "invalid-input", "bye")


def test_a_new_house_has_counted_nothing(rest: Rest) -> None:
    status = rest.get("/status")
    assert set(status) == STATUS
    assert (status["total_campaigns_sent"], status["total_contacts"]) == (0, 0)
    assert (status["improvement"], status["automation_share"]) == (None, None)
    engine = rest.get("/engine")
    assert (engine["running"], engine["due_now"], engine["next_due"]) == (False, False, None)


def test_a_viewer_reads_results_and_nobodys_address(
    house: Drumbeat, owner: Actor, rest: Rest, people: tuple[str, ...]
) -> None:
    campaign = rest.campaign(timing={"mode": "now"})
    rest.post(f"/campaigns/{campaign}/approve")
    rest.post(f"/campaigns/{campaign}/launch")
    while advance(house, CampaignId(campaign)) == Again():
        pass
    viewer = Rest(rest.base, key_of(house, owner, *scopes_of(Role.VIEWER)))
    assert viewer.get("/status")["total_contacts"] == len(people)
    for path in ("", "/analytics", "/ledger", "/ledger/rows"):
        viewer.get(f"/campaigns/{campaign}{path}")
    told, seen = (each.get(f"/campaigns/{campaign}/ledger/rows")["rows"] for each in (rest, viewer))
    assert isinstance(told, list)
    assert {row["email"] for row in told} == set(people)
    assert seen == [{**row, "email": None, "message_id": ""} for row in told]
    for path in ("/contacts", f"/contacts/{told[0]['contact_id']}", "/segments"):
        refused(viewer.ask("GET", path), 403, "not-permitted")


def test_the_workflow_answers_in_the_shape_that_is_promised(
    rest: Rest, people: tuple[str, ...]
) -> None:
    request = {**BRIEF, "alt_subject_line": "Seeds", "enable_ab_testing": True}
    answer = rest.ask("POST", "/workflows/email", request)
    told = answer.json()
    assert (answer.status_code, told["campaign"]["status"]) == (202, "awaiting_approval")
    assert told["approval_id"]
    assert told["ab_testing"]["enabled"] is True
    metrics = told["performance_metrics"]
    assert {metrics[name] for name in ("sent_count", "open_rate", "click_rate")} == {None}
    assert (told["success"], told["ledger"]["frozen"]) == (True, 0)
    assert told["segmentation"]["total_subscribers"] == len(people)
    campaign = told["campaign"]["campaign_id"]
    assert rest.get(f"/workflows/email/{campaign}")["campaign"] == told["campaign"]
    approved = rest.post("/workflows/email", {**request, "approve": True, "launch": "now"})
    assert approved["campaign"]["status"] == "scheduled"  # type: ignore[index]
    assert approved["due_now"] is True


@pytest.fixture
def mail(house: Drumbeat, owner: Actor, rest: Rest) -> list[str]:
    """Seven messages in the sandbox."""
    from drumbeat.storage.mail_folder import NewMail

    addresses = [f"reader{number}@example.com" for number in range(7)]
    folder = house._mail_folder
    now: datetime = house.office.clock()
    folder.add(
        [
            NewMail(
                now, "news@example.com", address, "Grüße", "<1@example.com>", message_to(address)
            )
            for address in addresses
        ]
    )
    return addresses


def message_to(address: str) -> bytes:
    return (
        f"From: news@example.com\r\nTo: {address}\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
        "Message-ID: <1@example.com>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n"
    ).encode()


def test_the_sandbox_is_paged_completely_and_once(rest: Rest, mail: list[str]) -> None:
    for limit in (1, 3, 7, 500):
        found: list[str] = []
        page = rest.get("/sandbox/messages", limit=limit)
        while True:
            rows = page["messages"]
            assert isinstance(rows, list)
            found += [row["to"] for row in rows]
            if page["next_cursor"] is None:
                break
            page = rest.get("/sandbox/messages", limit=limit, cursor=page["next_cursor"])
        assert found == mail[::-1], limit
    assert rest.get("/sandbox/messages")["total"] == 7


def test_a_message_of_the_sandbox_is_shown_with_its_source(rest: Rest, mail: list[str]) -> None:
    listed = rest.get("/sandbox/messages", to=mail[2])["messages"]
    assert isinstance(listed, list)
    (row,) = listed
    shown = rest.get(f"/sandbox/messages/{row['no']}")
    assert (shown["to"], shown["subject"], shown["text"]) == (mail[2], "Grüße", "Hello\r\n")
    assert "Message-ID: <1@example.com>" in str(shown["source"])
