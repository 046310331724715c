"""When a synthetic person looks at mail: local waking and favourite hours, and how a mail ages.

An open is a Weibull delay (k .433, scale 15.16 h; fitted to 14.9 M mails, Zid, Alves and Kordik,
CIKM 2025) thinned by the reader's activity at that local hour. Activity averages 1 over a week,
so a mail sent at a reader's dead hour loses its best minutes and with them the open.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from drumbeat.science.simulation.columns import Floats, Ints

WEIBULL_SHAPE = 0.433
WEIBULL_SCALE_HOURS = 15.16
HOURS_PER_WEEK = 168
SECONDS_PER_HOUR = 3_600
SECONDS_PER_DAY = 86_400
FEW = 4  # below this, asking zoneinfo is cheaper than building a table of its changes


@dataclass(frozen=True)
class Habit:
    """Peaks are (local hour, width in hours, height); weekends come later and weigh `weekend`."""

    name: str
    share: float
    peaks: tuple[tuple[float, float, float], ...]
    weekend: float


HABITS = (
    Habit("early riser", 0.18, ((6.5, 1.0, 3.0), (12.5, 1.2, 1.0), (18.5, 1.8, 0.9)), 1.05),
    Habit("office", 0.27, ((9.2, 1.1, 2.8), (13.5, 1.5, 1.7), (16.5, 1.2, 1.3)), 0.4),
    Habit("lunch break", 0.15, ((12.6, 0.9, 3.4), (8.0, 1.0, 0.8), (20.0, 1.8, 0.9)), 0.9),
    Habit("evening", 0.28, ((20.5, 1.4, 3.2), (8.0, 0.9, 0.9), (12.8, 1.2, 0.7)), 1.1),
    Habit("night owl", 0.07, ((23.0, 1.5, 3.2), (11.5, 1.6, 1.0)), 1.15),
    Habit("all day", 0.05, ((10.0, 4.0, 1.0), (18.0, 4.0, 1.0)), 1.0),
)
ASLEEP = 0.06  # activity that is left at night, before scaling
LATER_AT_WEEKENDS = 1.5


def _day(habit: Habit, shift: float) -> Floats:
    hours = np.arange(24) + 0.5
    curve = np.full(24, ASLEEP)
    for peak, width, height in habit.peaks:
        apart = np.abs(hours - peak - shift) % 24
        curve += height * np.exp(-0.5 * (np.minimum(apart, 24 - apart) / width) ** 2)
    return curve


def _week(habit: Habit) -> Floats:
    weekday, weekend = _day(habit, 0.0), _day(habit, LATER_AT_WEEKENDS) * habit.weekend
    week = np.concatenate([weekday] * 5 + [weekend] * 2)
    return np.asarray(week / week.mean())


CURVES: Floats = np.stack([_week(habit) for habit in HABITS])


def activity(habit: Ints, concentration: Floats, hour_of_week: Ints) -> Floats:
    """Activity relative to the person's own week, mean 1; concentration 0 is the same all week."""
    return np.asarray(1.0 + concentration * (CURVES[habit, hour_of_week] - 1.0))


def delay_hours(u: Floats) -> Floats:
    """The Weibull quantile at `u` in [0, 1)."""
    return np.asarray(WEIBULL_SCALE_HOURS * (-np.log1p(-u)) ** (1.0 / WEIBULL_SHAPE))


def hours_of_week(zones: tuple[str, ...], zone: Ints, epochs: Floats) -> Ints:
    """Local hours, Monday 00:00 = 0, of UTC epoch seconds; `zone` are positions in `zones`."""
    local = np.empty(len(epochs), dtype=np.int64)
    for code in np.unique(zone):
        rows = np.flatnonzero(zone == code)
        at = np.floor(epochs[rows]).astype(np.int64)
        local[rows] = at + utc_offsets(zones[code], at)
    days, seconds = np.divmod(local, SECONDS_PER_DAY)
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
    return np.asarray(weekday * 24 + seconds // SECONDS_PER_HOUR)


def utc_offsets(zone: str, epochs: Ints) -> Ints:
    """Seconds to add to each UTC epoch second for local time, across daylight-saving changes."""
    info = _zone(zone)
    if len(epochs) <= FEW:
        return np.array([_offset(info, at) for at in epochs.tolist()], dtype=np.int64)
    days = range(int(epochs.min()), int(epochs.max()) + SECONDS_PER_DAY, SECONDS_PER_DAY)
    starts, offsets = [days[0]], [_offset(info, days[0])]
    for day in days[1:]:
        if (offset := _offset(info, day)) != offsets[-1]:
            starts.append(_change(info, day - SECONDS_PER_DAY, day))
            offsets.append(offset)
    return np.array(offsets, dtype=np.int64)[np.searchsorted(starts, epochs, side="right") - 1]


@cache  # ZoneInfo itself keeps eight alive, and reads the file of a ninth each time
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _offset(info: ZoneInfo, epoch: int) -> int:
    offset = datetime.fromtimestamp(epoch, UTC).astimezone(info).utcoffset()
    assert offset is not None  # an instant with a zone has one
    return int(offset.total_seconds())


def _change(info: ZoneInfo, before: int, after: int) -> int:
    """The first second in (before, after] with the offset of `after`."""
    new = _offset(info, after)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(info, middle) == new:
            after = middle
        else:
            before = middle
    return after
