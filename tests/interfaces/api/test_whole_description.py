"""REST: whatever the description allows or forbids is sent to every route, and answered as it says.

No 500, no status, content type or answer that the description does not know; as an owner, a viewer
and nobody. The same requests every time.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.api import create_api
from drumbeat.kit.actor import Actor
from drumbeat.marketing.accounts import Newcomer, Role
from tests.interfaces.api.conftest import Rest, key_of

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SAME_EVERY_TIME = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=5,
    suppress_health_check=list(HealthCheck),
)
load_all_checks()


@schemathesis.serializer("message/rfc822")
def as_it_is(_: schemathesis.SerializationContext, value: Any) -> bytes:
    """A mail, or whatever else was made up in its place."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


def key_as(house: Drumbeat, owner: Actor, role: str) -> str | None:
    if role == "nobody":
        return None
    if role == "owner":
        return key_of(house, owner)
    with house.begin(owner) as department:
        person, _ = department.people.add(Newcomer("vera@example.com", Role.VIEWER))
        viewer = department.accounts.actor_of(person.person_no)
    return key_of(house, viewer)


def known_ids(rest: Rest) -> dict[str, str]:
    """What a path may name, of each kind one that exists."""
    campaign = rest.campaign(alt_subject_line="Spring is here")
    shown = rest.get(f"/campaigns/{campaign}")
    rest.post("/segments", {"by": "rfm"}, status=201)
    rest.post("/accounts/keys", {"label": "old"}, status=201)
    grace = rest.post("/accounts/people", {"email": "g@example.com", "role": "analyst"}, status=201)
    form = rest.post("/forms", {"name": "Letter", "topics": ["marketing"]}, status=201)
    contact = rest.ask("GET", "/contacts").json()["contacts"][0]
    test = rest.ask("GET", "/experiments").json()["experiments"][0]
    return {
        "campaign_id": campaign,
        "approval_id": str(shown["approval_id"]),
        "experiment_id": test["experiment_id"],
        "contact_id": contact["contact_id"],
        "person": str(grace["person_id"]),
        "label": "old",
        "key": "marketing",
        "form_id": str(form["form_id"]),
        "session_id": "ses_0",
        "number": "1",
    }


Way = tuple[GenerationMode, dict[str, str] | None]


def ways(path: str, operation: dict[str, object], known: dict[str, str]) -> Iterator[Way]:
    """With what the description allows and with what it forbids; with any path and a known one."""
    modes = [GenerationMode.POSITIVE]
    if "parameters" in operation or "requestBody" in operation:
        modes.append(GenerationMode.NEGATIVE)
    named = {name: known[name] for name in known if f"{{{name}}}" in path}
    for mode in modes:
        yield mode, None
        if named:
            yield mode, named


@pytest.mark.parametrize("role", ["owner", "viewer", "nobody"])
def test_every_route_answers_as_it_is_described(
    house: Drumbeat, owner: Actor, rest: Rest, people: tuple[str, ...], role: str
) -> None:
    known, key = known_ids(rest), key_as(house, owner, role)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    schema = schemathesis.openapi.from_dict(create_api(house).openapi())
    base = rest.base.removesuffix("/api/v2/marketing")
    with requests.Session() as session:
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)
            operation = found.ok()
            for mode, named in ways(operation.path, operation.definition.raw, known):

                @SAME_EVERY_TIME
                @given(case=operation.as_strategy(mode, path_parameters=named))
                def answers(case: schemathesis.Case[Any]) -> None:
                    response = case.call(base, session, headers)
                    case.validate_response(response, checks=CHECKS)

                answers()
