"""When and for how much everybody bought, by day: what worth and RFM are computed from.

Purchases of one day (UTC) count once for how often somebody comes back, and money is in the
currency that most purchases were made in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience.model import Buyers, Contact
from drumbeat.marketing.audience.store import ContactStore
from drumbeat.storage.warehouse import FactReader

if TYPE_CHECKING:
    import duckdb

# Purchases are kind 8 of marketing.events; no order is order_key 0.
_CURRENCY = """
SELECT currency FROM facts WHERE kind = 8 AND occurred_at::DATE <= $until
GROUP BY currency ORDER BY count(*) DESC, currency LIMIT 1
"""
_BUYERS = """
WITH days AS (
    SELECT contact_no, occurred_at::DATE AS day,
           count(DISTINCT order_key) FILTER (order_key <> 0)
             + count(*) FILTER (order_key = 0) AS orders,
           coalesce(sum(value_minor) FILTER (currency = $currency), 0)::DOUBLE AS spent
    FROM facts WHERE kind = 8 AND occurred_at::DATE <= $later
    GROUP BY ALL
), known AS (
    SELECT *, min(day) OVER (PARTITION BY contact_no) AS first_day FROM days
)
SELECT contact_no,
       count(*) FILTER (day <= $until) - 1 AS frequency,
       date_diff('day', min(first_day), max(day) FILTER (day <= $until)) AS recency,
       date_diff('day', min(first_day), $until) AS age,
       sum(orders) FILTER (day <= $until)::BIGINT AS orders,
       sum(spent) FILTER (day <= $until) AS spent,
       coalesce(avg(spent) FILTER (day <= $until AND day > first_day), 0) AS repeat_spend,
       count(*) FILTER (day > $until) AS later
FROM known WHERE first_day <= $until
GROUP BY contact_no ORDER BY contact_no
"""


@dataclass(frozen=True)
class BuyerStore:
    contacts: ContactStore
    facts: FactReader

    def read(self, until: date, later: date) -> Buyers:
        """Everybody who bought up to `until`; what they bought after it, up to `later`, aside."""
        with self.facts.open() as duck:
            return _buyers(duck, until, later)

    def list_contacts(self, numbers: Sequence[ContactNo]) -> list[Contact]:
        """In order of number; who was erased since is absent."""
        return self.contacts.list_(numbers)


def _buyers(duck: duckdb.DuckDBPyConnection, until: date, later: date) -> Buyers:
    import numpy as np

    found = duck.execute(_CURRENCY, {"until": until}).fetchone()
    currency = str(found[0]) if found else ""
    asked = {"until": until, "later": later, "currency": currency}
    rows: dict[str, Any] = duck.execute(_BUYERS, asked).fetchnumpy()
    columns = {name: np.asarray(rows[name], np.float64) for name in rows if name != "contact_no"}
    return Buyers(until, currency, np.asarray(rows["contact_no"], np.int32), **columns)
