"""How fast mail leaves and when it rests: by real elapsed time, never by the business clock."""

import math
from collections.abc import Callable

CLAIM_SECONDS = 1.0
"""A claim holds at most this much work, so that a pause or an unsubscribe bites."""

FAILURES_TO_REST = 5
"""Failed connections in a row, without one accepted mail, that count as an outage."""

_CATCH_UP = 0.1
_SHORTEST_REST, _LONGEST_REST = 1.0, 300.0


class Pacer:
    """Gives out turns at an exact rate; a late turn is caught up, but never by a burst."""

    def __init__(self, pace: float | None, real: Callable[[], float]) -> None:
        self._gap = 0.0 if pace is None else 1.0 / pace
        self._real = real
        self._next = real()

    def delay(self) -> float:
        """Take the next turn; it comes in so many seconds."""
        if not self._gap:
            return 0.0
        now = self._real()
        turn = max(self._next, now - _CATCH_UP)
        self._next = turn + self._gap
        return max(0.0, turn - now)


class Breaker:
    """Notices that a provider is out, so that its failure burns nobody's attempts."""

    def __init__(self, real: Callable[[], float]) -> None:
        self._real = real
        self._stumbles = 0
        self._until = -math.inf
        self.open = False
        self.outages = 0
        self.trouble = ""

    def accepted(self) -> None:
        self._stumbles = self.outages = 0

    def stumbled(self, trouble: str, *, at_once: bool, seconds: float | None = None) -> bool:
        """A mail could not be handed over; True once that is an outage.

        `at_once`: the provider said so itself; `seconds` is how long it asked to be left alone.
        """
        self._stumbles += 1
        if not at_once and self._stumbles < FAILURES_TO_REST:
            return False
        if not self.open:
            rest = min(_SHORTEST_REST * 2**self.outages, _LONGEST_REST)
            self._until = self._real() + max(rest, seconds or 0.0)
            self.outages += 1
            self.trouble = trouble
            self.open = True
        return True

    def remaining(self) -> float:
        """Seconds until it is worth another try; 0 when nothing stands in the way."""
        return max(0.0, self._until - self._real()) if self.open else 0.0

    def try_again(self) -> None:
        """The rest is over: one more outage doubles the next."""
        self.open = False
        self._stumbles = 0
