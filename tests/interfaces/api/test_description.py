"""REST: the description is whole, and every example in it works as it stands."""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.api import create_api
from drumbeat.interfaces.api.description import operations
from tests.interfaces.api.conftest import PREFIX, Rest

Json = dict[str, Any]
BEFORE = {
    "pause_campaign": ("approve", "launch"),
    "resume_campaign": ("approve", "launch", "pause"),
}
"""What a campaign must have been through before an operation does anything."""


@pytest.fixture
def described(house: Drumbeat) -> Json:
    return create_api(house).openapi()


def test_every_operation_says_what_it_does_and_answers(described: Json) -> None:
    tags = {tag["name"] for tag in described["tags"] if tag["description"]}
    for method, path, operation in operations(described):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert operation["description"], where
        assert set(operation["tags"]) <= tags, where
        for status, answer in operation["responses"].items():
            assert answer["description"], (where, status)
            schemas = [told["schema"] for told in answer.get("content", {}).values()]
            assert all(schemas), f"{where} {status}: give the route a response_model."
            assert status != "200" or not any(_is_free(each) for each in schemas), where
        if path.startswith(PREFIX):
            assert {"401", "403"} <= operation["responses"].keys(), where


def _is_free(schema: Mapping[str, object]) -> bool:
    """An object of which nothing is said."""
    return schema.get("type") == "object" and "properties" not in schema


def test_every_refusal_has_one_shape(described: Json) -> None:
    shape = {"schema": {"$ref": "#/components/schemas/Problem"}}
    for _, path, operation in operations(described):
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert answer["content"] == {"application/problem+json": shape}, path


def test_every_body_has_an_example(described: Json) -> None:
    without = [
        operation["operationId"]
        for _, _, operation in operations(described)
        if "requestBody" in operation and not list(examples_of(described, operation))
    ]
    assert not without


def examples_of(described: Json, operation: Json) -> Iterator[tuple[str, object]]:
    """(media type, body) of every example that the description gives for this operation."""
    for kind, told in operation.get("requestBody", {}).get("content", {}).items():
        if "example" in told:
            yield kind, told["example"]
        for each in _holders(described, told["schema"]):
            yield from ((kind, example) for example in each.get("examples", ()))


def _holders(described: Json, schema: Json) -> Iterator[Json]:
    yield schema
    if "$ref" in schema:
        yield from _holders(described, _named(described, schema))
    for each in schema.get("anyOf", ()):
        yield from _holders(described, each)


def _named(described: Json, schema: Json) -> Json:
    found: Json = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def test_every_example_of_a_shape_is_of_that_shape(described: Json) -> None:
    for name, schema in described["components"]["schemas"].items():
        for example in [*schema.get("examples", ()), *filter(None, [schema.get("example")])]:
            assert not list(_validator(described, schema).iter_errors(example)), name


def _validator(described: Json, schema: Json) -> jsonschema_rs.Draft202012Validator:
    whole = {**schema, "components": described["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def test_every_example_is_answered_as_described(
    described: Json, rest: Rest, people: tuple[str, ...]
) -> None:
    """Every operation: with each example of a body, or without one, on things that exist."""
    rest.post("/accounts/keys", {"label": "old"}, status=201)
    rest.post("/segments", {"by": "rfm"}, status=201)
    rest.post("/topics", {"name": "Garden tips", "key": "garden-tips"}, status=201)
    rest.post("/segments", {"name": "Often", "rule": "clicked >= 9"}, status=201)
    rest.campaign(name="Tested", alt_subject_line="Spring is here")
    for method, path, operation in operations(described):
        if not path.startswith(PREFIX):
            continue
        examples = list(examples_of(described, operation)) or [("", None)]
        for number, (kind, body) in enumerate(examples):
            names = fresh_names(rest, operation["operationId"], path, number)
            if names is None:
                continue
            place = path.removeprefix(PREFIX).format(**names)
            is_file = isinstance(body, str)
            query = {"contact": people[0]} if place.endswith("/preview") else {}
            query = needed(operation, people[0]) | query
            answer = rest.ask(
                method,
                place,
                None if is_file else body,
                content=str(body).encode() if is_file else None,
                headers={"Content-Type": kind} if is_file else None,
                **query,
            )
            told = operation["responses"].get(str(answer.status_code), {})
            assert answer.status_code < 300, (method, place, body, answer.text)
            kind = answer.headers["content-type"].partition(";")[0]
            content = told["content"][kind]
            if kind == "application/json" and not is_file:
                wrong = list(_validator(described, content["schema"]).iter_errors(answer.json()))
                assert not wrong, (method, place, wrong)


NOT_HERE = (
    "end_session",
    "merge_into_contact",
    "show_message",
    "decide_ledger_rows",
    "rotate_dkim_keys",
    "check_sender_records",
)
"""A browser's, mail that was sent, a key in DNS, a sender's domain: tests/interfaces has them."""


def needed(operation: Json, contact: str) -> dict[str, str]:
    """What the operation cannot do without in its query."""
    known = {"deed": "buy", "segment": "Often", "email": "ada@example.com", "contact": contact}
    asked = operation.get("parameters", [])
    names = [each["name"] for each in asked if each["in"] == "query" and each.get("required")]
    return {name: known[name] for name in names}


def fresh_names(rest: Rest, operation: str, path: str, number: int) -> dict[str, str] | None:
    """Things of their own for this request, in the state it needs; None where there are none."""
    if operation in NOT_HERE:
        return None
    names = {"label": "old", "key": "garden-tips", "segment": "Often"}
    if "{campaign_id}" in path or "{approval_id}" in path:
        timing = {"mode": "at", "at": "2027-03-01T08:00:00Z"}
        campaign = rest.campaign(name=f"{operation} {number}", timing=timing)
        for step in BEFORE.get(operation, ()):
            assert rest.ask("POST", f"/campaigns/{campaign}/{step}").status_code == 200
        asked = rest.get(f"/campaigns/{campaign}")["approval_id"]
        names |= {"campaign_id": campaign, "approval_id": str(asked)}
    if "{person}" in path:
        told = {"email": f"{operation}.{number}@example.com", "role": "viewer"}
        names["person"] = str(rest.post("/accounts/people", told, status=201)["person_id"])
    if "{form_id}" in path:
        form = rest.post("/forms", {"name": "Letter", "topics": ["marketing"]}, status=201)
        names["form_id"] = str(form["form_id"])
    if operation in ("change_segment", "delete_segment"):
        names["segment"] = f"To {operation}"
        rest.post("/segments", {"name": names["segment"], "rule": "clicked >= 9"}, status=201)
    if "{contact_id}" in path:
        # Who was unsubscribed by an example before cannot say yes by the next.
        place = int(operation == "record_choices")
        names["contact_id"] = rest.ask("GET", "/contacts").json()["contacts"][place]["contact_id"]
    if "{experiment_id}" in path:
        tests = rest.ask("GET", "/experiments").json()["experiments"]
        names["experiment_id"] = tests[0]["experiment_id"]
    return names
