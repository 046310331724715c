"""What the API says of itself in /openapi.json: each route's words, and what holds for all of them.

Every refusal a route may answer is named once here, as application/problem+json, and so are the
headers that every route of a kind honours.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from drumbeat.interfaces.api.answer_examples import EXAMPLES
from drumbeat.interfaces.api.idempotency import CHANGING, HEADER, LONGEST_KEY, REPLAYED
from drumbeat.interfaces.api.shape import Problem

Json = dict[str, Any]

ABOUT = """Everything that the pages and the commands do, for programs.

Send an API key as `Authorization: Bearer KEY`; `drumbeat accounts add-key LABEL` makes one.
Refusals are `application/problem+json`: switch on `type`, show `detail`. Lists take `cursor` and
`limit` and answer `next_cursor`. Send an `Idempotency-Key` with whatever you might repeat."""

AREAS = {
    "campaigns": "From a brief to the row of every recipient.",
    "workflows": "A whole campaign from one request.",
    "approvals": "What waits for a person's yes or no.",
    "experiments": "Tests of variants, and what counts allow to say.",
    "audience": "Contacts and segments.",
    "senders": "Whose mail it is: keys of DKIM, and what a domain should publish.",
    "events": "What people did elsewhere: purchases, sign-ups, views.",
    "delivery": "What came back of the mail that was sent.",
    "sandbox": "The mail that never left the house.",
    "accounts": "Who may come in, their keys, and who changed what.",
    "status": "The house at a glance.",
    "health": "For whoever watches the process; no key is needed.",
}

REFUSALS = {
    400: "The body cannot be read as JSON.",
    401: "No valid API key was sent.",
    403: "The key may not do this; the scope that is missing is named.",
    404: "It does not exist.",
    409: "It exists, but in a state that does not allow this; or the first request with this "
    "Idempotency-Key is still running.",
    412: "It is not at the revision that If-Match names any more.",
    413: "The body is too large.",
    422: "The request makes no sense; `field` says where. Or the Idempotency-Key belongs to "
    "another request.",
    507: "The server's disk is full: once there is room, send the same request again.",
}

_DONE = {"200": "Done.", "201": "Made."}
_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Repeat the request with the same key: it acts once, and for at least 24 hours "
    f"is answered the same, with `{REPLAYED}: true`.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_KEY,
        "pattern": "^[!#-~]+$",
        "examples": ["8e03978e-40d5-43e8-bc93-6894a57f9324"],
    },
}
_TAG = {"type": "string", "pattern": '^"[!#-~]+"$'}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of what you read: if somebody changed it since, nothing is done.",
    "schema": _TAG,
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of what you have: if it is still the same, 304 and no body.",
    "schema": _TAG,
}


class DescribedApi(FastAPI):
    """Describes itself once."""

    def openapi(self) -> Json:
        if not self.openapi_schema:
            self.openapi_schema = _described(self)
        return self.openapi_schema


def operations(described: Mapping[str, Any]) -> Iterator[tuple[str, str, Json]]:
    """(method, path, operation), in the order of the routes."""
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _described(app: FastAPI) -> Json:
    described = get_openapi(
        title=app.title,
        version=app.version,
        summary="The marketing department you run yourself.",
        description=ABOUT,
        routes=app.routes,
        tags=[{"name": name, "description": about} for name, about in AREAS.items()],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    parts = described.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    _, made = models_json_schema(
        [(Problem, "serialization")], ref_template="#/components/schemas/{model}"
    )
    schemas |= made["$defs"]
    for name, example in EXAMPLES.items():
        schemas[name]["example"] = example  # not of the shape itself: FastAPI drops every null
    parts["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key."}
    }
    described["security"] = [{"key": []}]
    for method, path, operation in operations(described):
        _complete(method, path, operation)
    return described


def _complete(method: str, path: str, operation: Json) -> None:
    """The headers, refusals and words that follow from what kind of operation it is."""
    operation["summary"] = operation["summary"].strip().capitalize()
    answers = operation["responses"]
    answers.pop("422", None)
    _say_done(answers)
    if operation["tags"] == ["health"]:
        operation["security"] = []
        return
    taken = operation.setdefault("parameters", [])
    refused = {401, 403}
    if "{" in path or "404" in answers:
        refused.add(404)
    if taken or method in CHANGING:
        refused.add(422)
    if "requestBody" in operation:
        refused |= {400, 413}
    if method in CHANGING:
        refused |= {409, 507}
        taken.append(_KEY)
    elif method == "GET":
        taken.append(_IF_NONE_MATCH)
        answers["304"] = {"description": "It is what If-None-Match names."}
    if method in CHANGING and "{" in path:
        refused.add(412)
        taken.append(_IF_MATCH)
    answers |= {str(status): _refusal(status) for status in refused}
    operation["responses"] = dict(sorted(answers.items()))


def _say_done(answers: Json) -> None:
    for status, said in _DONE.items():
        if answers.get(status, {}).get("description") == "Successful Response":
            answers[status]["description"] = said


def _refusal(status: int) -> Json:
    shown = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": REFUSALS[status], "content": shown}
