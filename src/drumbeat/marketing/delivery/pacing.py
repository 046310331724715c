"""When each message may leave: turns given out at exact rates, whoever asks, through any restart.

A limit is a rate and the instant of its next free turn (the generic cell rate algorithm of ITU-T
I.371, as a virtual clock). Turns are taken at most a second ahead, in the unit that claims rows, so
engines share one rate, and a restart neither bursts nor stalls. Instants are real epoch seconds,
never the business clock's.
"""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

AHEAD_SECONDS = 1.0
"""How far ahead turns are given out: what is claimed is at most so much work."""

CATCH_UP_SECONDS = 0.1
"""A late turn is caught up, a longer stall is not: no burst follows it."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """How fast a provider may be sent to: in all, and by lane number. None is no limit of ours."""

    provider: str
    rate: float | None
    lanes: Mapping[int, float]
    now: float


@dataclass(frozen=True, slots=True)
class Limit:
    """`rate` messages a second under one name; nobody has taken `next_turn` or a later one.

    `was` is `next_turn` as it is kept, where turns have been taken since.
    """

    name: str
    rate: float
    next_turn: float
    was: float | None = None

    def first(self, now: float) -> float:
        """The next turn, not before now but for a little catching up.

        One that lies further ahead than turns are given out was taken by a clock that went wrong.
        """
        latest = now + AHEAD_SECONDS + 1 / self.rate
        return min(max(self.next_turn, now - CATCH_UP_SECONDS), latest)

    def room(self, now: float) -> int:
        """How many turns begin within the next second."""
        spare = (now + AHEAD_SECONDS - self.first(now)) * self.rate
        return max(0, math.floor(spare + 1e-6) + 1)

    def take(self, count: int, now: float) -> tuple[list[float], "Limit"]:
        first = self.first(now)
        turns = [first + number / self.rate for number in range(count)]
        return turns, replace(self, next_turn=first + count / self.rate, was=self.next_turn)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one mailing's next messages must keep to: `whole` counts all of them, a lane its own."""

    now: float = 0.0
    whole: tuple[Limit, ...] = ()
    lanes: Mapping[int, Limit] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        return bool(self.whole or self.lanes)

    def room(self, wanted: int) -> int:
        return min([wanted, *(limit.room(self.now) for limit in self.whole)])

    def lane_rooms(self) -> dict[int, int]:
        """Of the lanes that have a limit of their own."""
        return {no: limit.room(self.now) for no, limit in self.lanes.items()}

    def take(self, lane_nos: Sequence[int]) -> tuple[list[float], list[Limit]]:
        """A turn for each message of these lanes, and the limits that moved by it.

        A message of a limited lane gets the first common turn at or after its lane's own; the
        others fill the rest, so that no lane waits for another one.
        """
        count, moved = len(lane_nos), list[Limit]()
        slots = [self.now] * count
        for limit in self.whole:
            turns, after = limit.take(count, self.now)
            slots = [max(pair) for pair in zip(slots, turns, strict=True)]
            moved.append(after)
        own, after_lanes = self._lane_turns(lane_nos)
        return _spread(slots, own, count), moved + after_lanes

    def _lane_turns(self, lane_nos: Sequence[int]) -> tuple[dict[int, float], list[Limit]]:
        """By position in `lane_nos`, of those in limited lanes alone."""
        places: dict[int, list[int]] = defaultdict(list)
        for place, lane_no in enumerate(lane_nos):
            if lane_no in self.lanes:
                places[lane_no].append(place)
        own, moved = dict[int, float](), list[Limit]()
        for lane_no, its in places.items():
            turns, after = self.lanes[lane_no].take(len(its), self.now)
            own.update(zip(its, turns, strict=True))
            moved.append(after)
        return own, moved


def _spread(slots: Sequence[float], own: Mapping[int, float], count: int) -> list[float]:
    free = sorted(slots)
    turns = [0.0] * count
    for place, turn in sorted(own.items(), key=lambda pair: pair[1]):
        slot = free.pop(min(bisect_left(free, turn), len(free) - 1))
        turns[place] = max(slot, turn)
    rest = iter(free)
    for place in range(count):
        if place not in own:
            turns[place] = next(rest)
    return turns
