"""One whole campaign on a simulated market, told as it happens.

The product runs as it always does: `drumbeat serve` with its engine, real SMTP into the sandbox,
real HTTP back. Only the people and the clock are simulated.
"""

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path

from drumbeat.bootstrap import Drumbeat, open_drumbeat
from drumbeat.bootstrap.settings import Settings
from drumbeat.interfaces.demo.past import contacts_file, history_file
from drumbeat.interfaces.demo.request import REQUEST
from drumbeat.interfaces.demo.telling import Telling
from drumbeat.interfaces.demo.world import World
from drumbeat.interfaces.local import socket_of
from drumbeat.interfaces.sdk import Client
from drumbeat.interfaces.sdk.client import JsonObject
from drumbeat.kit.actor import SYSTEM_FACTS, SYSTEM_UPKEEP
from drumbeat.kit.clock import FileClock
from drumbeat.kit.errors import ProviderFailed
from drumbeat.marketing.campaigns.pipeline import next_due
from drumbeat.science.simulation import Market, draw_market

BEGINS = datetime(2026, 11, 2, 6, tzinfo=UTC)  # a Monday
STEP = timedelta(minutes=20)
PATIENCE = 120.0  # real seconds without any progress before the demo gives up
POLL = 0.03
LONGEST_POLL = 0.12  # while thousands of mails arrive: each look costs the engine its processor
SETTLING = 120.0  # real seconds; five thousand people take two or three on an idle machine
SETTLING_A_CONTACT = 0.01
LATECOMERS = 4


@dataclass(frozen=True)
class Stage:
    """A folder of its own, a clock file, and a running server."""

    settings: Settings
    drumbeat: Drumbeat
    client: Client
    clock: FileClock
    server: "subprocess.Popen[bytes]"
    log: Path

    def await_server(self) -> None:
        """Until it answers; what is drawn meanwhile costs nobody time. Raises ProviderFailed."""
        _until_it_answers(self.client, self.server, self.log)


@contextmanager
def stage(port: int, seed: int) -> Iterator[Stage]:
    """Everything is made in a temporary folder and gone afterwards; the server is starting."""
    with tempfile.TemporaryDirectory(prefix="drumbeat-demo-") as folder:
        home, clock = Path(folder) / "data", FileClock(Path(folder) / "clock")
        clock.set(BEGINS)
        base = f"http://127.0.0.1:{port}"
        environment = _environment(Path(folder), base)
        settings = Settings(
            home=home,
            key_file=Path(folder) / "key",
            port=port,
            public_url=base,
            clock=f"@{clock.path}",
            simulated=True,
        )
        # The key decides who gets which subject: the same seed, the same market, the same result.
        settings.key_file.write_text(blake2b(str(seed).encode(), digest_size=32).hexdigest())
        drumbeat = open_drumbeat(settings)
        command = [sys.executable, "-m", "drumbeat.interfaces.cli", "serve", "--port", str(port)]
        log_path = Path(folder) / "serve.log"
        log = log_path.open("wb")
        server = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        client = Client.of_socket(socket_of(home))
        try:
            yield Stage(settings, drumbeat, client, clock, server, log_path)
        finally:
            client.close()
            server.terminate()
            server.wait()
            log.close()
            drumbeat.close()


def run_campaign(on: Stage, *, contacts: int, seed: int, tell: Telling) -> JsonObject:
    """Import, plan, approve, send, react, measure; the answer of the workflow, labelled."""
    tell.step(f"Drawing a market of {contacts:,} people with 180 days behind them (seed {seed})")
    market = draw_market(contacts, seed=seed, as_of=BEGINS)
    _import(on, market, tell)
    tell.step("Planning: segments, two subject lines, a best hour for every time zone")
    answer = on.client.post("/workflows/email", REQUEST)
    campaign = answer["campaign"]
    assert isinstance(campaign, dict)
    campaign_id = str(campaign["campaign_id"])
    tell.plan(answer)
    on.client.post(f"/campaigns/{campaign_id}/approve")
    tell.step("Approved. (In the demo we say yes for you; nothing leaves without it.)")
    _live(on, market, campaign_id, tell)
    answer = on.client.get(f"/workflows/email/{campaign_id}")
    return {**answer, "simulated": True, "market": {"contacts": contacts, "seed": seed}}


def _import(on: Stage, market: Market, tell: Telling) -> None:
    contacts = contacts_file(market)
    with ThreadPoolExecutor(1) as beside:  # the past is written while the server takes in people
        past = beside.submit(history_file, market)
        on.await_server()
        _upload(on, "contacts", "/contacts/import", contacts, tell, consent="Status")
        _upload(on, "past events", "/events/import", past.result(), tell)
    most = SETTLING + SETTLING_A_CONTACT * len(market)
    wait_while(
        lambda: _unfolded(on), "its past to be taken in", most
    )  # best hours are learned there: a plan before would know less


