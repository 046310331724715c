"""The only place that asks what time it is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from drumbeat.kit.errors import InvalidInput

Clock = Callable[[], datetime]
"""Answers an aware UTC instant."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class FileClock:
    """One ISO instant in a file, read anew at every call, so that several processes agree."""

    path: Path

    def __call__(self) -> datetime:
        text = self.path.read_text(encoding="utf-8").strip()
        return parse_instant(text, field=f"DRUMBEAT_CLOCK ({self.path})")

    def set(self, instant: datetime) -> None:
        """Replace the file in one step: a reader sees the old instant or the new one."""
        fresh = self.path.with_name(self.path.name + ".new")
        fresh.write_text(instant.astimezone(UTC).isoformat(), encoding="utf-8")
        fresh.replace(self.path)


def parse_instant(text: str, *, field: str) -> datetime:
    """Read an ISO 8601 instant; one without an offset is UTC. Raises InvalidInput."""
    try:
        instant = datetime.fromisoformat(text)
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):  # an offset can lead out of the calendar
        message = f"{field}: {text[:40]!r} is not an ISO instant such as 2026-11-02T09:00:00+00:00."
        raise InvalidInput(message, field=field) from None


def epoch(instant: datetime) -> int:
    """Whole seconds since 1970, rounded down: how instants are stored."""
    return int(instant.timestamp() // 1)


def from_epoch(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
