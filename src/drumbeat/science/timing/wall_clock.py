"""Which instant a time on somebody's wall is, on the two odd days of the year too.

A wall time that the spring change skips moves forward by the hour that was skipped (02:30 becomes
03:30); one that the autumn change repeats is the first of the two (PEP 495, fold = 0).
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAYS_TO_TRY = 3  # a zone that crossed the date line once skipped a whole day


def local_instant(wall: time, zone: ZoneInfo, *, not_before: datetime) -> datetime:
    """The first instant (UTC) not before `not_before` at which clocks in `zone` show `wall`."""
    today = not_before.astimezone(zone).date()
    candidates = (
        instant_of_wall_time(datetime.combine(today + timedelta(days=day), wall), zone)
        for day in range(_DAYS_TO_TRY)
    )
    return next(instant for instant in candidates if instant >= not_before)


def instant_of_wall_time(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a naive wall time in `zone`."""
    # For a skipped time, zoneinfo applies the offset from before the change: that moves it forward.
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def known_zone(name: str) -> ZoneInfo | None:
    """The IANA zone of that name, or None: "", "Mars/Olympus" and "../etc" are no zones."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # unknown, a path, a folder of zones
        return None
