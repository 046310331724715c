"""The front on a real port beside the engine, both in this process, on one clock in a file."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.loop import Engine
from drumbeat.interfaces.public import Intake, TrackingApp, recording_hits
from drumbeat.interfaces.sdk import Client
from drumbeat.interfaces.serve import front_app
from drumbeat.marketing.events import Fact, Kind, Reason, Verdict
from tests.interfaces.serving import Served, serving
from tests.journeys.household import Household, Inside, on


@dataclass(frozen=True)
class Running:
    """A served household: `client` is a program with a key, `served` the port people reach."""

    household: Household
    inside: Inside
    served: Served
    client: Client

    @property
    def drumbeat(self) -> Drumbeat:
        return self.inside.drumbeat

    def engine_until(self, end: datetime) -> None:
        """The engine's work up to this instant, the clock moving from due time to due time."""
        Engine(self.drumbeat).run_until(end, self.household.clock)

    def engine_idle(self) -> None:
        Engine(self.drumbeat).run(until_idle=True)

    def later(self, **delta: float) -> datetime:
        self.household.clock.set(self.household.clock() + timedelta(**delta))
        return self.household.clock()

    def mails(self, subject: str) -> dict[str, EmailMessage]:
        """What lies in the sandbox under this subject, by recipient."""
        found: dict[str, EmailMessage] = {}
        last = 0
        while page := self.drumbeat.sandbox.arrivals(last, 500):
            last = page[-1].no
            for mail in page:
                if mail.subject == subject:
                    assert mail.recipient not in found, "somebody has it twice"
                    found[mail.recipient] = message_from_bytes(
                        mail.raw, _class=EmailMessage, policy=default
                    )
        return found

    def facts(self) -> list[Fact]:
        """Every raw event, as it was recorded or judged since."""
        owner = self.drumbeat.owner()
        with self.drumbeat.look(owner) as department, department.facts.open() as duck:
            rows = duck.execute(f"SELECT {', '.join(FACT)} FROM facts").fetchall()
        return [_fact(dict(zip(FACT, row, strict=True))) for row in rows]

    def facts_of(self, kind: Kind, least: int) -> list[Fact]:
        """Once so many were written: what the front hears reaches the database soon after."""
        end = time.monotonic() + 20
        while True:
            found = [fact for fact in self.facts() if fact.kind == kind]
            if len(found) >= least:
                return found
            assert time.monotonic() < end, f"{len(found)} of {least} {kind.name}"


FACT = (
    "kind",
    "occurred_at",
    "contact_no",
    "mailing_no",
    "arm_no",
    "link_no",
    "value_minor",
    "currency",
    "verdict",
    "reason",
    "source",
)


def _fact(row: dict[str, Any]) -> Fact:
    return Fact(
        **row
        | {
            "kind": Kind(row["kind"]),
            "occurred_at": row["occurred_at"].replace(tzinfo=UTC),
            "verdict": Verdict(row["verdict"]),
            "reason": Reason(row["reason"]),
        }
    )


@contextmanager
def running(household: Household) -> Iterator[Running]:
    with household.inside() as inside:
        drumbeat = inside.drumbeat
        with drumbeat.begin(drumbeat.owner()) as department:
            key = department.accounts.issue_key("journey", None)
        intake = Intake(recording_hits(drumbeat))
        intake.start()
        with serving(front_app(drumbeat, TrackingApp(drumbeat, intake))) as served:
            client = Client.of_server(f"http://127.0.0.1:{served.port}", key)
            try:
                yield Running(household, inside, served, client)
            finally:
                client.close()
                intake.close()


@pytest.fixture
def home(tmp_path: Path, database_url: str | None) -> Household:
    """An empty one, on either database."""
    return Household(tmp_path / "own", on(database_url))


@pytest.fixture
def house_open(home: Household) -> Iterator[Running]:
    with running(home) as opened:
        yield opened
