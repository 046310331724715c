"""Which tables hold something about a person, and what erasing them makes of each row.

The one list that erasure and access by the person both read, so that neither forgets what the
other knows; a test holds it against every table with a contact's number. Counts survive as rows of
nobody: a number below zero, drawn anew for each row, that leads nowhere. Of the trail stays who did
what when, and no longer to whom.
"""

import json
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, String, Table, delete, or_, select, update

from drumbeat.storage.database import Connection, metadata

PERSON = "contact_no"
LARGEST = 2**31 - 1
TRAIL = "audit"
ERASED = "erased contact"
"""What the trail calls somebody who is nobody any more."""


@dataclass(frozen=True)
class Holding:
    """Rows of one table. `keep` makes them nobody's and blanks `blank`; else they are deleted.

    `hidden` columns are bytes that the export opens, or leaves out, by itself.
    """

    keep: bool = False
    blank: Mapping[str, object] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()


HOLDINGS: Mapping[str, Holding] = {
    "contact": Holding(hidden=("address_key", "external_key")),
    "contact_alias": Holding(hidden=("address_key", "external_key", "address")),
    "consent": Holding(),
    "consent_proof": Holding(),
    "consent_pause": Holding(),
    "sale_opt_out": Holding(),
    "reader_ask": Holding(),
    "evidence": Holding(),
    "event": Holding(keep=True, blank={"properties": None, "order_key": 0}),
    "message": Holding(keep=True),
    "bounce_mail": Holding(
        keep=True, blank={"raw": None, "reason": ""}, hidden=("raw", "identity")
    ),
    "mail_test": Holding(keep=True, hidden=("tester", "links")),
}


def nobody() -> int:
    """A number that no contact has, had or will have."""
    return -1 - secrets.randbelow(LARGEST)


@dataclass(frozen=True)
class PersonStore:
    connection: Connection

    def each_row(self, contact_no: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """By table: every row of one person, without what the export opens by itself."""
        for name, holding in HOLDINGS.items():
            table = metadata.tables[name]
            shown = [column for column in table.c if column.name not in holding.hidden]
            rows = self.connection.execute(select(*shown).where(table.c[PERSON] == contact_no))
            yield name, [dict(row._mapping) for row in rows]

    def erase(self, contact_no: int) -> dict[str, int]:
        """Delete what is about one person, make nobody's what is counted; rows by table."""
        touched = {}
        for name, holding in HOLDINGS.items():
            table = metadata.tables[name]
            if holding.keep:
                touched[name] = self._make_nobodys(table, contact_no, holding.blank)
            else:
                gone = delete(table).where(table.c[PERSON] == contact_no)
                touched[name] = self.connection.execute(gone).rowcount
        return {name: rows for name, rows in touched.items() if rows}

    def trail_of(self, numbers: Collection[int], ids: Collection[str]) -> list[dict[str, Any]]:
        """Entries of the trail about one person, or that name them, the oldest first."""
        table = metadata.tables[TRAIL]
        wanted = select(table).where(_about(table, numbers, ids)).order_by(table.c.audit_no)
        return [dict(row._mapping) for row in self.connection.execute(wanted)]

    def leave_trail(self, numbers: Collection[int], ids: Collection[str]) -> int:
        """Entries about one person become about nobody; in the others they have no id any more."""
        table, subjects = metadata.tables[TRAIL], _subjects(numbers)
        entries = self.trail_of(numbers, ids)
        for each in entries:
            about = each["subject"] in subjects
            values: dict[str, object] = {"detail": _without(each["detail"], ids)}
            if about:
                values = {"subject": ERASED, "detail": {}}
            same = table.c.audit_no == each["audit_no"]
            self.connection.execute(update(table).where(same).values(values))
        return len(entries)

    def _make_nobodys(self, table: Table, contact_no: int, blank: Mapping[str, object]) -> int:
        """Each row under a number of its own: together they would still tell somebody's story."""
        keys = list(table.primary_key.columns)
        rows: Sequence[Any] = self.connection.execute(
            select(*keys).where(table.c[PERSON] == contact_no)
        ).all()
        for row in rows:
            same = [key == value for key, value in zip(keys, row, strict=True)]
            self.connection.execute(update(table).where(*same).values({PERSON: nobody(), **blank}))
        return len(rows)


def _subjects(numbers: Collection[int]) -> list[str]:
    return [f"contact {number}" for number in numbers]


def _about(table: Table, numbers: Collection[int], ids: Collection[str]) -> ColumnElement[bool]:
    told = table.c.detail.cast(String)
    named = [told.contains(each, autoescape=True) for each in ids]
    return or_(table.c.subject.in_(_subjects(numbers)), *named)


def _without(detail: object, ids: Collection[str]) -> object:
    text = json.dumps(detail)
    for each in ids:
        text = text.replace(each, ERASED)
    return json.loads(text)
