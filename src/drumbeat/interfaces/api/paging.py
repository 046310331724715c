"""What every list takes and answers: `cursor` and `limit` in, `next_cursor` out, null at the end.

A cursor is text that was given out; any other is refused.
"""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query

from drumbeat.kit.errors import refused_cursor

Row = TypeVar("Row")
_ID = re.compile("[0-9a-f]{32}")

Cursor = Annotated[
    str | None,
    Query(max_length=200, description="The `next_cursor` of the page before; none is the start."),
]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many rows a page holds at most.")]


def number_of_cursor(cursor: str | None) -> int | None:
    """Raises InvalidInput unless it is a number that a row may have."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit()) or not 0 < int(cursor[:19]) < 1 << 62:
        raise refused_cursor()
    return int(cursor)


def id_of_cursor(cursor: str | None, prefix: str) -> str | None:
    """Raises InvalidInput unless it looks as an id of this kind does."""
    if cursor is not None and not _ID.fullmatch(cursor.removeprefix(f"{prefix}_")):
        raise refused_cursor()
    return cursor


def page_of(
    rows: Sequence[Row], cursor: str | None, limit: int, id_of: Callable[[Row], str]
) -> tuple[Sequence[Row], str | None]:
    """A page of a list that is short enough to be read whole, and the cursor of the next one."""
    ids = [id_of(row) for row in rows]
    if cursor is not None and cursor not in ids:
        raise refused_cursor()
    start = 0 if cursor is None else ids.index(cursor) + 1
    end = start + limit
    return rows[start:end], ids[end - 1] if end < len(rows) else None
