"""What every subscribed contact did so far: the one question segments are computed from.

Contacts come from the database, facts from the warehouse, in the same snapshot. Opens and clicks
of machines are left out here, so nothing computed from a profile can learn from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from drumbeat.kit.clock import epoch
from drumbeat.marketing.audience.model import Profile
from drumbeat.marketing.audience.store import contact
from drumbeat.marketing.audience.store_consent import subscribed
from drumbeat.marketing.audience.store_deeds import SIGN_KINDS, main_currency, points_by_kind
from drumbeat.storage.database import Connection
from drumbeat.storage.sealing import seal_of
from drumbeat.storage.secrets import KeyRing
from drumbeat.storage.warehouse import FactReader

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    from numpy.typing import NDArray

_DAY = 86_400
_COUNTS = ("sent", "opened", "clicked", "replied", "viewed", "orders")
_DAYS = ("active_days", "bought_days")

# Kinds are those of marketing.events, sent is 1; verdict 2 is a machine.
_BEHAVIOUR = f"""
SELECT contact_no,
       count(*) FILTER (kind = 1) AS sent,
       count(*) FILTER (kind = 4) AS opened,
       count(*) FILTER (kind = 5) AS clicked,
       count(*) FILTER (kind = 6) AS replied,
       count(*) FILTER (kind = 11) AS viewed,
       count(DISTINCT order_key) FILTER (kind = 8 AND order_key <> 0)
         + count(*) FILTER (kind = 8 AND order_key = 0) AS orders,
       coalesce(sum(value_minor) FILTER (kind = 8 AND currency = $currency), 0)::BIGINT
         AS spent_minor,
       coalesce(sum($points[kind::INTEGER]
         * pow(2, -date_diff('second', occurred_at, $as_of) / 86400.0 / $half_life))
         FILTER (kind <> 1), 0)::DOUBLE AS points,
       coalesce(date_diff('day', max(occurred_at) FILTER (kind <> 1), $as_of), 'NaN'::DOUBLE)
         AS active_days,
       coalesce(date_diff('day', max(occurred_at) FILTER (kind = 8), $as_of), 'NaN'::DOUBLE)
         AS bought_days
FROM person_facts
WHERE verdict <> 2 AND (kind = 1 OR kind IN {SIGN_KINDS}) AND occurred_at <= $as_of
GROUP BY contact_no
ORDER BY contact_no
"""


@dataclass(frozen=True)
class ProfileStore:
    connection: Connection
    facts: FactReader
    keys: KeyRing

    def read(self, as_of: datetime, attribute: str) -> Profile:
        """The profile of every subscriber; `attribute` is read beside it, "" where absent."""
        import numpy as np

        numbers, known, values = self._contacts(epoch(as_of), attribute)
        with self.facts.open() as duck:
            rows, currency = _behaviour(duck, as_of)
        _, here, there = np.intersect1d(
            numbers, rows["contact_no"], assume_unique=True, return_indices=True
        )

        def spread(name: str, kind: type, absent: float) -> NDArray[Any]:
            column: NDArray[Any] = np.full(len(numbers), absent, kind)
            column[here] = rows[name][there]
            return column

        return Profile(
            as_of=as_of,
            contact_nos=numbers,
            known_days=known,
            spent_minor=spread("spent_minor", np.int64, 0),
            points=spread("points", np.float64, 0),
            currency=currency,
            attribute=attribute,
            values=values,
            **{name: spread(name, np.int32, 0) for name in _COUNTS},
            **{name: spread(name, np.float64, np.nan) for name in _DAYS},
        )

    def _contacts(
        self, now: int, attribute: str
    ) -> tuple[NDArray[np.int32], NDArray[np.float64], tuple[str, ...]]:
        import numpy as np

        seal = seal_of(self.connection, self.keys, contact.name)
        # A sealed value cannot be asked for one of its keys: it is opened whole, here.
        sealed = seal.cipher is not None
        chosen = contact.c.attributes if sealed else contact.c.attributes[attribute].as_string()
        wanted = (
            select(contact.c.contact_no, contact.c.created_at, contact.c.address_key, chosen)
            .where(contact.c.contact_no.in_(subscribed()))
            .order_by(contact.c.contact_no)
        )
        numbers: list[int] = []
        known: list[int] = []
        values: list[str] = []
        for page in self.connection.execute(wanted).partitions(10_000):
            for number, created_at, key, found in page:
                value = seal.open(key, "attributes", found).get(attribute) if sealed else found
                numbers.append(number)
                known.append(max(0, now - created_at) // _DAY)
                values.append(_said(value))
        return np.array(numbers, np.int32), np.array(known, np.float64), tuple(values)


def _said(value: object) -> str:
    """As SQLite spells a JSON value: a yes is 1, and an empty value is none."""
    return "" if not value else str(int(value) if isinstance(value, bool) else value)


def _behaviour(
    duck: duckdb.DuckDBPyConnection, as_of: datetime
) -> tuple[dict[str, NDArray[Any]], str]:
    from drumbeat.science.segmentation import HALF_LIFE_DAYS

    at = as_of.replace(tzinfo=None)  # the view's instants are UTC without saying so
    currency = main_currency(duck, at + timedelta(microseconds=1))
    asked = {
        "as_of": at,
        "currency": currency,
        "half_life": HALF_LIFE_DAYS,
        "points": points_by_kind(),
    }
    return duck.execute(_BEHAVIOUR, asked).fetchnumpy(), currency
