"""When and for how much everybody bought, by day: what worth and RFM are computed from.

Purchases of one day (UTC) count once for how often somebody comes back, and money is in the
currency that most purchases were made in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience.model import Bought, Buyers, Contact
from drumbeat.marketing.audience.store import ContactStore
from drumbeat.marketing.audience.store_deeds import main_currency
from drumbeat.storage.warehouse import FactReader

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    from numpy.typing import NDArray

# Purchases are kind 8 of marketing.events; no order is order_key 0.
_BUYERS = """
WITH days AS (
    SELECT contact_no, occurred_at::DATE AS day,
           count(DISTINCT order_key) FILTER (order_key <> 0)
             + count(*) FILTER (order_key = 0) AS orders,
           coalesce(sum(value_minor) FILTER (currency = $currency), 0)::DOUBLE AS spent
    FROM person_facts WHERE kind = 8 AND occurred_at::DATE <= $later
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
_PURCHASES = """
SELECT contact_no, order_key, occurred_at, value_minor, currency = $currency AS main
FROM person_facts WHERE kind = 8 AND occurred_at < $before
"""
_SOME_CURRENCY = "SELECT currency FROM facts WHERE kind = 8 AND occurred_at < $before LIMIT 1"


@dataclass(frozen=True)
class BuyerStore:
    contacts: ContactStore
    facts: FactReader

    def read(self, until: date, later: date) -> Buyers:
        """Everybody who bought up to `until`; what they bought after it, up to `later`, aside."""
        with self.facts.open() as duck:
            return read_buyers(duck, until, later)

    def read_bought(self, until: date) -> Bought:
        with self.facts.open() as duck:
            return read_bought(duck, until)

    def list_contacts(self, numbers: Sequence[ContactNo]) -> list[Contact]:
        """In order of number; who was erased since is absent."""
        return self.contacts.list_(numbers)


def read_buyers(duck: duckdb.DuckDBPyConnection, until: date, later: date) -> Buyers:
    """What `BuyerStore.read` answers, from facts that are open already."""
    import numpy as np

    currency = main_currency(duck, until + timedelta(days=1))
    asked = {"until": until, "later": later, "currency": currency}
    rows: dict[str, Any] = duck.execute(_BUYERS, asked).fetchnumpy()
    columns = {name: np.asarray(rows[name], np.float64) for name in rows if name != "contact_no"}
    return Buyers(until, currency, np.asarray(rows["contact_no"], np.int32), **columns)


def read_bought(duck: duckdb.DuckDBPyConnection, until: date) -> Bought:
    """What `BuyerStore.read_bought` answers, from facts that are open already."""
    before = until + timedelta(days=1)
    some = duck.execute(_SOME_CURRENCY, {"before": before}).fetchone()
    currency = str(some[0]) if some else ""
    rows = _purchases(duck, before, currency)
    if 2 * int(rows["main"].sum()) <= len(rows["main"]) and some:
        # More than half would have made it the main one: to count them all is dear.
        currency = main_currency(duck, before)
        rows = _purchases(duck, before, currency)
    return _bought(until, currency, rows)


def _purchases(duck: duckdb.DuckDBPyConnection, before: date, currency: str) -> dict[str, Any]:
    found: dict[str, Any] = duck.execute(
        _PURCHASES, {"before": before, "currency": currency}
    ).fetchnumpy()
    return found


def _bought(until: date, currency: str, rows: dict[str, Any]) -> Bought:
    """Summed here, by contact number as a place: DuckDB's hashing of ten million costs thrice."""
    import numpy as np

    who, orders = np.asarray(rows["contact_no"], np.int32), np.asarray(rows["order_key"], np.int64)
    bound = int(who.max(initial=0)) + 1
    times = np.bincount(who, minlength=bound) - np.bincount(_repeats(who, orders), minlength=bound)
    last = np.zeros(bound, np.int64)
    np.maximum.at(last, who, rows["occurred_at"].view(np.int64))
    value = np.where(rows["main"], rows["value_minor"], 0)
    spent = np.bincount(who, value.astype(np.float64), bound).astype(np.float64)
    numbers = np.flatnonzero(times)
    day = last[numbers].view(rows["occurred_at"].dtype).astype("datetime64[D]")
    return Bought(
        until=until,
        currency=currency,
        contact_nos=numbers.astype(np.int32),
        recency_days=(np.datetime64(until, "D") - day).astype(np.float64),
        orders=times[numbers].astype(np.float64),
        spent=spent[numbers],
    )


def _repeats(who: NDArray[np.int32], orders: NDArray[np.int64]) -> NDArray[np.int32]:
    """Whose a purchase is, for each further one of an order; no order is none's repeat.

    Most orders are one purchase: only those whose key comes twice are looked at by contact.
    """
    import numpy as np

    ordered = np.sort(orders)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    again = np.flatnonzero(np.isin(orders, twice[twice != 0])) if twice.size else twice
    if not again.size:
        return who[:0]
    again = again[np.lexsort((orders[again], who[again]))]
    same = (orders[again][1:] == orders[again][:-1]) & (who[again][1:] == who[again][:-1])
    found: NDArray[np.int32] = who[again[1:][same]]
    return found
