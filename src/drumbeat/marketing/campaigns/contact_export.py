"""What a file of contacts says, as CSV for a spreadsheet or as JSON: everybody, or a segment.

Attributes become columns of their own. No cell runs as a formula where it is opened, and a file
that was exported can be imported again.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Literal

from drumbeat.kit.json_objects import JsonObject
from drumbeat.kit.spreadsheet import safe_cell
from drumbeat.marketing.campaigns.contact_answer import contact_rows
from drumbeat.marketing.campaigns.ports import Unit

PAGE_ROWS = 1_000
FileFormat = Literal["csv", "json"]
COLUMNS = (
    "email",
    "external_id",
    "consent",
    "timezone",
    "timezone_source",
    "created_at",
    "may_mail",
    "reason",
)

Look = Callable[[], AbstractContextManager[Unit]]


def export_contacts(look: Look, form: FileFormat, segment: str = "") -> Iterator[str]:
    """The pieces of the file. Raises InvalidInput for an unknown segment before the first piece.

    Each page of contacts is read in a unit of its own: somebody who comes meanwhile may be in it.
    """
    with look() as unit:
        unit.audience.list_contacts(limit=1, segment=segment)
    return _csv(look, segment) if form == "csv" else _json(look, segment)


def _pages(look: Look, segment: str) -> Iterator[list[JsonObject]]:
    after = 0
    while True:
        with look() as unit:
            found = unit.audience.list_contacts(after=after, limit=PAGE_ROWS, segment=segment)
            rows = contact_rows(unit, found)
        if not found:
            return
        yield rows
        after = found[-1].contact_no


def _json(look: Look, segment: str) -> Iterator[str]:
    between = "["
    for rows in _pages(look, segment):
        for row in rows:
            yield f"{between}\n{json.dumps(row, ensure_ascii=False)}"
            between = ","
    yield "[]\n" if between == "[" else "\n]\n"


def _csv(look: Look, segment: str) -> Iterator[str]:
    attributes: dict[str, None] = {}
    for rows in _pages(look, segment):
        for row in rows:
            attributes |= dict.fromkeys(_attributes(row))
    own = [name for name in attributes if name not in COLUMNS]
    yield _lines([[*COLUMNS, *own]])
    for rows in _pages(look, segment):
        yield _lines(
            [
                [_cell(row[name]) for name in COLUMNS]
                + [_cell(_attributes(row).get(name)) for name in own]
                for row in rows
            ]
        )


def _attributes(row: JsonObject) -> JsonObject:
    attributes = row["attributes"]
    assert isinstance(attributes, dict)
    return attributes


def _lines(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([[safe_cell(cell) for cell in row] for row in rows])
    return text.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
