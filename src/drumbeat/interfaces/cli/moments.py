"""Instants as a terminal shows them: to the second, in UTC, and said so."""

from datetime import UTC, datetime


def moment(value: object) -> str:
    """`2026-11-02 09:00:05 UTC`; what is no instant is shown as it came."""
    try:
        return f"{datetime.fromisoformat(str(value)).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    except ValueError:
        return str(value)
