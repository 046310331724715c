"""REST: /accounts. People come, change and go; keys, sessions and the trail are read and ended."""

import httpx2
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import NOBODY, Actor, Scope
from drumbeat.marketing.accounts import Visitor, hash_password
from tests.conftest import HandClock
from tests.interfaces.api.conftest import Rest, key_of, refused

BOB = {"email": "bob@example.com", "role": "viewer", "name": "Bob"}


def accept(house: Drumbeat, invitation: object) -> str:
    """Follow an invitation; the session's secret."""
    secret = str(invitation).partition("invitation=")[2]
    hash = hash_password("correct horse battery", email="")
    with house.begin(NOBODY) as department:
        return department.signing_in.accept(secret, hash, Visitor("192.0.2.1")) or ""


def key_of_bob(house: Drumbeat, rest: Rest) -> tuple[Rest, str]:
    session = accept(house, rest.post("/accounts/people", BOB, status=201)["invitation"])
    with house.look(NOBODY) as department:
        bob = department.accounts.actor_for_session(session)
    assert bob is not None
    return Rest(rest.base, key_of(house, bob)), session


def test_a_person_is_added_promoted_invited_again_and_removed(rest: Rest) -> None:
    added = rest.post("/accounts/people", BOB, status=201)
    assert str(added["invitation"]).startswith("http://127.0.0.1:8000/welcome?invitation=")
    changed = rest.ask("PUT", "/accounts/people/bob@example.com", {"role": "marketer"})
    assert changed.json()["role"] == "marketer"
    again = rest.post(f"/accounts/people/{added['person_id']}/invitation", status=201)
    assert again["invitation"] != added["invitation"]
    people = rest.ask("GET", "/accounts/people").json()["people"]
    assert [(p["email"], p["role"], p["password"]) for p in people] == [
        ("owner@localhost", "owner", False),
        ("bob@example.com", "marketer", False),
    ]
    assert rest.ask("DELETE", f"/accounts/people/{added['person_id']}").json()["removed"] is True
    refused(rest.ask("DELETE", "/accounts/people/bob@example.com"), 404, "not-found")


def test_the_last_owner_stays(rest: Rest) -> None:
    for answer in (
        rest.ask("DELETE", "/accounts/people/owner@localhost"),
        rest.ask("PUT", "/accounts/people/owner@localhost", {"role": "viewer"}),
    ):
        assert "last owner" in refused(answer, 409, "conflict")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "no address", "role": "viewer"}, "email"),
        ({"email": "owner@localhost", "role": "viewer"}, "email"),
        ({"email": "a@b.c", "role": "king"}, "role"),
        ({"email": "a@b.c", "role": "viewer", "admin": True}, "admin"),
        ({"email": "a@b.c", "role": "viewer", "name": "a\u0000b"}, "name"),
    ],
)
def test_a_person_that_cannot_be_is_refused(rest: Rest, body: object, field: str) -> None:
    refused(rest.ask("POST", "/accounts/people", body), 422, "invalid-input", field)


def test_a_viewer_reads_results_and_sends_nothing(house: Drumbeat, rest: Rest) -> None:
    bob, _ = key_of_bob(house, rest)
    campaign = rest.campaign()
    assert bob.get("/campaigns")["campaigns"]
    assert bob.get(f"/campaigns/{campaign}/analytics")
    assert bob.get(f"/workflows/email/{campaign}")
    for verb in ("approve", "launch", "pause", "cancel"):
        answer = bob.ask("POST", f"/campaigns/{campaign}/{verb}", {})
        refused(answer, 403, "not-permitted")
    refused(bob.ask("GET", "/accounts/people"), 403, "not-permitted")
    refused(bob.ask("GET", "/accounts/audit"), 403, "not-permitted")
    refused(bob.ask("POST", "/accounts/people", BOB), 403, "not-permitted")


def test_a_key_that_has_expired_is_nobodys(
    house: Drumbeat, rest: Rest, owner: Actor, clock: HandClock
) -> None:
    body = {"label": "short", "expires": clock.advance().isoformat().replace("09:", "10:")}
    key = str(rest.post("/accounts/keys", body, status=201)["key"])
    assert Rest(rest.base, key).get("/campaigns") is not None
    clock.advance(hours=1)
    refused(Rest(rest.base, key).ask("GET", "/campaigns"), 401, "unauthenticated")


def test_keys_are_listed_without_their_secrets(house: Drumbeat, rest: Rest) -> None:
    bob, _ = key_of_bob(house, rest)
    bob.post("/accounts/keys", {"label": "bobs", "scopes": ["campaigns:read"]}, status=201)
    answer = rest.ask("GET", "/accounts/keys")
    assert "dbkey_" not in answer.text
    assert {key["person"] for key in answer.json()["keys"]} == {"Owner", "Bob"}
    mine = bob.ask("GET", "/accounts/keys").json()["keys"]
    assert {key["label"]: key["scopes"] for key in mine} == {
        "bobs": ["campaigns:read"],
        "test": None,
    }


def test_a_narrow_key_makes_no_wider_one(house: Drumbeat, rest: Rest, owner: Actor) -> None:
    narrow = Rest(rest.base, key_of(house, owner, Scope.ACCOUNTS_OWN, Scope.CAMPAIGNS_READ))
    made = Rest(rest.base, str(narrow.post("/accounts/keys", {"label": "wide"}, status=201)["key"]))
    assert made.get("/campaigns")["campaigns"] == []
    refused(made.ask("GET", "/accounts/people"), 403, "not-permitted")
    wider = {"label": "wider", "scopes": ["accounts:read"]}
    refused(narrow.ask("POST", "/accounts/keys", wider), 403, "not-permitted")


def test_sessions_are_listed_and_ended(house: Drumbeat, rest: Rest) -> None:
    bob, session = key_of_bob(house, rest)
    (listed,) = bob.ask("GET", "/accounts/sessions").json()["sessions"]
    assert bob.ask("DELETE", f"/accounts/sessions/{listed['id']}").status_code == 200
    with house.look(NOBODY) as department:
        assert department.accounts.actor_for_session(session) is None
    refused(bob.ask("DELETE", f"/accounts/sessions/{listed['id']}"), 404, "not-found")


def test_the_trail_is_paged_by_cursor_and_names_hands(rest: Rest) -> None:
    campaign = rest.campaign()
    entries = list[dict[str, object]]()
    path: str | None = f"/accounts/audit?subject={campaign}&limit=2"
    while path is not None:
        page = rest.ask("GET", path).json()
        entries += page["entries"]
        cursor = page["next_cursor"]
        path = cursor and f"/accounts/audit?subject={campaign}&limit=2&cursor={cursor}"
    assert [(e["action"], e["actor"], e["agent"]) for e in entries] == [
        ("campaign.awaiting_approval", "Owner", "engine"),
        ("approval.asked", "Owner", "engine"),
        ("campaign.planned", "Owner", "engine"),
        ("campaign.draft", "Owner", None),
    ]
    answer: httpx2.Response = rest.ask("GET", "/accounts/audit", cursor=-1)
    assert answer.status_code == 422