def _upload(
    on: Stage, name: str, route: str, content: bytes, tell: Telling, **options: str
) -> None:
    with tell.progress(f"Importing {name}") as show:
        report: JsonObject = {}
        for report in on.client.upload(route, io.BytesIO(content), **options):
            if "progress" in report:
                show(float(str(report["progress"])), f"{report['rows']:,} rows")
    tell.note(f"{report['added']:,} {name} imported, {report['rejected']} rejected")


def _unfolded(on: Stage) -> bool:
    with on.drumbeat.look(SYSTEM_FACTS) as department:
        return department.events.anything_to_fold()


def wait_while(true: Callable[[], bool], what: str, most: float = SETTLING) -> None:
    """Raises ProviderFailed saying what was waited for: a demo that went on would tell less."""
    if not _ended(true, most):
        message = f"The demo waited {most:,.0f} s for {what}, and the engine is not there yet."
        raise ProviderFailed(message, permanent=False)


def _ended(true: Callable[[], bool], most: float) -> bool:
    end = time.monotonic() + most
    while true():
        if time.monotonic() >= end:
            return False
        time.sleep(POLL)
    return True


def _live(on: Stage, market: Market, campaign_id: str, tell: Telling) -> None:
    """Move the clock from one due moment to the next until the campaign is finished."""
    world = World(market, on.drumbeat.sandbox, on.client, on.settings.port, on.clock)
    last_progress, nap = time.monotonic(), POLL
    try:
        with tell.watching() as show:
            while True:
                due = _next_due(on)
                came = world.read_mail()
                show(on.clock(), world)
                if came:
                    last_progress = time.monotonic()
                if due is not None and due <= on.clock():
                    if time.monotonic() - last_progress > PATIENCE or on.server.poll() is not None:
                        raise ProviderFailed("The engine stopped working.", permanent=False)
                    time.sleep(nap)
                    nap = min(2 * nap, LONGEST_POLL)
                    continue
                if not _move_on(on, world, due):
                    break
                last_progress, nap = time.monotonic(), POLL
    finally:
        world.close()
    _settle_verdicts(on)
    # Which facts were folded together is a matter of moments: judged again, all have neighbours.
    on.client.post("/events/judge", {"since": BEGINS.isoformat()})
    # A report says what was counted last: the answer of the demo is of all that happened.
    wait_while(lambda: _uncounted(on), "the figures to be counted")


def _settle_verdicts(on: Stage) -> None:
    """A day later every fact lies in a sealed file, judged among its neighbours for good.

    A fact that is taken in once the day is over has another day to wait: a click is answered
    before it is stored where storing takes long.
    """
    for _ in range(LATECOMERS):
        wait_while(lambda: _unfolded(on), "the last opens and clicks to be taken in")
        on.clock.set(on.clock() + timedelta(days=1))
        if _ended(lambda: _provisional(on), SETTLING / LATECOMERS):
            return
    wait_while(lambda: _provisional(on), "every open and click to be judged for good")


def _next_due(on: Stage) -> datetime | None:
    """Asked in this process: over HTTP the question would cost as much as a mail."""
    with on.drumbeat.look(SYSTEM_UPKEEP) as department:
        return next_due(department)


def _provisional(on: Stage) -> bool:
    with on.drumbeat.look(on.drumbeat.owner()) as department:
        return department.events.provisional()


def _uncounted(on: Stage) -> bool:
    with on.drumbeat.look(SYSTEM_FACTS) as department:
        return department.analytics.find_outdated() is not None


def _move_on(on: Stage, world: World, due: datetime | None) -> bool:
    """Let the next thing happen: the engine's or the people's. False when nothing is left."""
    act = world.next_act()
    if due is None:
        return False  # finished: who reads a week later is not counted any more
    if act is not None and act < due:
        world.act_until(min(due, act + STEP))
    else:
        # A test is decided by what was folded: until then each fact is judged by itself.
        wait_while(lambda: _unfolded(on), "opens and clicks to be taken in")
        on.clock.set(max(due, on.clock()))
    return True


def _environment(folder: Path, base: str) -> dict[str, str]:
    """Nothing of the user's own settings reaches the demo."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DRUMBEAT_")}
    return kept | {
        "DRUMBEAT_HOME": str(folder / "data"),
        "DRUMBEAT_KEY_FILE": str(folder / "key"),
        "DRUMBEAT_CLOCK": f"@{folder / 'clock'}",
        "DRUMBEAT_PUBLIC_URL": base,
        "DRUMBEAT_SIMULATED": "1",
    }


def _until_it_answers(client: Client, server: "subprocess.Popen[bytes]", log: Path) -> None:
    import httpx2

    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            if client.get("/engine")["running"]:
                return
        except httpx2.TransportError:
            pass
        time.sleep(POLL)
    said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise ProviderFailed(f"The demo's server did not start:\n{said}", permanent=True)
