"""REST: every list is read page by page in the same way; a cursor that was made up is refused."""

from typing import Any

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.api import create_api
from drumbeat.interfaces.api.description import operations
from tests.interfaces.api.conftest import BRIEF, PREFIX, Rest, refused

FIXED = {
    "/accounts/audit": "entries",
    "/accounts/keys": "keys",
    "/accounts/people": "people",
    "/accounts/sessions": "sessions",
    "/approvals": "approvals",
    "/campaigns": "campaigns",
    "/campaigns/{campaign_id}/ledger/rows": "rows",
    "/campaigns/{campaign_id}/tests": "tests",
    "/contacts": "contacts",
    "/contacts/{contact_id}/timeline": "timeline",
    "/delivery/bounces": "bounces",
    "/experiments": "experiments",
    "/sandbox/messages": "messages",
    "/segments": "segments",
    "/senders/dkim": "keys",
    "/topics": "topics",
    "/erasure-requests": "requests",
    "/forms": "forms",
}


def test_every_list_is_known_here(house: Drumbeat) -> None:
    described = create_api(house).openapi()
    lists = {
        path.removeprefix(PREFIX): {each["name"] for each in operation.get("parameters", [])}
        for method, path, operation in operations(described)
        if method == "GET" and operation["operationId"].startswith("list_")
    }
    assert lists.keys() == FIXED.keys()
    for path, parameters in lists.items():
        assert {"cursor", "limit"} <= parameters, path


@pytest.fixture
def filled(rest: Rest, people: tuple[str, ...]) -> str:
    """At least three of whatever can be had without sending."""
    for number in range(3):
        rest.post("/campaigns", {**BRIEF, "alt_subject_line": f"Another {number}"}, status=201)
        rest.post("/accounts/keys", {"label": f"key {number}"}, status=201)
        person = {"email": f"p{number}@example.com", "role": "viewer"}
        rest.post("/accounts/people", person, status=201)
    for topic in ("One", "Two"):
        rest.post("/topics", {"name": topic}, status=201)
        rest.post("/forms", {"name": topic, "topics": ["marketing"]}, status=201)
    for way in ("rfm", "engagement", "lifecycle_stage"):
        rest.post("/segments", {"by": way}, status=201)
    for number in range(3):
        at = f"2026-10-0{number + 1}T08:00:00Z"
        fact = {"kind": "viewed", "occurred_at": at, "email": people[0]}
        rest.post("/events", {"events": [fact, fact]}, status=200)
    return rest.campaign(name="The fourth")


def named(rest: Rest, path: str, campaign: str) -> str:
    contact = rest.ask("GET", "/contacts").json()["contacts"][0]["contact_id"]
    return path.format(campaign_id=campaign, contact_id=contact)


def test_pages_of_one_are_the_same_rows_as_one_page(rest: Rest, filled: str) -> None:
    for path, rows in FIXED.items():
        path = named(rest, path, filled)
        whole = rest.ask("GET", path).json()
        paged: list[object] = []
        following: dict[str, Any] = {}
        while True:
            page = rest.ask("GET", path, limit=1, **following).json()
            assert len(page[rows]) <= 1, path
            paged += page[rows]
            if page["next_cursor"] is None:
                break
            assert isinstance(page["next_cursor"], str), path
            following = {"cursor": page["next_cursor"]}
        assert paged == whole[rows], path
        assert whole["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["0", "-1", "x", "\x00", "9" * 150, "😀", "1.", "cmp_"])
def test_a_cursor_that_was_made_up_is_refused(rest: Rest, filled: str, cursor: str) -> None:
    for path in FIXED:
        if not path.endswith("/rows"):
            answer = rest.ask("GET", named(rest, path, filled), cursor=cursor)
            refused(answer, 422, "invalid-input", "cursor")
    for limit in (0, -1, 100_000, "many"):
        refused(rest.ask("GET", "/campaigns", limit=limit), 422, "invalid-input", "limit")
