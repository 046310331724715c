"""What everybody did up to the end of a day, and whether they did one thing in the days after it.

From the facts alone, so that any day of the past can be asked about as if it were today.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience.deeds import Behaviour, Deed, DeedsOfOne, Signs
from drumbeat.marketing.audience.store_deeds import (
    SIGN_KINDS,
    SIGNS,
    main_currency,
    points_by_kind,
)
from drumbeat.storage.warehouse import FactReader

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Kinds are those of marketing.events: sent 1, opened 4, clicked 5, replied 6, forwarded 7,
# purchased 8, unsubscribed 9, viewed 11; verdict 2 is a machine. No order is order_key 0.
_KIND_OF = {Deed.BUY: 8, Deed.CLICK: 5, Deed.UNSUBSCRIBE: 9}
_BEHAVIOUR = f"""
WITH past AS (
    SELECT *, occurred_at::DATE AS day, occurred_at::DATE > $since AS lately
    FROM person_facts WHERE verdict <> 2 AND occurred_at::DATE <= $until
)
SELECT contact_no,
       date_diff('day', min(day), $until)::DOUBLE AS known_days,
       coalesce(date_diff('day', max(day) FILTER (kind IN {SIGN_KINDS}), $until), 'NaN'::DOUBLE)
         AS active_days,
       coalesce(date_diff('day', max(day) FILTER (kind = 8), $until), 'NaN'::DOUBLE)
         AS bought_days,
       count(*) FILTER (kind = 1 AND lately)::DOUBLE AS sent_lately,
       count(*) FILTER (kind = 4 AND lately)::DOUBLE AS opened_lately,
       count(*) FILTER (kind = 5 AND lately)::DOUBLE AS clicked_lately,
       (count(DISTINCT order_key) FILTER (kind = 8 AND order_key <> 0)
         + count(*) FILTER (kind = 8 AND order_key = 0))::DOUBLE AS orders,
       coalesce(sum(value_minor) FILTER (kind = 8 AND currency = $currency), 0)::DOUBLE
         AS spent_minor,
       bool_or(kind IN (9, 10)) AS has_left
FROM past GROUP BY contact_no ORDER BY contact_no
"""
_DID = """
SELECT DISTINCT contact_no FROM person_facts
WHERE kind = $kind AND verdict <> 2 AND occurred_at::DATE > $until AND occurred_at::DATE <= $later
"""
_FIRST = """
SELECT contact_no, min(date_diff('day', $first, occurred_at::DATE)) AS heard
FROM person_facts WHERE verdict <> 2 AND occurred_at::DATE <= $until
GROUP BY contact_no ORDER BY contact_no
"""
_LAST = f"""
SELECT contact_no, greatest(0, (date_diff('day', $first, occurred_at::DATE) + $step - 1) // $step)
         AS moment, max(date_diff('day', $first, occurred_at::DATE)) AS day
FROM person_facts WHERE verdict <> 2 AND kind IN {SIGN_KINDS} AND occurred_at::DATE <= $until
GROUP BY ALL
"""
_OF_ONE = f"""
SELECT kind, count(*)::INTEGER AS times, max(occurred_at::DATE) AS last,
       sum($points[kind::INTEGER]
         * pow(2, -date_diff('day', occurred_at::DATE, $until) / $half_life))
FROM person_facts WHERE contact_no = $contact_no AND verdict <> 2 AND kind IN {SIGN_KINDS}
  AND occurred_at::DATE <= $until
GROUP BY kind ORDER BY 4 DESC, kind
"""
LATELY_DAYS = 90


@dataclass(frozen=True)
class BehaviourStore:
    facts: FactReader

    def read(self, until: date, deed: Deed | None, ahead: int) -> Behaviour:
        """Who unsubscribed or complained by then is left out where unsubscribing is asked about."""
        import numpy as np

        with self.facts.open() as duck:
            currency = main_currency(duck, until + timedelta(days=1))
            since = until - timedelta(days=LATELY_DAYS)
            asked = {"until": until, "since": since, "currency": currency}
            rows: dict[str, Any] = duck.execute(_BEHAVIOUR, asked).fetchnumpy()
            did = None
            if deed is not None and ahead:
                later = until + timedelta(days=ahead)
                who = {"kind": _KIND_OF[deed], "until": until, "later": later}
                did = np.isin(
                    rows["contact_no"], duck.execute(_DID, who).fetchnumpy()["contact_no"]
                )
        stays = np.ones(len(rows["contact_no"]), bool)
        if deed is Deed.UNSUBSCRIBE:
            stays = ~np.asarray(rows["has_left"], bool)
        columns = {
            name: np.asarray(column, np.float64)[stays]
            for name, column in rows.items()
            if name not in ("contact_no", "has_left")
        }
        return Behaviour(
            until=until,
            currency=currency,
            contact_nos=np.asarray(rows["contact_no"], np.int32)[stays],
            did=None if did is None else did[stays],
            **columns,
        )

    def read_signs(self, days: Sequence[date], step: int) -> Signs:
        import numpy as np

        asked = {"first": days[0], "until": days[-1]}
        with self.facts.open() as duck:
            first = duck.execute(_FIRST, asked).fetchnumpy()
            last = duck.execute(_LAST, {**asked, "step": step}).fetchnumpy()
        numbers = np.asarray(first["contact_no"], np.int32)
        moments = np.arange(len(days), dtype=np.float64)[:, None] * step
        seen: NDArray[np.float64] = np.full((len(days), len(numbers)), -np.inf)
        who = np.searchsorted(numbers, np.asarray(last["contact_no"], np.int32))
        seen[np.asarray(last["moment"], np.intp), who] = np.asarray(last["day"], np.float64)
        silent = moments - np.maximum.accumulate(seen, axis=0)
        known = moments - np.asarray(first["heard"], np.float64)[None, :]
        return Signs(
            days=tuple(days),
            contact_nos=numbers,
            known=np.where(known >= 0, known, np.nan),
            silent=np.where(np.isfinite(silent), silent, np.nan),
        )

    def list_deeds(self, contact_no: ContactNo, until: date) -> list[DeedsOfOne]:
        """What earns points, the most points first."""
        from drumbeat.science.segmentation import HALF_LIFE_DAYS

        asked = {
            "contact_no": contact_no,
            "until": until,
            "points": points_by_kind(),
            "half_life": HALF_LIFE_DAYS,
        }
        with self.facts.open() as duck:
            rows = duck.execute(_OF_ONE, asked).fetchall()
        return [DeedsOfOne(SIGNS[kind], times, last, points) for kind, times, last, points in rows]
