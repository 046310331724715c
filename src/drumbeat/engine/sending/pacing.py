"""How fast mail leaves and when it rests: by real elapsed time, never by the business clock."""

import asyncio
import contextlib
import heapq
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

from drumbeat.marketing.delivery import Claimed

CLAIM_SECONDS = 1.0
"""A claim holds at most this much work, so that a pause or an unsubscribe bites."""

Doze = Callable[[asyncio.Event, float | None], Awaitable[None]]
"""Wait for the event, at most so many seconds; None is for ever."""

FAILURES_TO_REST = 5
"""Failed connections in a row, without one accepted mail, that count as an outage."""

TICK = 0.001  # less than this is no time at all


def clock_ahead() -> float:
    """How far the wall clock, which engines share, is ahead of this machine's running time."""
    return time.time() - time.monotonic()


async def doze(event: asyncio.Event, seconds: float | None) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


class Turns:
    """What is claimed and not handed over yet: first what has no turn, then the earliest turn.

    Instants are of `real`. Urgent mail goes before all else, and takes the turn of whatever its
    lane would have sent next, which waits for urgent's instead: no pace is exceeded by it.
    """

    def __init__(self, real: Callable[[], float]) -> None:
        self._real = real
        self._at_once: deque[Claimed] = deque()
        self._heap: list[tuple[float, int, Claimed]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._at_once) + len(self._heap)

    def add(self, claimed: Iterable[tuple[Claimed, float]], *, urgent: bool) -> None:
        """Each with its turn; 0 is at once."""
        for each, turn in reversed(list(claimed)) if urgent else claimed:
            if turn:
                self._push(each, self._swapped(each, turn) if urgent else turn, urgent=urgent)
            elif urgent:
                self._at_once.appendleft(each)
            else:
                self._at_once.append(each)

    def _push(self, claimed: Claimed, turn: float, *, urgent: bool = False) -> None:
        self._count += 1
        heapq.heappush(self._heap, (turn, -self._count if urgent else self._count, claimed))

    def _swapped(self, urgent: Claimed, turn: float) -> float:
        lane_no = urgent.place.lane_no
        same = [entry for entry in self._heap if entry[2].place.lane_no == lane_no and entry[1] > 0]
        if not same or min(same)[0] >= turn:
            return turn
        first = min(same)
        self._heap.remove(first)
        heapq.heapify(self._heap)
        self._push(first[2], turn)
        return first[0]

    def pop(self) -> Claimed | None:
        """The next one whose turn has come."""
        if self._at_once:
            return self._at_once.popleft()
        if self._heap and self._heap[0][0] <= self._real() + TICK:
            return heapq.heappop(self._heap)[2]
        return None

    def wait(self) -> float | None:
        """Seconds until the next turn; None while nothing waits for one."""
        return max(0.0, self._heap[0][0] - self._real()) if self._heap else None

    def drain(self) -> list[Claimed]:
        left = [*self._at_once, *(entry[2] for entry in sorted(self._heap))]
        self._at_once.clear()
        self._heap.clear()
        return left


class Breaker:
    """Notices that a provider is out, so that its failure burns nobody's attempts.

    How long it rests is kept in the house for all engines; this is what one of them knows of it.
    """

    def __init__(self, real: Callable[[], float]) -> None:
        self._real = real
        self._stumbles = 0
        self._until = -math.inf
        self.open = False
        self.untold = False
        self.outages = 0
        self.trouble = ""
        self.asked = 0.0
        self.probing = False
        self.healed = False

    def accepted(self) -> None:
        self._stumbles = self.outages = 0
        self.healed = self.healed or self.probing
        self.probing = False

    def stumbled(self, trouble: str, *, at_once: bool, seconds: float | None = None) -> bool:
        """A mail could not be handed over; True once that is an outage.

        `at_once`: the provider said so itself; `seconds` is how long it asked to be left alone.
        """
        self._stumbles += 1
        if not (at_once or self.probing) and self._stumbles < FAILURES_TO_REST:
            return False
        if not self.open:
            self.outages += 1
            self.trouble = trouble
            self.asked = seconds or 0.0
            self.open = self.untold = True
        return True

    def rest(self, trouble: str, seconds: float) -> None:
        """Leave the provider alone for so long; then one mail tries whether it is back."""
        self.open, self.untold = True, False
        self.trouble = trouble
        self._until = self._real() + seconds
        self.probing = True

    def remaining(self) -> float:
        """Seconds until it is worth another try; 0 when nothing stands in the way."""
        left = self._until - self._real() if self.open else 0.0
        return left if left > TICK else 0.0

    def try_again(self) -> None:
        """The rest is over: one more outage doubles the next."""
        self.open = False
        self._stumbles = 0
