"""What the area's stores ask of the facts alike: signs of life, their points, main currency."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

# Kinds are those of marketing.events.
SIGNS = {4: "opened", 5: "clicked", 6: "replied", 7: "forwarded", 8: "purchased", 11: "viewed"}
SIGN_KINDS = f"({', '.join(map(str, SIGNS))})"
_CURRENCY = """
SELECT currency FROM facts WHERE kind = 8 AND occurred_at < $before
GROUP BY currency ORDER BY count(*) DESC, currency LIMIT 1
"""


def main_currency(duck: duckdb.DuckDBPyConnection, before: date) -> str:
    """The one most purchases before this day's beginning, or instant (UTC), were made in.

    Ties go by name; "" before any purchase.
    """
    found = duck.execute(_CURRENCY, {"before": before}).fetchone()
    return str(found[0]) if found else ""


def points_by_kind() -> list[float]:
    """What a fresh deed of each kind is worth for engagement, for a list that SQL counts from 1."""
    from drumbeat.science.segmentation import ENGAGEMENT_POINTS

    return [ENGAGEMENT_POINTS.get(SIGNS.get(kind, ""), 0.0) for kind in range(1, max(SIGNS) + 1)]
