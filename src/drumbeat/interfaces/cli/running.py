"""drumbeat serve and drumbeat worker: the two processes of the house."""

import contextlib
import os
import signal
import threading
from datetime import datetime
from typing import Annotated

from cyclopts import Parameter

from drumbeat.bootstrap import Drumbeat, open_drumbeat, read_settings
from drumbeat.bootstrap.logs import start_logging
from drumbeat.interfaces.cli.answers import FAILED, say
from drumbeat.kit.actor import SYSTEM_UPKEEP
from drumbeat.kit.clock import FileClock
from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.campaigns.pipeline import next_due


def serve(
    *,
    port: Annotated[int | None, Parameter(help="Default: DRUMBEAT_PORT, 8000.")] = None,
) -> int:
    """Answer on a port and run the engine beside it, until interrupted."""
    from dataclasses import replace

    from drumbeat.interfaces.serve import EngineChild, listening_on, serving
    from drumbeat.interfaces.served_at import earlier_address, keep_address, told_move

    settings = read_settings()
    wanted = port or settings.port
    listening = listening_on(settings.host, wanted)
    chosen = listening.getsockname()[1]
    if chosen != wanted:
        say(f"Port {wanted} is taken: this house is on {chosen}.")
    base = settings.public_url or f"http://{settings.host}:{chosen}"
    earlier = earlier_address(settings.home) or f"http://{settings.host}:{settings.port}"
    drumbeat = open_drumbeat(replace(settings, port=chosen))
    keep_address(drumbeat.home, base)
    start_logging(drumbeat.home, "front")
    trouble: list[str] = []
    with contextlib.ExitStack() as house:
        server = house.enter_context(serving(drumbeat, port=chosen))

        def give_up(why: str) -> None:
            trouble.append(why)
            server.should_exit = True

        house.enter_context(EngineChild(base, give_up))
        # uvicorn raises the signal again once it has drained; by default that would end the
        # process before its own engine and intake are closed. One that comes earlier counts too.
        signal.signal(signal.SIGTERM, lambda *_: setattr(server, "should_exit", True))
        with drumbeat.begin(drumbeat.owner()) as department:
            secret = department.accounts.issue_sign_in_link()
            founding = department.signing_in.needs_founder()
            first = department.accounts.issue_sign_in_link() if founding else ""
        say(f"Drumbeat is at {base}")
        if moved := told_move(earlier, base):
            say(moved)
        if founding:
            say(f"First run: choose the owner's password at {base}/first-run?link={first}")
        say(f"Sign in once, within ten minutes: {base}/sign-in?link={secret}")
        server.run([listening])
    listening.close()
    drumbeat.close()
    for why in trouble:
        say(f"drumbeat: {why}")
    return FAILED if trouble else 0


def worker(
    *,
    until_idle: Annotated[bool, Parameter(negative="", help="Exit when nothing is due.")] = False,
    until: Annotated[
        datetime | None, Parameter(help="Move DRUMBEAT_CLOCK=@FILE on to this instant, then exit.")
    ] = None,
) -> int:
    """Run the engine: advance campaigns, send what is due, fold facts, keep house."""
    from drumbeat.engine.loop import ENGINE_OF, Engine
    from drumbeat.kit.clock import parse_instant

    if ENGINE_OF in os.environ:
        os.nice(10)  # whoever answers people beside it goes first
    drumbeat = open_drumbeat(read_settings())
    start_logging(drumbeat.home, "engine")
    engine = Engine(drumbeat)
    asked = threading.Event()

    def stop(*_: object) -> None:
        asked.set()
        engine.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        while not asked.is_set():
            if until is not None:
                engine.run_until(
                    parse_instant(until.isoformat(), field="--until"), _moved(drumbeat)
                )
            else:
                engine.run(until_idle=until_idle)
            if not engine.outdated:
                break
            engine = Engine(drumbeat)  # the sender or the mail server was saved anew
        return _tell(drumbeat) if until_idle or until is not None else 0
    finally:
        drumbeat.close()


def _moved(drumbeat: Drumbeat) -> FileClock:
    """The clock that --until moves; raises InvalidInput when it is nobody's to move."""
    clock = drumbeat.office.clock
    if not isinstance(clock, FileClock):
        message = "worker --until moves the clock, so it needs DRUMBEAT_CLOCK=@FILE."
        raise InvalidInput(message, field="DRUMBEAT_CLOCK")
    return clock


def _tell(drumbeat: Drumbeat) -> int:
    """What comes next; 1 if a campaign cannot go on, with its reason."""
    with drumbeat.look(SYSTEM_UPKEEP) as department:
        due = next_due(department)
        stuck = [c for c in department.campaigns.list_advancing() if c.trouble is not None]
    for campaign in stuck:
        say(f"{campaign.id} {campaign.brief.name!r} cannot go on: {campaign.trouble}")
    then = "" if due is None else f" Next: {due:%Y-%m-%d %H:%M} UTC."
    say(f"Nothing more is due now.{then}")
    return FAILED if stuck else 0
