"""The sends and clicks around one file's opens and clicks, wherever they lie, in DuckDB's SQL."""

from collections.abc import Sequence
from typing import Any

from drumbeat.marketing.events.model import FoldedFact, Kind
from drumbeat.storage.sealed_parquet import FactFile
from drumbeat.storage.warehouse import FactReader

# A send is as old as its mailing; clicks matter a minute around.
_AROUND = f"""
WITH acted AS (
    SELECT DISTINCT mailing_no, contact_no FROM facts
    WHERE kind IN ({Kind.opened:d}, {Kind.clicked:d}) AND mailing_no > 0
      AND mailing_no BETWEEN $least AND $most
      AND epoch(occurred_at) BETWEEN $first_at AND $last_at
)
SELECT kind, CAST(epoch(occurred_at) AS BIGINT), contact_no, mailing_no, link_no, verdict, reason
FROM facts JOIN acted USING (mailing_no, contact_no)
WHERE mailing_no BETWEEN $least AND $most
  AND (kind = {Kind.sent:d}
       OR kind = {Kind.clicked:d} AND epoch(occurred_at) BETWEEN $first_at - 60 AND $last_at + 60)
"""


def neighbours_of(facts: FactReader, file: FactFile) -> list[FoldedFact]:
    named = {
        "least": file.min_mailing,
        "most": file.max_mailing,
        "first_at": file.first_at,
        "last_at": file.last_at,
    }
    with facts.open() as duck:
        rows = duck.execute(_AROUND, named).fetchall()
    return [
        FoldedFact(kind, at, contact, mailing, -1, link, verdict, reason, 0, "", 0, "", None)
        for kind, at, contact, mailing, link, verdict, reason in rows
    ]


def mailings_of(reader: FactReader, contact_nos: Sequence[int]) -> list[int]:
    """Which mailings these people's facts name."""
    query = """
        SELECT DISTINCT mailing_no FROM person_facts
        WHERE mailing_no > 0 AND list_contains($numbers, contact_no)
    """
    with reader.open() as duck:
        rows = duck.execute(query, {"numbers": list(contact_nos)}).fetchall()
    return [mailing_no for (mailing_no,) in rows]


def facts_of(reader: FactReader, contact_no: int) -> list[dict[str, Any]]:
    """Every fact about one contact, by column, the oldest first."""
    query = "SELECT * FROM person_facts WHERE contact_no = $contact_no ORDER BY occurred_at, kind"
    with reader.open() as duck:
        found = duck.execute(query, {"contact_no": contact_no})
        names = [each[0] for each in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
