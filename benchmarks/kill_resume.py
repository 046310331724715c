"""kill -9 at random moments: how many recipients are lost, doubled or left uncertain.

    python -m benchmarks.kill_resume [runs] [recipients] [seconds] [scenario ...]    prints JSON

Each run copies a frozen house, lets real engines send it to a sink that counts, and kills them at
seeded steps on the wire, or a moment after one, or a while after their start; then lets them end.
Scenarios: `plain`; `cutting`, where the sink also cuts connections at random; `two`, two engines on
one PostgreSQL of which either is killed. SQLite is encrypted as it ships. Exit code 1 if a promise
was broken. No run is begun after so many seconds of a scenario: `runs` says how many were made.
"""

import json
import math
import multiprocessing
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import numpy as np

from drumbeat.bootstrap import Drumbeat, Settings, open_drumbeat
from drumbeat.engine.loop import Engine
from drumbeat.kit.clock import FileClock
from drumbeat.kit.errors import ProviderFailed
from drumbeat.kit.ids import CampaignId
from drumbeat.marketing.audience import Consent, ContactRow
from drumbeat.marketing.campaigns import Brief, Kind, Launch, State, TimingWish
from drumbeat.marketing.campaigns.pipeline import advance, create_and_plan
from drumbeat.marketing.delivery import LedgerLine
from tests.postgresql import Server, running

CONNECTIONS = 10
WINDOW = 1
CUTTING = 0.002
DOMAINS = ("gmail.com", "hotmail.com", "yahoo.com", "icloud.com", "shop.example")
SCENARIOS = ("plain", "cutting", "two")
STEPS_PER_MESSAGE = 5
MOST_KILLS = 3
MOST_STARTS = 60
BEGIN = datetime(2026, 11, 2, 9, tzinfo=UTC)
PRELOADED = (
    "drumbeat.engine.loop",
    "tests.postgresql",
    "uvloop",
    "drumbeat.adapters.messengers.smtp",
    "drumbeat.marketing.campaigns.mail",
    "drumbeat.storage.postgresql",
)


