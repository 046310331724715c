"""How hits reach the database: many in one unit of work, none lost through a neighbour.

A thread writes what arrived every 5 ms, at most 500 hits a unit. A unit that fails is halved until
the row at fault stands alone. If no row at all can be written the house is at fault, not a row:
the hits are kept and tried again.
"""

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import PUBLIC_TRACKING
from drumbeat.marketing.events import Hit

WINDOW_SECONDS = 0.005
BATCH = 500
BOUND = 100_000
TRIES = 20
PAUSE_SECONDS = 0.5

_log = logging.getLogger(__name__)

Then = Callable[[], object]
Waiting = tuple[Hit, Then | None]


def recording_hits(drumbeat: Drumbeat) -> Callable[[Sequence[Hit]], None]:
    """The writing unit: all of these hits, or none of them."""

    def write(hits: Sequence[Hit]) -> None:
        with drumbeat.begin_plain(PUBLIC_TRACKING) as department:
            department.events.record_hits(hits)

    return write


@dataclass
class Intake:
    """Takes hits at once and writes them soon; `close` returns when the last is written.

    `refused` counts hits that found the queue full, `lost` hits that could not be written.
    """

    write: Callable[[Sequence[Hit]], None]
    bound: int = BOUND
    pause_seconds: float = PAUSE_SECONDS
    refused: int = 0
    lost: int = 0
    _waiting: deque[Waiting] = field(default_factory=deque)
    _loop: asyncio.AbstractEventLoop | None = None
    _arrived: threading.Event = field(default_factory=threading.Event)
    _closing: threading.Event = field(default_factory=threading.Event)
    _writer: threading.Thread | None = None

    def start(self) -> None:
        """Begin writing; a second call changes nothing."""
        if self._writer is None:
            self._writer = threading.Thread(target=self._work, name="tracking-intake")
            self._writer.start()

    def offer(self, hit: Hit, then: Then | None = None) -> bool:
        """Never waits. False if the queue is full or closed; the hit is then counted as refused.

        `then` is called on the event loop that offers, once the hit is committed or given up.
        """
        if len(self._waiting) >= self.bound or self._closing.is_set():
            self.refused += 1
            return False
        if then is not None and self._loop is None:
            self._loop = asyncio.get_running_loop()
        self._waiting.append((hit, then))
        if not self._arrived.is_set():
            self._arrived.set()
        return True

    def close(self) -> None:
        """Take no more hits, write those that wait, stop."""
        self._closing.set()
        self._arrived.set()
        if self._writer is not None:
            self._writer.join()
            self._writer = None

    def _work(self) -> None:
        tries = 0
        while not (self._closing.is_set() and not self._waiting):
            self._arrived.wait()
            self._arrived.clear()
            self._closing.wait(WINDOW_SECONDS)  # let neighbours arrive, and other writers in
            taken = self._take()
            batch = [hit for hit, _ in taken]
            failed = self._settle(batch)
            if 0 < len(failed) < len(batch):
                failed = self._settle(failed)  # the house may have recovered halfway
            if failed and len(failed) == len(batch) and tries < TRIES:
                tries += 1
                self._put_back(taken)
                self._closing.wait(self.pause_seconds)
            else:
                tries = 0
                self._give_up(failed)
                self._tell([then for _, then in taken if then is not None])
            if self._waiting or self._closing.is_set():
                self._arrived.set()

    def _take(self) -> list[Waiting]:
        return [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]

    def _put_back(self, taken: Sequence[Waiting]) -> None:
        self._waiting.extendleft(reversed(taken))

    def _tell(self, thens: Sequence[Then]) -> None:
        if thens and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop ended: nobody waits for an answer
                self._loop.call_soon_threadsafe(_call_all, thens)

    def _give_up(self, hits: Sequence[Hit]) -> None:
        if hits:
            self.lost += len(hits)
            _log.error("%d hits could not be written and are lost", len(hits))

    def _settle(self, hits: Sequence[Hit]) -> list[Hit]:
        """Write all that can be written; answers those that could not."""
        if not hits:
            return []
        try:
            self.write(hits)
        except Exception as error:
            if len(hits) == 1:
                # The class only: the message could quote an address or a user agent.
                _log.info("a hit could not be written yet: %s", type(error).__name__)
                return list(hits)
            middle = len(hits) // 2
            return self._settle(hits[:middle]) + self._settle(hits[middle:])
        return []


def _call_all(thens: Sequence[Then]) -> None:
    for then in thens:
        then()
