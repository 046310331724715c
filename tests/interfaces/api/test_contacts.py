"""REST: contacts put one by one and in batches, listed, looked at and unsubscribed."""

import json
from typing import Any

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import Actor
from tests.interfaces.api.conftest import Rest, key_of, refused
from tests.interfaces.api.test_hostile import BODIES

ADA: dict[str, object] = {
    "email": "Ada@Example.com",
    "external_id": "A-17",
    "first_name": "Ada",
    "country": "Portugal",
    "consent": "subscribed",
    "attributes": {"shoe_size": 42, "vip": True},
}


def put(rest: Rest, body: object) -> dict[str, object]:
    answer = rest.ask("PUT", "/contacts", content=json.dumps(body).encode())
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def counts(report: dict[str, object]) -> tuple[object, ...]:
    return tuple(report[name] for name in ("rows", "added", "updated", "unchanged", "rejected"))


def listed(rest: Rest, **query: object) -> list[dict[str, object]]:
    found = rest.get("/contacts", **query)["contacts"]
    assert isinstance(found, list)
    return found


def test_one_contact_is_put_and_put_again(rest: Rest) -> None:
    assert counts(put(rest, ADA)) == (1, 1, 0, 0, 0)
    assert counts(put(rest, ADA)) == (1, 0, 0, 1, 0)
    assert counts(put(rest, {"external_id": "A-17", "city": "Porto"})) == (1, 0, 1, 0, 0)
    [row] = listed(rest, email=" ADA@example.com")
    assert row["attributes"] == {
        "first_name": "Ada",
        "country": "Portugal",
        "city": "Porto",
        "shoe_size": 42,
        "vip": True,
    }
    assert (row["timezone"], row["may_mail"], row["reason"]) == ("Europe/Lisbon", True, None)
    assert listed(rest, external_id="A-17") == [row]
    assert listed(rest, external_id="A-18") == []


def test_a_batch_keeps_what_it_can_and_names_what_it_cannot(rest: Rest) -> None:
    rows: list[object] = [
        ADA,
        {"email": "ada"},
        7,
        {"emial": "grace@example.com"},
        {"email": "grace@example.com", "attributes": {"tags": ["a"]}},
        {"email": "grace@example.com", "consented_at": "yesterday"},
        {"email": "grace@example.com", "attributes": {"\ud800": "x"}},
        {"email": "grace@example.com", "attributes": {str(n): n for n in range(201)}},
        {"email": "grace@example.com", "consent": "unsubscribed"},
    ]
    report = put(rest, {"contacts": rows})
    assert counts(report) == (9, 2, 0, 0, 7)
    problems = report["problems"]
    assert isinstance(problems, list)
    assert [(row["index"], row["field"]) for row in problems] == [
        (1, "email"),
        (2, "contact"),
        (3, "emial"),
        (4, "attributes.tags"),
        (5, "consented_at"),
        (6, "attributes"),
        (7, "attributes"),
    ]
    assert "did you mean 'email'" in problems[2]["reason"]
    assert counts(put(rest, {"contacts": rows})) == (9, 0, 0, 2, 7)
    assert listed(rest, email="grace@example.com")[0]["reason"] == "unsubscribed"


def test_one_contact_that_cannot_be_put_is_a_problem(rest: Rest) -> None:
    for body, field in (
        ({"email": "ada"}, "email"),
        ({"emial": "a@example.com"}, "emial"),
        ({}, "email"),
        ({"external_id": "nobody"}, "external_id"),
        ({"email": "a@example.com", "timezone": "Mars"}, "timezone"),
        ({"contacts": {"email": "a@example.com"}}, "contacts"),
        ({"contacts": None}, "contacts"),
        ({"contacts": [], "strict": True}, "strict"),
        ([ADA], "body"),
        (None, "body"),
    ):
        refused(rest.ask("PUT", "/contacts", content=json.dumps(body).encode()), 422,
                "invalid-input", field)  # fmt: skip
    assert listed(rest) == []


def test_a_hostile_body_or_query_is_refused_as_a_problem(rest: Rest) -> None:
    for what, body in BODIES.items():
        answer = rest.ask("PUT", "/contacts", content=body)
        assert answer.status_code in (400, 422), (what, answer.text)
    for text in ("\x00", "%", "x" * 900, "😀", "a@b@c", "ada@example.com\r\nBcc: x"):
        assert listed(rest, email=text) == []
        assert listed(rest, external_id=text[:200]) == []
        refused(rest.ask("GET", "/contacts", segment=text[:200]), 422, "invalid-input", "segment")
    assert rest.get("/status")["total_contacts"] == 0


def test_ten_thousand_rows_are_taken_and_one_more_is_not(rest: Rest) -> None:
    rows = [{"email": f"reader{number}@example.com"} for number in range(10_000)]
    assert counts(put(rest, {"contacts": rows})) == (10_000, 10_000, 0, 0, 0)
    assert counts(put(rest, {"contacts": []})) == (0, 0, 0, 0, 0)
    more = json.dumps({"contacts": [*rows, ADA]}).encode()
    refused(rest.ask("PUT", "/contacts", content=more), 422, "invalid-input", "contacts")
    large = json.dumps({"contacts": [{**ADA, "city": "x" * 17_000_000}]}).encode()
    refused(rest.ask("PUT", "/contacts", content=large), 413, "too-large")


