"""The REST application on a real port, and callers with and without rights."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.api import create_api
from drumbeat.kit.actor import Actor, Scope
from drumbeat.marketing.audience import Consent, ContactRow, MergePolicy
from tests.interfaces.serving import serving

PREFIX = "/api/v2/marketing"
NAMES = ("ada", "grace", "edsger", "barbara", "donald")
BRIEF = {
    "name": "Spring letter",
    "type": "newsletter",
    "audience": "all",
    "subject_line": "What we planted",
    "content_html": "<p>Hello {{ first_name | default: 'there' }}, "
    "<a href='https://example.com/spring'>see the garden</a>.</p>",
}


@dataclass(frozen=True)
class Rest:
    """One caller; `key` None is a stranger."""

    base: str
    key: str | None

    def ask(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
        **query: object,
    ) -> httpx2.Response:
        sent = dict(headers or {})
        if self.key is not None:
            sent.setdefault("Authorization", f"Bearer {self.key}")
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        told = {name: str(value) for name, value in query.items()}
        return httpx2.request(
            method, self.base + path, json=json, content=content, headers=sent, params=told or None,
            timeout=60,
        )  # fmt: skip

    def get(self, path: str, **query: object) -> dict[str, object]:
        answer = self.ask("GET", path, None, content=None, headers=None, **query)
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json()
        return found

    def post(self, path: str, json: object = None, *, status: int = 200) -> dict[str, object]:
        answer = self.ask("POST", path, {} if json is None else json)
        assert answer.status_code == status, answer.text
        made: dict[str, object] = answer.json()
        return made

    def campaign(self, **changes: object) -> str:
        return str(self.post("/campaigns", {**BRIEF, **changes}, status=201)["campaign_id"])


def refused(answer: httpx2.Response, status: int, kind: str, field: str | None = None) -> str:
    """The answer is this problem, in the shape of RFC 9457; answers its detail."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == f"urn:drumbeat:problem:{kind}"
    assert (body["status"], body.get("field")) == (status, field), body
    return str(body["detail"])


@pytest.fixture
def owner(house: Drumbeat) -> Actor:
    return house.owner()


@pytest.fixture
def base(house: Drumbeat) -> Iterator[str]:
    with serving(create_api(house)) as served:
        yield f"http://127.0.0.1:{served.port}"


def key_of(house: Drumbeat, owner: Actor, *scopes: Scope) -> str:
    with house.begin(owner) as department:
        return department.accounts.issue_key("test", frozenset(scopes) if scopes else None)


@pytest.fixture
def rest(house: Drumbeat, owner: Actor, base: str) -> Rest:
    return Rest(base + PREFIX, key_of(house, owner))


@pytest.fixture
def people(house: Drumbeat, owner: Actor) -> tuple[str, ...]:
    """Five subscribers."""
    addresses = tuple(f"{name}@example.com" for name in NAMES)
    rows = [
        ContactRow(address, attributes={"first_name": name}, consent=Consent.subscribed)
        for name, address in zip(NAMES, addresses, strict=True)
    ]
    with house.begin(owner) as department:
        department.audience.merge_contacts(rows, MergePolicy.overwrite)
    return addresses


def table(path: Path, header: str, *rows: str) -> bytes:
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path.read_bytes()
