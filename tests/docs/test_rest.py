"""docs/rest.md: the table of refusals is the one in the code, and its requests do what it says."""

import re
from pathlib import Path

import httpx2

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.api import create_api
from tests.architecture.tree import ROOT, SOURCE
from tests.docs.markdown import Block, blocks, table_rows
from tests.interfaces.serving import serving

DOCUMENT = ROOT / "docs" / "rest.md"
API = SOURCE / "interfaces" / "api"


def test_the_table_names_every_kind_of_refusal() -> None:
    told = {row[1].strip("`") for row in table_rows(DOCUMENT)[1:]}
    kinds = {kind for path in API.glob("*.py") for kind in _kinds(path)}
    assert told == kinds


def _kinds(path: Path) -> set[str]:
    """Whatever stands as a kind beside a status: `(404, "not-found")`, `problem(409, "…")`."""
    text = path.read_text(encoding="utf-8")
    return set(re.findall(r'\b[45]\d\d(?:,|: \()\s*"([a-z-]+)"(?!:)', text))


def test_its_requests_are_answered_as_it_says(house: Drumbeat) -> None:
    told = {block.text: block for block in blocks(DOCUMENT) if block.kind == "run"}
    with serving(create_api(house, trusted=True)) as served:
        base = f"http://127.0.0.1:{served.port}"
        first, again = (send(base, told["keyed"]) for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 201)
        assert (first.content, again.headers["idempotent-replayed"]) == (again.content, "true")
        campaign = first.json()["campaign_id"]
        assert send(base, told["stale"], campaign_id=campaign).status_code == 412


def send(base: str, block: Block, **names: str) -> httpx2.Response:
    """A request as it is written: first line, headers, an empty line, the body."""
    head, _, body = block.body.partition("\n\n")
    first, *lines = head.splitlines()
    method, path = first.split()[:2]
    headers = dict(line.split(": ", 1) for line in lines) | {"Content-Type": "application/json"}
    for name, value in names.items():
        path = path.replace(f"{{{name}}}", value)
    return httpx2.request(method, base + path, content=body.encode(), headers=headers, timeout=60)