def test_contacts_are_paged_completely_and_once(rest: Rest, people: tuple[str, ...]) -> None:
    for limit in (1, 2, 5, 1000):
        found: list[object] = []
        page = rest.get("/contacts", limit=limit)
        while True:
            rows = page["contacts"]
            assert isinstance(rows, list)
            found += [row["email"] for row in rows]
            if page["next_cursor"] is None:
                break
            page = rest.get("/contacts", limit=limit, cursor=page["next_cursor"])
        assert found == list(people), limit
    refused(rest.ask("GET", "/contacts", cursor="con_x"), 422, "invalid-input", "cursor")
    refused(rest.ask("GET", "/contacts", limit=0), 422, "invalid-input", "limit")


def test_contacts_of_a_segment_are_those_it_names(rest: Rest, people: tuple[str, ...]) -> None:
    put(rest, {"email": people[0], "country": "Portugal"})
    put(rest, {"email": people[3], "country": "Portugal"})
    rest.post("/segments", {"by": "demographic"}, status=201)
    named = listed(rest, segment="Portugal")
    assert [row["email"] for row in named] == [people[0], people[3]]
    first = rest.get("/contacts", segment="demographic:Portugal", limit=1)
    assert first["next_cursor"] == named[0]["contact_id"]
    rest_of_it = listed(rest, segment="Portugal", cursor=first["next_cursor"])
    assert rest_of_it == named[1:]
    shown: dict[str, Any] = rest.get(f"/contacts/{named[0]['contact_id']}")
    assert [each["name"] for each in shown["segments"]] == ["Portugal"]
    said = refused(rest.ask("GET", "/contacts", segment="Portugall"), 422, "invalid-input",
                   "segment")  # fmt: skip
    assert "'Portugal'" in said
    both = rest.ask("GET", "/contacts", segment="Portugal", email="a@example.com")
    refused(both, 422, "invalid-input", "segment")


def test_a_contact_is_shown_with_all_that_happened(rest: Rest, people: tuple[str, ...]) -> None:
    event = {
        "kind": "purchased",
        "occurred_at": "2026-10-01T09:00:00Z",
        "email": people[0],
        "event_id": "e1",
        "value": "40.50",
        "currency": "EUR",
    }
    rest.post("/events", {"events": [event]})
    contact = listed(rest, email=people[0])[0]
    shown: dict[str, Any] = rest.get(f"/contacts/{contact['contact_id']}")
    assert contact.items() <= shown.items()
    [proof], [happened] = shown["consent_proofs"], shown["timeline"]
    assert (proof["state"], proof["by"]) == ("subscribed", "Owner")
    assert (happened["kind"], happened["value"]) == ("purchased", 40.5)
    assert shown["mailings"] == []
    for nobody in ("con_x", "con_" + "x" * 5_000, "cmp_0", "%00"):
        refused(rest.ask("GET", f"/contacts/{nobody}"), 404, "not-found")


def test_who_unsubscribes_stays_so_whatever_is_put(rest: Rest, people: tuple[str, ...]) -> None:
    contact = listed(rest, email=people[0])[0]["contact_id"]
    path = f"/contacts/{contact}/unsubscribe"
    assert rest.post(path)["changed"] is True
    assert rest.post(path)["changed"] is False
    put(rest, {"email": people[0], "consent": "subscribed"})
    shown = rest.get(f"/contacts/{contact}")
    assert (shown["may_mail"], shown["reason"]) == (False, "unsubscribed")
    refused(rest.ask("POST", "/contacts/con_x/unsubscribe"), 404, "not-found")


@pytest.mark.parametrize("scopes", [("audience:read",), ("campaigns:read", "events:read")])
def test_who_may_not_write_contacts_unsubscribes_nobody(
    house: Drumbeat, owner: Actor, rest: Rest, people: tuple[str, ...], scopes: tuple[str, ...]
) -> None:
    contact = listed(rest)[0]["contact_id"]
    limited = Rest(rest.base, key_of(house, owner, *scopes))  # type: ignore[arg-type]
    answer = limited.ask("POST", f"/contacts/{contact}/unsubscribe")
    assert "consent:withdraw" in refused(answer, 403, "not-permitted")
    assert rest.get(f"/contacts/{contact}")["may_mail"] is True


def test_two_contacts_become_one(rest: Rest, house: Drumbeat) -> None:
    for email in ("ada.l@gmail.com", "adal+x@gmail.com"):
        assert rest.ask("PUT", "/contacts", {"email": email}).status_code == 200
    answer: Any = rest.get("/audience/duplicates")
    [pair] = answer["pairs"]
    assert pair["shared"] == [{"kind": "mailbox", "value": "adal@gmail.com"}]
    keep, other = pair["keep"]["contact_id"], pair["other"]["contact_id"]
    path, body = f"/contacts/{keep}/merge", {"other": other}
    asked = rest.post(path, {**body, "dry_run": True}, status=200)
    assert (asked["done"], asked["planned_messages"]) == (False, 0)
    assert rest.post(path, body, status=200)["done"]
    assert rest.ask("POST", path, body).status_code == 422
    assert rest.ask("POST", path, {"other": "con_nobody"}).status_code == 404
    shown: Any = rest.get(f"/contacts/{other}")
    assert (shown["contact_id"], shown["email"]) == (keep, "ada.l@gmail.com")
    assert [each["email"] for each in shown["merged"]] == ["adal+x@gmail.com"]
    assert rest.get("/audience/duplicates") == {"pairs": []}
