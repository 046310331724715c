"""Reads a JSON-shaped result without trusting it to be complete: what is absent is unknown."""

from collections.abc import Mapping, Sequence


def part(result: Mapping[str, object], *path: str) -> Mapping[str, object]:
    """The object under a path of keys; empty if it is not there."""
    found: object = result
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def rows(value: object) -> Sequence[Mapping[str, object]]:
    if not isinstance(value, list | tuple):
        return []
    return [row for row in value if isinstance(row, Mapping)]


def text(value: object) -> str:
    return "" if value is None else str(value)
