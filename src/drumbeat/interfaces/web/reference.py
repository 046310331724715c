"""What the page /docs shows of the API: read from its own description, so it cannot lag behind.

Rendered here, without a script and without a key: what it says is the same for everybody.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

Json = Mapping[str, Any]

PREFIX = "/api/v2/marketing"
_WORDS = {"string": "text", "integer": "whole number", "boolean": "true or false"}
_DEPTH = 3


@dataclass(frozen=True)
class Field:
    """A part of a request or an answer; `name` shows where it lies: `events[].kind`."""

    name: str
    kind: str
    about: str
    required: bool = False


@dataclass(frozen=True)
class Told:
    """One answer that is possible; `problem` ones share their shape."""

    status: str
    about: str
    problem: bool


@dataclass(frozen=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    about: str
    parameters: Sequence[Field]
    body: Sequence[Field]
    answer: Sequence[Field]
    answers: Sequence[Told]
    curl: str
    example: str

    @property
    def short(self) -> str:
        return self.path.removeprefix(PREFIX)


@dataclass(frozen=True)
class Area:
    name: str
    about: str
    operations: Sequence[Operation]


@dataclass(frozen=True)
class Reference:
    about: Sequence[str]
    areas: Sequence[Area]


def reference_of(described: Json, url: str) -> Reference:
    """`url` is where programs reach this house: it stands in every example."""
    schemas = _Schemas(described["components"]["schemas"])
    by_area: dict[str, list[Operation]] = {tag["name"]: [] for tag in described["tags"]}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            told = _operation(schemas, url.rstrip("/"), method.upper(), path, operation)
            by_area.setdefault(operation["tags"][0], []).append(told)
    words = {tag["name"]: tag["description"] for tag in described["tags"]}
    areas = [Area(name, words.get(name, ""), found) for name, found in by_area.items() if found]
    return Reference(described["info"]["description"].split("\n\n"), areas)


def problem_of(described: Json) -> Sequence[Field]:
    """The parts of every refusal."""
    schemas = _Schemas(described["components"]["schemas"])
    return list(schemas.fields(schemas.named["Problem"]))


def _operation(schemas: "_Schemas", url: str, method: str, path: str, operation: Json) -> Operation:
    body, sent = _body(operation)
    answer = _good(operation)
    return Operation(
        id=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        about=" ".join(operation.get("description", "").split()),
        parameters=[_parameter(schemas, each) for each in operation.get("parameters", [])],
        body=list(schemas.fields(body)),
        answer=list(schemas.fields(answer)),
        answers=[
            Told(each, told["description"], "application/problem+json" in told.get("content", {}))
            for each, told in operation["responses"].items()
        ],
        curl=_curl(url, method, path, operation, sent or schemas.example(body)),
        example=_pretty(schemas.example(answer)),
    )


def _body(operation: Json) -> tuple[Json, object]:
    """Its schema, and the example of one that is no JSON."""
    content = operation.get("requestBody", {}).get("content", {})
    for kind, told in content.items():
        return told.get("schema", {}), None if kind == "application/json" else told.get("example")
    return {}, None


def _good(operation: Json) -> Json:
    """The schema of what is answered when it is done."""
    for status, told in operation["responses"].items():
        if status.startswith("2"):
            schema: Json = told.get("content", {}).get("application/json", {}).get("schema", {})
            return schema
    return {}


def _parameter(schemas: "_Schemas", parameter: Json) -> Field:
    schema = parameter.get("schema", {})
    about = parameter.get("description") or schema.get("description", "")
    kind = f"{schemas.kind(schema)}, in the {parameter['in']}"
    return Field(parameter["name"], kind, about, bool(parameter.get("required")))


def _curl(url: str, method: str, path: str, operation: Json, sent: object) -> str:
    """What somebody types to try it; `{…}` in a path is to be filled in."""
    wanted = [each for each in operation.get("parameters", []) if each["in"] == "query"]
    query = "&".join(
        f"{each['name']}={quote(str(_first(each)))}" for each in wanted if each.get("required")
    )
    lines = ["curl" if method == "GET" else f"curl -X {method}"]
    lines[0] += f" '{url}{path}{'?' + query if query else ''}'"
    if operation.get("security") != []:
        lines.append('-H "Authorization: Bearer $DRUMBEAT_API_KEY"')
    if any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", [])):
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    if isinstance(sent, str):
        lines.append(f"--data-binary @{'contacts' if '/contacts/' in path else 'events'}.csv")
    elif sent is not None:
        lines.append('-H "Content-Type: application/json"')
        quoted = _pretty(sent).replace("'", "'\\''")
        lines.append(f"-d '{quoted}'")
    return " \\\n  ".join(lines)


def _first(parameter: Json) -> object:
    examples = parameter.get("schema", {}).get("examples", [])
    return examples[0] if examples else parameter["name"].upper()


def _pretty(value: object) -> str:
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)


@dataclass(frozen=True)
class _Schemas:
    named: Json

    def resolved(self, schema: Json) -> Json:
        while "$ref" in schema:
            schema = self.named[schema["$ref"].rpartition("/")[2]]
        kinds = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
        return self.resolved(kinds[-1]) if kinds and not schema.get("properties") else schema

    def example(self, schema: Json) -> object:
        found = self.resolved(schema)
        for holder in (schema, found):
            if holder.get("examples"):
                return holder["examples"][0]
            if "example" in holder:
                return holder["example"]
        return None

    def fields(self, schema: Json, within: str = "", depth: int = _DEPTH) -> Iterator[Field]:
        """Depth first, as far as `depth`; beyond it only the kind is told."""
        found = self.resolved(schema)
        if found.get("type") == "array":
            yield from self.fields(found.get("items", {}), f"{within}[]", depth)
            return
        needed = found.get("required", ())
        for name, inner in found.get("properties", {}).items():
            place = f"{within}.{name}" if within else name
            about = inner.get("description") or ""
            yield Field(place, self.kind(inner), about, name in needed)
            if depth > 1:
                yield from self.fields(inner, place, depth - 1)

    def kind(self, schema: Json) -> str:
        """What may stand there, in words."""
        if "$ref" in schema:
            return self.kind(self.named[schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema:
            return " or ".join(dict.fromkeys(self.kind(each) for each in schema["anyOf"]))
        if "enum" in schema:
            return ", ".join(str(each) for each in schema["enum"])
        if "const" in schema:
            return str(schema["const"])
        kind = str(schema.get("type", "anything"))
        if kind == "array":
            return f"list of {self.kind(schema.get('items', {}))}"
        if schema.get("format") == "date-time":
            return "instant"
        return _WORDS.get(kind, kind)


_CODE = re.compile(r"`([^`]+)`")


def said(text: str) -> Iterator[tuple[bool, str]]:
    """The words of a description, each with whether it is code: `so`."""
    for number, part in enumerate(_CODE.split(text)):
        if part:
            yield number % 2 == 1, part
