"""Where a page of a contact's timeline ends, and the text that says so.

Several things may happen in one second; a place therefore counts how many of those that look alike
by time, kind, mailing and link were shown already.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from drumbeat.kit.clock import epoch
from drumbeat.kit.errors import refused_cursor
from drumbeat.marketing.analytics.model import Happening

_TEXT = re.compile(r"(-?\d{1,12})\.(\d{1,3})\.(\d{1,10})\.(-?\d{1,5})\.(\d{1,5})", re.ASCII)
_EPOCHS = range(-62_135_596_800, 253_402_300_800)  # what a datetime can say

Row = tuple[datetime, int, int, int, int, int, int, str | None, str | None]
"""When (UTC, naive), kind, verdict, reason, mailing, link, value, currency, source."""
Key = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class TimelinePlace:
    """`key` is (epoch second, kind, mailing, link) of the last row shown."""

    key: Key
    shown: int

    @property
    def cursor(self) -> str:
        return ".".join(map(str, (*self.key, self.shown)))


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Newest first; `next_cursor` is None where nothing is earlier."""

    happenings: Sequence[Happening]
    next_cursor: str | None


def place_of(cursor: str | None) -> TimelinePlace | None:
    """Raises InvalidInput for text that was never given out."""
    if cursor is None:
        return None
    found = _TEXT.fullmatch(cursor)
    if found is None or int(found[1]) not in _EPOCHS or int(found[5]) < 1:
        raise refused_cursor()
    at, kind, mailing_no, link_no, shown = map(int, found.groups())
    return TimelinePlace((at, kind, mailing_no, link_no), shown)


def in_order(rows: Sequence[Row]) -> list[Row]:
    """Newest first; rows of one place in the order of all that they say."""
    return sorted(rows, key=_order, reverse=True)


def key_of(row: Row) -> Key:
    at, kind, _, _, mailing_no, link_no, *_ = row
    return epoch(at.replace(tzinfo=UTC)), kind, mailing_no, link_no


def end_of(shown: Sequence[Row], before: TimelinePlace | None) -> TimelinePlace:
    """The place behind the last of these, which follow `before`."""
    key = key_of(shown[-1])
    alike = sum(key_of(row) == key for row in shown)
    earlier = before.shown if before is not None and before.key == key else 0
    return TimelinePlace(key, earlier + alike)


def _order(row: Row) -> tuple[Any, ...]:
    """As the queries have it."""
    at, kind, verdict, reason, mailing_no, link_no, value_minor, currency, source = row
    told = (value_minor, currency or "", source or "", verdict, reason)
    return (at, kind, mailing_no, link_no, *told)
