"""House rules of timing: quiet hours, the hour to begin with, and what counts as a habit.

The cold-start hours are reference values, unsourced until the list's own engagement replaces them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from drumbeat.kit.clock import epoch
from drumbeat.marketing.events import FoldedFact, Kind, Verdict
from drumbeat.marketing.timing.model import Mode, SendWish
from drumbeat.science.timing import BestHour, best_hours, best_list_hour, known_zone, local_instant

HOURS = 24
QUIET_FROM, QUIET_UNTIL = 21, 8  # local: nothing is planned from 21:00 until 08:00
SENDING_HOURS = range(QUIET_UNTIL, QUIET_FROM)
COLD_START_HOURS = {"newsletter": 9, "promotional": 14}
OTHER_COLD_START_HOUR = 10
_ENGAGEMENTS = (Kind.opened, Kind.clicked)

Instants = npt.NDArray[np.int64]
HourCounts = npt.NDArray[np.int64]


def cold_start_hour(campaign_type: str) -> int:
    return COLD_START_HOURS.get(campaign_type, OTHER_COLD_START_HOUR)


def zone_or(name: str, default: str) -> ZoneInfo:
    """The zone of that name, else the default, else UTC."""
    return known_zone(name) or known_zone(default) or ZoneInfo("UTC")


def engaged_hours(
    facts: Iterable[FoldedFact], zones: Mapping[int, str]
) -> Counter[tuple[str, int]]:
    """People's opens and clicks by (zone, local hour); a machine's hour says nothing."""
    hours: Counter[tuple[str, int]] = Counter()
    places: dict[str, ZoneInfo] = {}  # zoneinfo itself remembers only the last eight
    for fact in facts:
        if fact.kind in _ENGAGEMENTS and fact.verdict == Verdict.human:
            name = zones.get(fact.contact_no, "")
            if name not in places:
                places[name] = zone_or(name, "UTC")
            hours[name, datetime.fromtimestamp(fact.occurred_at, places[name]).hour] += 1
    return hours


def choose_hours(
    seen: Mapping[str, HourCounts], zone_names: Sequence[str], wish: SendWish, start: datetime
) -> tuple[list[BestHour], BestHour]:
    """The best hour of each named zone, and of the whole list."""
    # Zones that this audience lacks still teach: they are part of the list.
    names = [*zone_names, *(name for name in seen if name not in set(zone_names))]
    nothing = np.zeros(HOURS, dtype=np.int64)
    counts = np.array([seen.get(name, nothing) for name in names]).reshape(-1, HOURS)
    window = wish.window if wish.mode is Mode.BEST else None
    allowed = np.zeros(counts.shape, dtype=np.bool_)
    for row, name in enumerate(names):
        allowed[row, hours_within(zone_or(name, wish.default_zone), start, window)] = True
    cold_start = cold_start_hour(wish.campaign_type)
    best = best_hours(counts, cold_start, allowed=allowed)[: len(zone_names)]
    return best, best_list_hour(counts, cold_start, allowed=SENDING_HOURS)


def hours_within(zone: ZoneInfo, start: datetime, window: timedelta | None) -> list[int]:
    """Sending hours whose next occurrence lies in the window; if none does, the soonest.

    So quiet hours outrank the window, and a mail leaves as shortly after it as they allow.
    """
    if window is None:
        return list(SENDING_HOURS)
    due = {hour: local_instant(time(hour), zone, not_before=start) for hour in SENDING_HOURS}
    inside = [hour for hour, instant in due.items() if instant <= start + window]
    return inside or [min(due, key=lambda hour: due[hour])]


def instants_of_walls(
    walls: Sequence[time], zones: Sequence[ZoneInfo], start: datetime
) -> Instants:
    """The next occurrence of each zone's wall time, not before `start`."""
    due = (
        local_instant(wall, zone, not_before=start) for wall, zone in zip(walls, zones, strict=True)
    )
    return np.fromiter(map(epoch, due), dtype=np.int64, count=len(zones))


def spread_evenly(count: int, start: datetime, window: timedelta | None) -> Instants:
    """`count` instants from `start` on, evenly over the window, in the contacts' order."""
    seconds = 0 if window is None else int(window.total_seconds())
    return epoch(start) + np.arange(count, dtype=np.int64) * seconds // max(count, 1)
