"""REST: what waits for a yes, decided by the same use case as the campaign's own approval."""

from typing import Any

from tests.interfaces.api.conftest import BRIEF, Rest, refused

Json = dict[str, Any]


def waiting(rest: Rest) -> list[Json]:
    listed = rest.get("/approvals")["approvals"]
    assert isinstance(listed, list)
    return listed


def test_a_workflow_waits_until_its_approval_is_given(rest: Rest, people: tuple[str, ...]) -> None:
    answer = rest.ask("POST", "/workflows/email", {**BRIEF, "launch": "now"})
    assert answer.status_code == 202
    told = answer.json()
    campaign, approval = told["campaign"]["campaign_id"], told["approval_id"]
    now = rest.get(f"/workflows/email/{campaign}")
    assert (now["approval_needed"], now["approval_id"]) == (True, approval)
    [row] = waiting(rest)
    assert (row["approval_id"], row["state"]) == (approval, "waiting")
    assert row["effect"] == "send 'Spring letter' to 5 of everyone, into the sandbox"
    assert row["campaign"]["campaign_id"] == campaign
    given = rest.post(f"/approvals/{approval}/approve")
    assert (given["state"], given["decided_by"]) == ("approved", "Owner")
    later: Json = rest.get(f"/workflows/email/{campaign}")
    assert (later["approval_needed"], later["approval_id"]) == (False, None)
    assert later["campaign"]["status"] == "scheduled"
    assert waiting(rest) == []
    assert rest.post(f"/approvals/{approval}/approve")["state"] == "approved"
    refused(rest.ask("POST", f"/approvals/{approval}/decline"), 409, "conflict")


def test_what_was_changed_since_is_not_approved_by_the_old_question(
    rest: Rest, people: tuple[str, ...]
) -> None:
    campaign = rest.campaign()
    [old] = waiting(rest)
    rest.ask("PUT", f"/campaigns/{campaign}", {**BRIEF, "subject_line": "Another"})
    [new] = waiting(rest)
    assert new["approval_id"] != old["approval_id"]
    for verb in ("approve", "decline"):
        said = refused(rest.ask("POST", f"/approvals/{old['approval_id']}/{verb}"), 409, "conflict")
        assert "superseded" in said
    assert rest.get(f"/approvals/{old['approval_id']}")["state"] == "superseded"
    assert waiting(rest) == [new]


def test_no_is_an_answer_too_and_nobody_waits_for_a_cancelled_campaign(
    rest: Rest, people: tuple[str, ...]
) -> None:
    first, second = rest.campaign(), rest.campaign(name="Other")
    no, gone = waiting(rest)
    assert rest.post(f"/approvals/{no['approval_id']}/decline")["state"] == "declined"
    assert "edit" in str(rest.get(f"/campaigns/{first}")["waiting_for"])
    rest.post(f"/campaigns/{second}/cancel")
    assert waiting(rest) == []
    assert rest.get(f"/approvals/{gone['approval_id']}")["state"] == "superseded"
    refused(rest.ask("POST", f"/approvals/{gone['approval_id']}/approve"), 409, "conflict")
    for path in ("/approvals/apr_0", "/approvals/" + "x" * 5_000, "/approvals/%00"):
        refused(rest.ask("GET", path), 404, "not-found")
        refused(rest.ask("POST", f"{path}/approve"), 404, "not-found")


def test_the_content_of_a_campaign_is_what_its_arms_say(
    rest: Rest, people: tuple[str, ...]
) -> None:
    campaign = rest.campaign(alt_subject_line="Seeds {{ mood }}", enable_ab_testing=True)
    content = rest.get(f"/campaigns/{campaign}/content")
    arms = content["arms"]
    assert isinstance(arms, list)
    assert [(arm["name"], arm["subject_line"], arm["weight"]) for arm in arms] == [
        ("A", BRIEF["subject_line"], 0.5),
        ("B", "Seeds {{ mood }}", 0.5),
    ]
    assert {arm["content_html"] for arm in arms} == {BRIEF["content_html"]}
    assert content["links"] == [{"link_no": 0, "url": "https://example.com/spring"}]
    checks = content["checks"]
    assert isinstance(checks, list)
    assert any("'mood'" in check["message"] for check in checks)
    rest.ask("PUT", f"/campaigns/{campaign}", {**BRIEF, "subject_line": "Another"})
    changed: Json = rest.get(f"/campaigns/{campaign}/content")
    assert (content["revision"], changed["revision"]) == (1, 2)
    assert changed["content_hash"] != content["content_hash"]
    [arm] = changed["arms"]
    assert (arm["subject_line"], arm["name"]) == ("Another", None)
    refused(rest.ask("GET", "/campaigns/cmp_0/content"), 404, "not-found")
