"""A data folder that the real `drumbeat` command works on, and a quick look inside it for tests.

A command costs a second, so what a test does not prove by the command it does by `inside`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from drumbeat.bootstrap import Drumbeat, open_drumbeat, read_settings
from drumbeat.interfaces.api.requests import EmailCampaignRequest
from drumbeat.kit.clock import FileClock
from drumbeat.kit.ids import CampaignId
from drumbeat.marketing.audience import Consent, ContactRow, MergePolicy
from drumbeat.marketing.campaigns.answer import campaign_view
from drumbeat.marketing.campaigns.pipeline import proceed
from tests.architecture.tree import ROOT

Json = dict[str, object]
MONDAY_6 = datetime(2026, 11, 2, 6, tzinfo=UTC)
PATIENCE = 120
SENDER = {
    "DRUMBEAT_SENDER_EMAIL": "news@shop.example",
    "DRUMBEAT_SENDER_NAME": "The Shop",
    "DRUMBEAT_POSTAL_ADDRESS": "5 Market Lane, Ghent",
}
LETTER: Json = {
    "name": "Autumn letter",
    "type": "newsletter",
    "audience": "all",
    "subject_line": "What we planted",
    "content_html": "<p>Hello {{ first_name | default: 'there' }}, "
    "<a href='https://shop.example/garden'>see the garden</a>.</p>",
    "launch": "now",
}


def on(database_url: str | None) -> dict[str, str]:
    """The setting of a household that keeps its data there; None is the built-in database."""
    return {} if database_url is None else {"DRUMBEAT_DATABASE_URL": database_url}


@dataclass
class Household:
    """Everything lies below `folder`; `settings` are what the environment adds, "" takes away."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.clock.set(MONDAY_6)

    @property
    def home(self) -> Path:
        return self.folder / "data"

    @property
    def clock(self) -> FileClock:
        return FileClock(self.folder / "clock")

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("DRUMBEAT_")}
        own = {
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT / "src"),
            "DRUMBEAT_HOME": str(self.home),
            "DRUMBEAT_KEY_FILE": str(self.folder / "key"),
            "DRUMBEAT_CLOCK": f"@{self.clock.path}",
        }
        told = kept | own | self.settings
        return {name: value for name, value in told.items() if value}

    # by the command -------------------------------------------------------------------------

    def run(self, *words: object, code: int = 0) -> "subprocess.CompletedProcess[str]":
        """One command to its end, which is `code` and never a bug's."""
        ran = subprocess.run(
            command(words),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert ran.returncode == code, f"{words}\n{ran.stdout}\n{ran.stderr}"
        assert "Traceback" not in ran.stderr, ran.stderr
        return ran

    def ask(self, *words: object, code: int = 0) -> Json:
        """The one JSON object that a command prints."""
        ran = self.run(*words, "--json", code=code)
        [line] = ran.stdout.splitlines()
        answer = json.loads(line)
        assert isinstance(answer, dict)
        return answer

    def start(self, *words: object) -> "subprocess.Popen[bytes]":
        """A command that runs on; whoever starts it ends it."""
        return subprocess.Popen(
            command(words),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def request(self, **changes: object) -> Path:
        return self.file("request.json", json.dumps({**LETTER, **changes}))

    # in this process ------------------------------------------------------------------------

    @contextmanager
    def inside(self) -> Iterator["Inside"]:
        drumbeat = open_drumbeat(read_settings(self.environment, self.folder))
        try:
            yield Inside(drumbeat)
        finally:
            drumbeat.close()


@dataclass(frozen=True)
class Inside:
    """The open folder, in its owner's hands."""

    drumbeat: Drumbeat

    def invite(self, addresses: Sequence[str]) -> None:
        """Subscribers whose first name is the part before the @."""
        for start in range(0, len(addresses), 2_000):
            rows = [
                ContactRow(
                    address,
                    attributes={"first_name": address.partition("@")[0].title()},
                    consent=Consent.subscribed,
                )
                for address in addresses[start : start + 2_000]
            ]
            with self.drumbeat.begin(self.drumbeat.owner()) as department:
                department.audience.merge_contacts(rows, MergePolicy.overwrite)

    def launch(self, **changes: object) -> CampaignId:
        """A campaign as far as it gets without an engine: approved, launched, scheduled."""
        brief = EmailCampaignRequest.model_validate({**LETTER, **changes}).brief()
        with self.drumbeat.begin(self.drumbeat.owner()) as department:
            campaign_id = department.campaigns.create(brief).id
        proceed(self.drumbeat, campaign_id)
        with self.drumbeat.begin(self.drumbeat.owner()) as department:
            department.campaigns.approve(campaign_id)
            department.campaigns.ask_launch(campaign_id)
        proceed(self.drumbeat, campaign_id)
        return campaign_id

    def show(self, campaign_id: CampaignId) -> Json:
        with self.drumbeat.look(self.drumbeat.owner()) as department:
            return campaign_view(department, department.campaigns.get(campaign_id))

    def statuses(self) -> list[str]:
        """Of every campaign, newest first."""
        with self.drumbeat.look(self.drumbeat.owner()) as department:
            return [campaign.state.value for campaign in department.campaigns.list_()]

    def ledger(self, campaign_id: CampaignId) -> dict[str, int]:
        with self.drumbeat.look(self.drumbeat.owner()) as department:
            return counted(department.campaigns.ledger(campaign_id))

    def recipients(self, campaign_id: CampaignId) -> dict[str, set[str]]:
        """Addresses by state."""
        found: dict[str, set[str]] = {}
        cursor: str | None = None
        while True:
            with self.drumbeat.look(self.drumbeat.owner()) as department:
                page = department.campaigns.ledger_rows(campaign_id, cursor, 2_000)
            rows = page["rows"]
            assert isinstance(rows, list)
            for row in rows:
                found.setdefault(row["state"], set()).add(row["email"])
            if page["next_cursor"] is None:
                return found
            cursor = str(page["next_cursor"])

    def mailed(self) -> list[str]:
        """Who has mail in the sandbox, oldest first, as often as they have."""
        found: list[str] = []
        last = 0
        while page := self.drumbeat.sandbox.arrivals(last, 500):
            found += [mail.recipient for mail in page]
            last = page[-1].no
        return found


def command(words: Sequence[object]) -> list[str]:
    return [sys.executable, "-m", "drumbeat.interfaces.cli", *map(str, words)]


def counted(ledger: Mapping[str, object]) -> dict[str, int]:
    """The ledger's states, once they were checked to sum to the frozen audience."""
    states = ledger["states"]
    assert isinstance(states, dict)
    assert sum(states.values()) == ledger["frozen"], ledger
    return states


def id_of(answer: Mapping[str, object]) -> CampaignId:
    campaign = answer.get("campaign", answer)
    assert isinstance(campaign, dict)
    return CampaignId(str(campaign["campaign_id"]))
