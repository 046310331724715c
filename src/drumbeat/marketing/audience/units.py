"""Units of work on the audience alone, for work that takes many: imports, putting, segmenting.

A unit keeps everybody else from writing for 50 ms at most. What fits into that depends on the
machine and on what else it does, so it is measured while the work goes on.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from drumbeat.marketing.audience.segmenting import SegmentsService
from drumbeat.marketing.audience.service import AudienceService

T = TypeVar("T")
Part = TypeVar("Part")

MOST_SECONDS = 0.05
LEAST_ROWS = 25


@dataclass
class UnitSize:
    """How many `rows` the next unit takes, at most as many as at the start.

    One that took too long is answered by as many as would have fitted, aiming at half the time; one
    that took less than that half lets the next be a quarter larger.
    """

    rows: int

    def __post_init__(self) -> None:
        self._most = self.rows

    def learn(self, rows: int, seconds: float) -> None:
        """A unit of so many rows held the write lock for so long."""
        if seconds > MOST_SECONDS:
            fitting = int(rows * MOST_SECONDS / 2 / seconds)
            self.rows = max(min(fitting, self.rows), min(LEAST_ROWS, self._most))
        elif seconds < MOST_SECONDS / 2 and rows >= self.rows:
            self.rows = min(self.rows + max(1, self.rows // 4), self._most)


class _Unit(Protocol):
    @property
    def audience(self) -> AudienceService: ...


class _SegmentsUnit(Protocol):
    @property
    def segments(self) -> SegmentsService: ...


Opened = Callable[[], AbstractContextManager[T]]


def audience_units(opened: Opened[_Unit]) -> Opened[AudienceService]:
    """What opens a caller's whole unit, as what opens the audience in it."""
    return _part_of(opened, lambda unit: unit.audience)


def segment_units(opened: Opened[_SegmentsUnit]) -> Opened[SegmentsService]:
    """What opens a caller's whole unit, as what opens the segments in it."""
    return _part_of(opened, lambda unit: unit.segments)


def _part_of(opened: Opened[T], part: Callable[[T], Part]) -> Opened[Part]:
    @contextmanager
    def of_a_unit() -> Iterator[Part]:
        with opened() as unit:
            yield part(unit)

    return of_a_unit
