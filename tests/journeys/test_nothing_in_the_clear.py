"""Whoever gets hold of the data folder reads nobody's address, name or mail in it or its logs."""

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drumbeat.interfaces.local import answers
from drumbeat.interfaces.sdk import Client
from tests.journeys.household import PATIENCE, Household, id_of
from tests.journeys.postbox import free_port

pytestmark = pytest.mark.slow

SURNAMES = ("Quackenbush", "Featherstone", "Ravenscroft", "Winterbottom", "Abernathy")
SUBJECT = "Marmalade for the midwinter"
SECRETS = (
    *SURNAMES,
    *(name.lower() for name in SURNAMES),
    "hidden-garden.example",
    "Thistledown Lane",
    "customer-0815",
    "Zanzibar",
    SUBJECT,
    "Marmalade",
    "Dear reader of ours",
)
"""Parts of what every contact, mail and imported event says."""


def test_not_in_any_file_while_it_runs_nor_after_and_not_in_the_logs(tmp_path: Path) -> None:
    household = Household(tmp_path)
    contacts = household.file("contacts.csv", contacts_csv())
    events = household.file("events.csv", events_csv())
    household.run("audience", "import", contacts, "--consent", "subscribed")
    household.run("events", "import", events)
    with serving(household) as client:
        asked = client.post("/workflows/email", json.loads(request(household)))
        campaign = id_of(asked)
        until(lambda: client.get(f"/campaigns/{campaign}")["status"] == "measuring")
        assert client.get("/sandbox/messages")["total"] == len(SURNAMES)
        people_react(client, household)
        until(lambda: not client.get("/engine")["due_now"])
        assert found_in(household.home) == {}
    assert found_in(household.home) == {}
    assert set(found_in(household.folder)) == {"contacts.csv", "events.csv", "request.json"} | {
        "events.rejected.csv"
    }, "this search finds what is in the clear"
    logs = [path.name for path in (household.home / "logs").glob("*.log*")]
    assert sorted(name.split(".")[0] for name in logs) == ["engine", "front"]


def test_a_copied_folder_without_its_key_says_so(tmp_path: Path) -> None:
    household = Household(tmp_path / "own")
    with household.inside() as inside:
        inside.invite(["ada@example.com"])
    thief = Household(tmp_path / "thief")
    shutil.copytree(household.home, thief.home)
    for wrong in (None, "0" * 64):
        if wrong is not None:
            (thief.folder / "key").write_text(wrong)
        ran = thief.run("status", "--json", code=1)
        assert ran.stdout == ""
        said = ran.stderr.splitlines()[-1]
        assert said.startswith("drumbeat: ")
        assert "key" in said
        assert str(thief.folder / "key") in said or str(thief.home) in said
    assert (thief.folder / "key").read_text() == "0" * 64, "a key was written over"


def contacts_csv() -> str:
    rows = [
        f"{name.lower()}@hidden-garden.example,Io,{name},{n} Thistledown Lane,customer-0815-{n}"
        for n, name in enumerate(SURNAMES)
    ]
    return "\n".join(["email,first_name,last_name,street,external_id", *rows]) + "\n"


def events_csv() -> str:
    rows = [
        f"{name.lower()}@hidden-garden.example,viewed,2026-11-01T09:00:00Z,Zanzibar tour,Firefox"
        for name in SURNAMES
    ]
    stranger = "winterbottom-the-elder@hidden-garden.example,viewed,2026-11-01T09:00:00Z,Zanzibar,x"
    return "\n".join(["email,kind,occurred_at,page,user_agent", *rows, stranger]) + "\n"


def request(household: Household) -> str:
    words = "<p>Dear reader of ours {{ last_name }}: <a href='https://shop.example/x'>see</a></p>"
    path = household.request(subject_line=SUBJECT, content_html=words, approve=True, name=SUBJECT)
    return path.read_text()


def people_react(client: Client, household: Household) -> None:
    """An open, a goodbye, a request that makes no sense, and a refused event: all may be logged."""
    import http.client
    import re
    from urllib.parse import urlsplit

    for number in range(1, 3):
        html = str(client.get(f"/sandbox/messages/{number}")["html"])
        for what, method in (("o", "GET"), ("c", "GET"), ("u", "POST")):
            found = re.search(rf'"(https?://[^/"]+/{what}/[^"]+)"', html)
            assert found is not None
            parts = urlsplit(found[1])
            there = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
            there.request(method, parts.path, b"", {"User-Agent": "Firefox"})
            assert there.getresponse().status < 400
            there.close()
    known = f"{SURNAMES[0].lower()}@hidden-garden.example"
    at = household.clock().isoformat()
    for email in (known, f"stranger-{known}"):
        event = {"email": email, "kind": "viewed", "occurred_at": at, "event_id": SUBJECT}
        client.post("/events", {"events": [event]})


@contextmanager
def serving(household: Household) -> Iterator[Client]:
    """`drumbeat serve` with its engine, until the block ends."""
    server = household.start("serve", "--port", free_port())
    at = household.home / "drumbeat.sock"
    client = Client.of_socket(at)
    try:
        # A refused connection leaves the client's socket open, so it asks where somebody answers.
        until(lambda: at.exists() and answers(at) and running(client))
        yield client
    finally:
        client.close()
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            raise


def running(client: Client) -> bool:
    import httpx2

    try:
        return bool(client.get("/engine")["running"])
    except httpx2.TransportError:
        return False


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came to that"


def found_in(home: Path) -> dict[str, list[str]]:
    """File by file, which secrets its raw bytes hold, in eight or in sixteen bits a letter."""
    found: dict[str, list[str]] = {}
    files = [path for path in home.rglob("*") if path.is_file()]
    assert len(files) > 3
    for path in files:
        raw = path.read_bytes()
        leaked = [
            secret
            for secret in SECRETS
            if secret.encode() in raw or secret.encode("utf-16-le") in raw
        ]
        if leaked:
            found[str(path.relative_to(home))] = leaked
    return found
