"""How a segment grew: who entered and left on each day, and how many were in it at its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from drumbeat.interfaces.web import charts, insight_charts
from drumbeat.interfaces.web.wording import count
from drumbeat.marketing.audience import Change

MOST_DAYS = 60
CHANGES = 2_000
"""How many cuts are looked at: a busy segment is cut every few minutes."""


@dataclass(frozen=True)
class Day:
    """In UTC, as everywhere."""

    day: date
    entered: int
    left: int
    members: int


@dataclass(frozen=True)
class Growth:
    """`days` without a gap, the oldest first; the table shows those on which anybody moved."""

    days: Sequence[Day]
    moved: Sequence[Day]
    flow: Markup
    size: Markup
    most_moved: int
    largest: int


def days_of(changes: Sequence[Change], until: date) -> list[Day]:
    """The last 60 days up to `until` since anybody moved; on a still day all stay who were in.

    Who was in it when it was made did not enter: beside them every later move would look like none.
    """
    by_day: dict[date, Day] = {}
    for place, each in enumerate(changes):
        day = each.at.date()
        known = by_day.get(day, Day(day, 0, 0, 0))
        entered = 0 if place == 0 and each.entered == each.members else each.entered
        by_day[day] = Day(day, known.entered + entered, known.left + each.left, each.members)
    if not by_day:
        return []
    first = max(min(by_day), until - timedelta(days=MOST_DAYS - 1))
    earlier = [day for day in by_day if day < first]
    members = by_day[max(earlier)].members if earlier else 0
    days = []
    for place in range((max(until, max(by_day)) - first).days + 1):
        day = first + timedelta(days=place)
        found = by_day.get(day, Day(day, 0, 0, members))
        members = found.members
        days.append(found)
    return days


def growth_of(changes: Sequence[Change], until: date) -> Growth | None:
    """None while nobody ever was in it."""
    days = days_of(changes, until)
    if not days:
        return None
    most = max(max(each.entered, each.left) for each in days)
    largest = max(each.members for each in days)
    top, room = charts.round_top(most), charts.round_top(largest)
    entered, left = sum(each.entered for each in days), sum(each.left for each in days)
    span = f"{days[0].day.isoformat()} to {days[-1].day.isoformat()}"
    return Growth(
        days,
        [each for each in reversed(days) if each.entered or each.left],
        insight_charts.up_and_down(
            [(each.entered, each.left) for each in days],
            top,
            f"By day, {span}: {count(entered)} entered, {count(left)} left",
        ),
        charts.curve(
            [("opens", [each.members for each in days])],
            room,
            f"In it at the end of each day, {span}: {count(days[-1].members)} on the last",
        ),
        int(top),
        int(room),
    )
