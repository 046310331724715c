"""The sending engine: sends whatever is due, one carrying after another, and survives kill -9."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.sending.handover import Handover
from drumbeat.engine.sending.heartbeat import Heartbeat
from drumbeat.engine.sending.letters import Letters, LettersOf
from drumbeat.engine.sending.pacing import Breaker, Doze, clock_ahead, doze
from drumbeat.engine.sending.recovery import log_path, recover_all, sweep
from drumbeat.engine.sending.session import ActorFor, Provider, Session
from drumbeat.engine.sending.wire_log import WireLog, boot_id
from drumbeat.kit.actor import SYSTEM_SENDING
from drumbeat.kit.errors import DrumbeatError, ProviderFailed
from drumbeat.marketing.delivery import EngineName
from drumbeat.marketing.delivery.ports import Carrier

OUTAGES_TO_GIVE_UP = 3
FAULTS_TO_GIVE_UP = 3
LONGEST_AWAITED = 60.0
"""A rest that an idle run does not wait out."""

WORTH_TELLING = 10.0
"""A rest whose end is told."""

_POLL_SECONDS = 1.0
_AFTER_FAILURE_SECONDS = 1.0

log = structlog.get_logger()


@dataclass(eq=False)
class SendingEngine:
    """One engine of one name: `running` sends in a thread, `run_until_idle` in the caller's.

    `folder` keeps the wire logs of all engines of one database. `provider` is whom the carrier
    carries to, by default one without limits. `wait` sleeps at most so many seconds.
    """

    drumbeat: Drumbeat
    carrier: Carrier
    name: str
    folder: Path
    letters_of: LettersOf
    actor_for: ActorFor
    provider: Provider | None = None
    boot: Callable[[], str] = boot_id
    real: Callable[[], float] = time.monotonic
    wait: Callable[[float], object] = time.sleep
    doze: Doze = doze

    def __post_init__(self) -> None:
        self._engine = EngineName(self.name, self.boot(), self.carrier.name)
        self._letters = Letters(self.letters_of)
        self._breaker = Breaker(self.real)
        self._provider = self.provider or Provider(self.carrier.name)
        self._log: WireLog | None = None
        self._heart = Heartbeat(self.drumbeat, self.name)
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._busy = False
        self._faults = 0
        self._fault = ""

    # one step -------------------------------------------------------------------------------

    def step(self) -> bool:
        """Send what is due now; answers whether anything was.

        First decides about rows that dead engines hold. Does nothing while an outage is waited out.
        """
        if self._is_resting():
            return False
        wire_log = self._wire_log()
        if not self._anything_to_do():
            return False
        recovered = recover_all(self.drumbeat, self.folder, self._engine, wire_log)
        handover = Handover(
            self.drumbeat, self._letters, wire_log, self._breaker, real=self.real, doze=self.doze
        )
        session = Session(
            self.drumbeat,
            self.carrier,
            self._engine,
            handover,
            self.actor_for,
            self._provider,
            self.real,
            self._stopping.is_set,
            self._heart.beat,
        )
        with asyncio.Runner(loop_factory=event_loops()) as runner:
            worked = runner.run(session.run())
        self._letters.forget(keep=set(handover.mailings))
        if self._breaker.open:
            self._rest(set(handover.mailings))
        return recovered + worked > 0

    def _is_resting(self) -> bool:
        """Whether an outage is waited out, whichever engine met it, in this life or before."""
        if self._breaker.remaining() > 0:
            return True
        with self.drumbeat.look(SYSTEM_SENDING) as department:
            outage = department.connections.find_outage(self._provider.name)
        self._breaker.probing = outage is not None
        if outage is not None:
            self._breaker.rest(outage.trouble, outage.until - self.real() - clock_ahead())
            if self._breaker.remaining() > 0:
                return True
        self._breaker.try_again()
        return False

    def _anything_to_do(self) -> bool:
        with self.drumbeat.look(SYSTEM_SENDING) as department:
            sending = department.sending
            return bool(sending.list_claimants()) or bool(sending.look_around().due)

    def _rest(self, mailing_nos: set[int]) -> None:
        """Tell people and every engine, unless another one has."""
        breaker, now = self._breaker, self.real() + clock_ahead()
        with self.drumbeat.begin(SYSTEM_SENDING) as department:
            if breaker.untold:
                outage = department.connections.note_outage(
                    self._provider.name, breaker.trouble, asked=breaker.asked, now=now
                )
                breaker.rest(outage.trouble, outage.until - now)
            department.sending.note_trouble(sorted(mailing_nos), self._told())
        log.warning("sending.outage", why=breaker.trouble, again_in=self.rest_seconds())

    def _told(self) -> str:
        """The trouble for people, with the time of the next try where it is worth waiting for."""
        rest = self.rest_seconds()
        if rest < WORTH_TELLING:
            return self._breaker.trouble
        again = self.drumbeat.office.clock() + timedelta(seconds=rest)
        return f"{self._breaker.trouble}; it is tried again at {again:%H:%M:%S} UTC"

    def _wire_log(self) -> WireLog:
        if self._log is None:
            self._log = WireLog(log_path(self.folder, self.name), self._engine.boot)
            sweep(self.drumbeat, self.folder, self.name)
        return self._log

    def rest_seconds(self) -> float:
        """How long an outage is still waited out; 0 without one."""
        return self._breaker.remaining()

    def failure(self) -> DrumbeatError | None:
        """Set once so many outages or faults came in a row that waiting on seems pointless."""
        if self._faults >= FAULTS_TO_GIVE_UP:
            why = f"Sending failed {self._faults} times in a row ({self._fault})"
            return DrumbeatError(f"{why}; the engine's log says where.")
        rest = self.rest_seconds()
        if self._breaker.outages < OUTAGES_TO_GIVE_UP and rest < LONGEST_AWAITED:
            return None
        again = f" (it is tried again in {rest:.0f} s)" if rest >= 1 else ""
        return ProviderFailed(f"{self._breaker.trouble}{again}", permanent=False)

    # until idle -----------------------------------------------------------------------------

    def run_until_idle(self) -> None:
        """Send until nothing is due. Raises ProviderFailed, naming the server, when it is out."""
        while not self._stopping.is_set():
            rest = self.rest_seconds()
            if rest > 0:
                failure = self.failure()
                if failure is not None:
                    raise failure
                self.wait(rest)
            elif not self.step() and not self.rest_seconds():
                return

    # in a thread ----------------------------------------------------------------------------

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send in a thread of its own until the block ends; what is on the wire is answered."""
        self._stopping.clear()
        self._busy = True
        thread = threading.Thread(target=self._work, name=f"sending-{self.name}")
        thread.start()
        try:
            yield
        finally:
            self.stop()
            thread.join()
            self.close()

    def busy(self) -> bool:
        """False only after a look that found nothing due: ask it after asking what is due."""
        return self._busy

    def wake(self) -> None:
        """Look again now: something may be due. Between such calls it looks once a second."""
        self._woken.set()

    def stop(self) -> None:
        """End soon. Safe to call from a signal handler."""
        self._stopping.set()
        self._woken.set()

    def close(self) -> None:
        """Let go of the wire log; claims that are still open are for the next engine to judge."""
        if self._log is not None:
            with self.drumbeat.look(SYSTEM_SENDING) as department:
                held = self.name in department.sending.list_claimants()
            self._log.close(forget=not held)
            self._heart.stop()
            self._log = None

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                worked = self.step()
            except (
                Exception
            ) as error:  # the edge of the thread: rows are recovered by the next step
                log.exception("sending.failed", error=type(error).__name__)
                self._faults, self._fault = self._faults + 1, type(error).__name__
                self._stopping.wait(_AFTER_FAILURE_SECONDS)
                continue
            self._faults = 0
            self._busy = worked or self.rest_seconds() > 0
            if not worked:
                self._woken.wait(min(self.rest_seconds(), 1.0) or _POLL_SECONDS)


def event_loops() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where there is one: half the CPU of a message's way through the event loop."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
