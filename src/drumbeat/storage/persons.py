"""Which tables hold something about a person, and what erasing them makes of each row.

The one list that erasure and access by the person both read, so that neither forgets what the
other knows; a test holds it against every table with a contact's number. Counts survive as rows of
nobody: a number below zero, drawn anew for each row, that leads nowhere.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, delete, select, update

from drumbeat.storage.database import Connection, metadata

PERSON = "contact_no"
LARGEST = 2**31 - 1


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