@dataclass
class Sink:
    """The counting sink's process, and what it can be told."""

    process: "subprocess.Popen[str]"
    port: int

    def tell(self, words: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()

    def report(self) -> dict[str, object]:
        assert self.process.stdout is not None
        self.tell("report")
        told: dict[str, object] = json.loads(self.process.stdout.readline())
        return told


@contextmanager
def sink(cutting: float = 0.0, seed: int = 1) -> Iterator[Sink]:
    command = [sys.executable, "-m", "benchmarks.counting_sink", str(cutting), str(seed)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        yield Sink(process, int(process.stdout.readline()))


@dataclass
class Result:
    """What one run, or all of a scenario, came to; `broken` names every promise that was."""

    runs: int = 0
    recipients: int = 0
    engines: int = 0
    kills: int = 0
    cuts: int = 0
    accepted: int = 0
    lost: int = 0
    unfinished: int = 0
    doubled: int = 0
    doubled_uncertain: int = 0
    uncertain: int = 0
    uncertain_allowed: int = 0
    most_uncertain_in_a_run: int = 0
    broken: list[str] = field(default_factory=list)

    def add(self, other: "Result") -> None:
        for name, value in vars(other).items():
            if name != "most_uncertain_in_a_run":
                setattr(self, name, getattr(self, name) + value)
        self.most_uncertain_in_a_run = max(self.most_uncertain_in_a_run, other.uncertain)


@dataclass(frozen=True)
class Template:
    """A house whose campaign is being sent and nobody was mailed yet, to be copied."""

    settings: Settings
    server: Server | None

    @contextmanager
    def copy(self, folder: Path, port: int) -> Iterator[Settings]:
        shutil.copytree(self.settings.home, folder / "home")
        FileClock(folder / "clock").set(BEGIN)
        made = replace(
            self.settings,
            home=folder / "home",
            clock=f"@{folder / 'clock'}",
            smtp_url=smtp_url(port),
        )
        if self.server is None:
            yield made
            return
        assert self.settings.database_url is not None
        original = self.settings.database_url.rpartition("/")[2].partition("?")[0]
        name = f"{original}_run"
        self.server.run(f"CREATE DATABASE {name} TEMPLATE {original} STRATEGY FILE_COPY")
        try:
            yield replace(made, database_url=self.server.of(name))
        finally:
            self.server.run(f"DROP DATABASE {name} WITH (FORCE)")


def smtp_url(port: int) -> str:
    return f"smtp://127.0.0.1:{port}?connections={CONNECTIONS}&starttls=0&timeout=20"


def frozen(folder: Path, people: int, server: Server | None, url: str | None) -> Template:
    FileClock(folder / "clock").set(BEGIN)
    settings = Settings(
        folder / "home",
        folder / "key",
        database_url=url,
        clock=f"@{folder / 'clock'}",
        smtp_url=smtp_url(25),
        messenger="smtp",
        sender_email="news@shop.example",
        sender_name="The Shop",
        postal_address="5 Market Lane, Ghent",
    )
    house = open_drumbeat(settings)
    invite(house, people)
    launch(house, LETTER)
    house.close()
    return Template(settings, server)


def invite(house: Drumbeat, people: int) -> None:
    for start in range(0, people, 2_000):
        rows = [
            ContactRow(f"reader{number}@{DOMAINS[number % 5]}", consent=Consent.subscribed)
            for number in range(start, min(start + 2_000, people))
        ]
        with house.begin(house.owner()) as department:
            department.audience.merge_contacts(rows)


LETTER = Brief(
    name="Autumn letter",
    kind=Kind.NEWSLETTER,
    subject_line="What we planted",
    content_html="<p>Hello, <a href='https://shop.example/garden'>see the garden</a>.</p>",
    timing=TimingWish(Launch.NOW),
)


def launch(house: Drumbeat, brief: Brief) -> CampaignId:
    """Approved, frozen, and being sent."""
    owner = house.owner()
    campaign_id = create_and_plan(house, brief, partial(house.begin, owner))
    with house.begin(owner) as department:
        department.campaigns.approve(campaign_id)
        department.campaigns.ask_launch(campaign_id)
    state = State.AWAITING_APPROVAL
    while state is not State.SENDING:
        advance(house, campaign_id)
        with house.look(owner) as department:
            state = department.campaigns.get(campaign_id).state
    return campaign_id


def work(settings: Settings) -> None:
    """An engine's whole process."""
    house = open_drumbeat(settings)
    try:
        Engine(house).run(until_idle=True)
    except ProviderFailed:
        sys.exit(1)
    finally:
        house.close()


@dataclass
class Run:
    """One house sent to its end by engines that are killed on the way."""

    settings: Settings
    sink: Sink
    people: int
    chance: np.random.Generator
    crew: int
    result: Result = field(default_factory=Result)

    def __post_init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")

    def send(self) -> None:
        self.sink.tell("forget")
        engines = [self._start() for _ in range(self.crew)]
        for _ in range(int(self.chance.integers(1, MOST_KILLS + 1))):
            doomed = int(self.chance.integers(len(engines)))
            self._kill(engines[doomed])
            engines[doomed] = self._start()
        clock = FileClock(self.settings.home.parent / "clock")
        while True:
            for engine in engines:
                engine.join()
            if not self._waiting() or self.result.engines > MOST_STARTS:
                return
            clock.set(clock() + timedelta(hours=13))
            engines = [self._start() for _ in range(self.crew)]

    def _start(self) -> ForkServerProcess:
        self.result.engines += 1
        engine = self._context.Process(target=work, args=(self.settings,))
        engine.start()
        return engine

    def _kill(self, doomed: ForkServerProcess) -> None:
        """While it starts, recovers or sends its first; at a step on the wire; or after one."""
        luck, drawn = self.chance.random(2)
        if luck < 0.2:
            doomed.join(drawn)
            doomed.kill()
        else:
            later = 0.0 if luck < 0.6 else 0.1 * (luck - 0.6)  # it may be inside a commit then
            steps = int(self.people * STEPS_PER_MESSAGE * drawn / MOST_KILLS)
            self.sink.tell(f"kill {steps} {later} {doomed.pid}")
        doomed.join()
        self.result.kills += doomed.exitcode == -9

    def _waiting(self) -> bool:
        house = open_drumbeat(self.settings)
        with house.look(house.owner()) as department:
            [mailing] = department.sending.mailings.list_()
            waiting = department.delivery.ledger(mailing.mailing_no).open > 0
        house.close()
        return waiting

    def judge(self) -> Result:
        told, result = self.sink.report(), self.result
        arrived: dict[str, int] = told["arrived"]  # type: ignore[assignment]
        ids: dict[str, int] = told["message_ids"]  # type: ignore[assignment]
        state = {line.email: line.state for line in self._lines()}
        ends = Counter(state.values())
        result.runs, result.recipients, result.cuts = 1, self.people, int(str(told["cuts"]))
        result.accepted = sum(arrived.values())
        result.lost = sum(how == "sent" and email not in arrived for email, how in state.items())
        result.unfinished = self.people - ends["sent"] - ends["uncertain"]
        doubled = {email for email, times in arrived.items() if times > 1}
        result.doubled_uncertain = sum(state[email] == "uncertain" for email in doubled)
        result.doubled = len(doubled) - result.doubled_uncertain
        result.doubled += sum(times > 1 for times in ids.values()) != len(doubled)
        result.uncertain = ends["uncertain"]
        result.uncertain_allowed = result.kills * CONNECTIONS * WINDOW + result.cuts
        return result

    def _lines(self) -> list[LedgerLine]:
        house, lines = open_drumbeat(self.settings), list[LedgerLine]()
        with house.look(house.owner()) as department:
            [mailing] = department.sending.mailings.list_()
            while page := department.delivery.ledger_rows(
                mailing.mailing_no, after=lines[-1].after if lines else "", limit=2_000
            ):
                lines += page
        house.close()
        return lines


def measure(scenario: str, runs: int, people: int, seed: int, most: float = math.inf) -> Result:
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(PRELOADED))
    total, end = Result(), time.monotonic() + most
    on_postgresql = running() if scenario == "two" else nullcontext(None)
    with tempfile.TemporaryDirectory() as text, on_postgresql as server:
        folder = Path(text)
        made = server.database(empty=True) if server is not None else nullcontext(None)
        with made as url, sink(CUTTING if scenario == "cutting" else 0.0, seed) as counting:
            template = frozen(folder, people, server, url)
            for number in range(runs):
                if time.monotonic() > end:
                    break
                chance = np.random.default_rng([seed, number])
                with template.copy(folder / f"run-{number}", counting.port) as settings:
                    crew = 2 if scenario == "two" else 1
                    run = Run(settings, counting, people, chance, crew)
                    run.send()
                    result = run.judge()
                result.broken = _broken(result, f"{scenario} run {number} of seed {seed}")
                total.add(result)
                shutil.rmtree(folder / f"run-{number}")
    return total


def _broken(result: Result, where: str) -> list[str]:
    found = {
        "lost": result.lost,
        "unfinished": result.unfinished,
        "doubled": result.doubled,
        "uncertain beyond the bound": max(0, result.uncertain - result.uncertain_allowed),
    }
    return [f"{where}: {number} {what}" for what, number in found.items() if number]


def main(words: list[str]) -> int:
    numbers = [int(word) for word in words if word.isdigit()]
    runs, people, most = (numbers + [100, 2_000, 86_400][len(numbers) :])[:3]
    scenarios = [word for word in words if word in SCENARIOS] or list(SCENARIOS)
    began, results = time.monotonic(), {}
    for scenario in scenarios:
        results[scenario] = measure(scenario, runs, people, seed=7, most=most)
    answer: dict[str, object] = {"runs": runs, "recipients": people}
    answer |= {"connections": CONNECTIONS, "window": WINDOW}
    answer |= {name: vars(result) for name, result in results.items()}
    answer["seconds"] = round(time.monotonic() - began)
    print(json.dumps(answer))
    return int(any(result.broken for result in results.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
