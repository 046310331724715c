"""JSON lines about people: a line each, and last the answer as it is without them."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from fastapi.responses import StreamingResponse

from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.uploads import LINES
from drumbeat.kit.ids import ContactNo
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience import UNIT_ROWS, Contact

Numbers = Sequence[int] | npt.NDArray[np.integer]
Row = Callable[[int, Contact], JsonObject]
"""What is said of the person at a place of the list."""


def rows_of(whom: str) -> dict[str, Any]:
    """How a route of such lines describes itself."""
    return {
        "response_class": StreamingResponse,
        "responses": {
            200: {
                "description": f"JSON lines: {whom} each, and last the answer as without rows.",
                "content": {LINES: {"schema": {"type": "string"}}},
            }
        },
    }


def stream_people(
    caller: Caller, contact_nos: Numbers, row: Row | None, answer: JsonObject
) -> StreamingResponse:
    """In the order of `contact_nos`; who was erased since is left out. No `row`, no people."""
    people = () if row is None else _lines(caller, contact_nos, row)
    return StreamingResponse(_and_last(people, answer), media_type=LINES)


def _lines(caller: Caller, contact_nos: Numbers, row: Row) -> Iterator[str]:
    for start in range(0, len(contact_nos), UNIT_ROWS):
        page = [ContactNo(int(number)) for number in contact_nos[start : start + UNIT_ROWS]]
        with caller.look() as department:
            people = {each.contact_no: each for each in department.buyers.list_people(page)}
        found = ((start + at, people[no]) for at, no in enumerate(page) if no in people)
        yield "".join(json.dumps(row(at, who)) + "\n" for at, who in found)


def _and_last(lines: Iterator[str] | tuple[()], answer: JsonObject) -> Iterator[str]:
    yield from lines
    yield json.dumps(answer) + "\n"
