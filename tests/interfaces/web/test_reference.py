"""The page /docs says what the API's own description says, and needs nothing from elsewhere."""

import json
import re
import shlex
from html import unescape

from starlette.applications import Starlette

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.api import create_api
from drumbeat.interfaces.api.description import operations
from drumbeat.interfaces.web import create_web
from drumbeat.interfaces.web.reference import reference_of
from tests.interfaces.serving import serving


def test_every_operation_stands_there_with_its_parts_and_answers(house: Drumbeat) -> None:
    described = create_api(house).openapi()
    told = reference_of(described, "https://drumbeat.example/")
    shown = {each.id: each for area in told.areas for each in area.operations}
    for method, path, operation in operations(described):
        each = shown[operation["operationId"]]
        assert (each.method, each.path) == (method, path)
        assert [answer.status for answer in each.answers] == list(operation["responses"])
        assert {field.name for field in each.parameters} == {
            parameter["name"] for parameter in operation.get("parameters", [])
        }
        assert bool(each.body) == ("application/json" in _content(operation))
    fields = {field.name: field for field in shown["post_events"].body}
    assert fields["events[].kind"].required
    assert fields["events[].occurred_at"].kind == "instant"
    assert not fields["events[].currency"].required


def _content(operation: dict[str, dict[str, dict[str, object]]]) -> dict[str, object]:
    return operation.get("requestBody", {}).get("content", {})


def test_every_command_is_one_that_a_shell_reads_as_it_was_meant(house: Drumbeat) -> None:
    told = reference_of(create_api(house).openapi(), "https://drumbeat.example")
    for area in told.areas:
        for each in area.operations:
            words = shlex.split(each.curl.replace("$(uuidgen)", "key"))
            [address] = [word for word in words if word.startswith("https://")]
            assert address.partition("?")[0] == f"https://drumbeat.example{each.path}"
            if "-d" in words:
                json.loads(words[words.index("-d") + 1])


def test_the_page_is_there_for_everybody_and_loads_only_what_is_ours(house: Drumbeat) -> None:
    api = create_api(house)
    with serving(Starlette(routes=create_web(house, describe=api.openapi).routes)) as served:
        for _ in range(2):
            answer = served.ask("GET", "/docs")
            assert answer.status == 200
        body = unescape(answer.body.decode())
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        for loaded in re.findall(r'(?:src|href)="([^"#]+)"', body):
            assert loaded.startswith(("/static/", "/dashboard", "/openapi.json")), loaded
            if loaded.startswith("/static/"):
                assert served.ask("GET", loaded).status == 200
    assert "style=" not in body
    assert not re.search(r"<script(?! src=)", body)
