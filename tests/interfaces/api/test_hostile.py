"""REST: whatever is sent, the answer is a problem that can be read, never a 500."""

import json

import pytest

from tests.interfaces.api.conftest import BRIEF, Rest, refused

ROUTES = (
    "/campaigns",
    "/workflows/email",
    "/segments",
    "/events",
    "/campaigns/cmp_0/launch",
    "/experiments/analyze",
)
SURROGATE = "\ud800"
BODIES = {
    "empty": b"",
    "nothing": b"null",
    "a number": b"7",
    "a list": b"[]",
    "a text": b'"hello"',
    "not JSON": b"{name: 1}",
    "half of it": b'{"name": "x',
    "two of them": b"{}{}",
    "not a number": b'{"name": NaN, "traffic_split": Infinity}',
    "a long number": b'{"sample_size": ' + b"9" * 6_000 + b"}",
    "a NUL": b'{"name": "\x00"}',
    "latin-1": '{"name": "é"}'.encode("latin-1"),
    "utf-16": '{"name": "é"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"name":' * 50_000 + b"1" + b"}" * 50_000,
    "a surrogate as a name": b'{"\\ud800": 1}',
    "surrogates everywhere": json.dumps(
        {name: SURROGATE for name in ("name", "subject_line", "content_html", "by", "audience")}
    ).encode(),
    "a surrogate as an event": json.dumps(
        {"events": [{"kind": SURROGATE, "occurred_at": SURROGATE, "email": SURROGATE}]}
    ).encode(),
}


@pytest.mark.parametrize("what", BODIES)
def test_a_hostile_body_is_refused_as_a_problem(rest: Rest, what: str) -> None:
    for path in ROUTES:
        answer = rest.ask("POST", path, content=BODIES[what])
        assert answer.status_code < 500, (path, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["type"].startswith("urn:drumbeat:problem:")
            assert len(answer.content) < 2_000


def test_every_text_field_takes_any_text_or_says_why_not(
    rest: Rest, people: tuple[str, ...]
) -> None:
    fields = [
        "name", "subject_line", "alt_subject_line", "content_html", "content_text", "sender_name",
        "sender_email", "audience", "segment_by",
    ]  # fmt: skip
    for field in fields:
        for text in ("\x00", SURROGATE, "\u202e\ufeff", "a\r\nBcc: eve@example.com", "😀" * 90):
            body = json.dumps({**BRIEF, field: text}).encode()
            answer = rest.ask("POST", "/campaigns", content=body)
            assert answer.status_code in (201, 422), (field, text, answer.text)
            if answer.status_code == 422:
                assert answer.json()["field"], (field, answer.text)


def test_fifty_megabytes_are_refused_without_being_read(rest: Rest) -> None:
    body = b'{"name": "' + b"x" * 50_000_000 + b'"}'
    for path in ("/campaigns", "/events"):
        refused(rest.ask("POST", path, content=body), 413, "too-large")
    chunked = rest.ask("POST", "/campaigns", content=None, headers={"X-Other": "1"})
    assert chunked.status_code == 422
    assert rest.get("/status")["total_contacts"] == 0


def test_a_path_or_a_method_that_does_not_exist_is_a_problem(rest: Rest) -> None:
    assert "/nowhere" in refused(rest.ask("GET", "/nowhere"), 404, "not-found")
    refused(rest.ask("DELETE", "/campaigns"), 405, "method-not-allowed")
    refused(rest.ask("GET", "/campaigns/%00"), 404, "not-found")
    refused(rest.ask("GET", "/campaigns/" + "x" * 5_000), 404, "not-found")
    refused(rest.ask("GET", "/campaigns/%ff%fe"), 404, "not-found")
    refused(rest.ask("GET", "/campaigns/{path}/{0}"), 404, "not-found")
    refused(rest.ask("GET", "/sandbox/messages/" + "9" * 40), 422, "invalid-input", "number")
    refused(rest.ask("GET", "/sandbox/messages/7"), 404, "not-found")


def test_hostile_words_in_a_query_are_only_words(rest: Rest) -> None:
    for text in ("\x00", "'; DROP TABLE campaign; --", "%", "x" * 3_000, "😀"):
        refused(rest.ask("GET", "/campaigns", cursor=text), 422, "invalid-input", "cursor")
        assert rest.ask("GET", "/sandbox/messages", to=text).json()["messages"] == []
