"""When did it happen, as exports write it? Only what can be read in one way is read.

"03/04/2026" is refused: it is April in one export and March in the next.
"""

from datetime import UTC, datetime

from drumbeat.kit.clock import from_epoch

_FORMATS = (
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M",
    "%d.%m.%Y", "%b %d, %Y %I:%M %p", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y",
)  # fmt: skip


def read_time(cell: str) -> datetime | None:
    """The instant a cell means, or None; without an offset it is UTC."""
    text = cell.strip()
    if not 8 <= len(text) <= 40:
        return None
    if text.isascii() and text.isdigit() and len(text) in (10, 13):
        return from_epoch(int(text[:10]))
    plain = text.removesuffix(" UTC").removesuffix(" GMT")
    try:
        return _aware(datetime.fromisoformat(plain))
    except (ValueError, OverflowError):
        pass
    for form in _FORMATS:
        try:
            return datetime.strptime(f"{plain} +0000", f"{form} %z")
        except ValueError:
            continue
    return None


def _aware(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
