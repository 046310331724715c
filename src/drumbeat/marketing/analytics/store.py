"""Counts over the facts, in DuckDB's SQL. What they mean is said in `metrics.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.money import to_major
from drumbeat.marketing.analytics.metrics import ATTRIBUTION_DAYS, Counts
from drumbeat.marketing.analytics.model import ArmCounts, HourCount
from drumbeat.marketing.events import Kind, Reason, Verdict
from drumbeat.storage.warehouse import FactReader

if TYPE_CHECKING:
    import duckdb

_HUMAN = f"verdict <> {Verdict.machine:d}"
_LAST_HOUR = 167
_NOBODY = (0,) * 9
_NOTHING = (0, 0, 0.0)
_EVERY_MAILING = {"mailing_no": 1, "last_mailing": 2**31 - 1}

_MINE = """
CREATE TEMP TABLE mine AS
SELECT contact_no, mailing_no, occurred_at, kind, arm_no, verdict, reason, value_minor, currency
FROM facts WHERE mailing_no = $mailing_no
"""

# One row for each recipient. Only who was sent to counts as opening or clicking.
_RECIPIENTS = f"""
CREATE TEMP TABLE recipient AS
SELECT contact_no,
       max(arm_no) FILTER (kind = {Kind.sent:d}) AS arm_no,
       min(occurred_at) FILTER (kind = {Kind.sent:d}) AS sent_at,
       count(*) FILTER (kind = {Kind.sent:d}) AS sent,
       bool_or(kind = {Kind.bounced:d} AND reason <> {Reason.transient_bounce:d}) AS bounced,
       min(occurred_at) FILTER (kind = {Kind.opened:d} AND {_HUMAN}) AS opened_at,
       bool_or(kind = {Kind.opened:d} AND NOT {_HUMAN}) AS machine_opened,
       min(occurred_at) FILTER (kind = {Kind.clicked:d} AND {_HUMAN}) AS clicked_at,
       bool_or(kind = {Kind.clicked:d} AND NOT {_HUMAN}) AS machine_clicked,
       bool_or(kind IN ({Kind.opened:d}, {Kind.clicked:d}, {Kind.replied:d}, {Kind.forwarded:d})
               AND {_HUMAN}) AS engaged,
       bool_or(kind = {Kind.unsubscribed:d}) AS unsubscribed,
       bool_or(kind = {Kind.complained:d}) AS complained
FROM mine
GROUP BY contact_no
HAVING count(*) FILTER (kind = {Kind.sent:d}) > 0
"""

_COUNT_BY_ARM = """
SELECT arm_no, sum(sent), count(*) FILTER (bounced), count(opened_at),
       count(*) FILTER (machine_opened), count(clicked_at), count(*) FILTER (machine_clicked),
       count(*) FILTER (engaged), count(*) FILTER (unsubscribed), count(*) FILTER (complained)
FROM recipient GROUP BY arm_no ORDER BY arm_no
"""

_REFUSED = f"""
SELECT count(DISTINCT contact_no) FROM mine ANTI JOIN recipient USING (contact_no)
WHERE kind = {Kind.bounced:d} AND reason <> {Reason.transient_bounce:d}
"""

_CLICKERS = f"""
CREATE TEMP TABLE clicker AS
SELECT contact_no, min(occurred_at) AS first_at, max(occurred_at) AS last_at
FROM mine
WHERE kind = {Kind.clicked:d} AND {_HUMAN}
GROUP BY contact_no
"""

_CLICKED_BETWEEN = """
SELECT coalesce(min(first_at), TIMESTAMP '1970-01-01'),
       coalesce(max(last_at), TIMESTAMP '1970-01-01') FROM clicker
"""

# Two clicks in the same second on two mailings: the newer mailing counts.
_PURCHASES = f"""
CREATE TEMP TABLE purchase AS
SELECT contact_no, mailing_no, currency, value_minor
FROM {{named}}
WHERE kind = {Kind.purchased:d} AND mailing_no BETWEEN $mailing_no AND $last_mailing
UNION ALL
SELECT p.contact_no, c.mailing_no, p.currency, p.value_minor
FROM (
    SELECT * FROM facts WHERE kind = {Kind.purchased:d} AND mailing_no = 0 {{near}}
) p
ASOF JOIN (
    SELECT contact_no, occurred_at, max(mailing_no) AS mailing_no
    FROM facts
    WHERE kind = {Kind.clicked:d} AND {_HUMAN} AND mailing_no > 0 {{near}}
    GROUP BY contact_no, occurred_at
) c ON p.contact_no = c.contact_no AND p.occurred_at >= c.occurred_at
WHERE p.occurred_at <= c.occurred_at + INTERVAL {ATTRIBUTION_DAYS} DAY
  AND c.mailing_no BETWEEN $mailing_no AND $last_mailing
"""

# Only who clicked the mailing, and only from its first click on: earlier clicks cannot be last.
_NEAR = f"""
AND contact_no IN (SELECT contact_no FROM clicker)
AND occurred_at BETWEEN $first_at AND $last_at + INTERVAL {ATTRIBUTION_DAYS} DAY
"""

_REVENUE_BY_CURRENCY = """
SELECT currency, sum(value_minor) FROM purchase
GROUP BY currency ORDER BY sum(value_minor) DESC, currency
"""

# A refund alone (a negative value) lowers revenue, but converts nobody.
_BUYERS_BY_ARM = """
WITH buyer AS (
    SELECT contact_no, bool_or(value_minor >= 0) AS converted,
           coalesce(sum(value_minor) FILTER (currency = $currency), 0) AS paid
    FROM purchase GROUP BY contact_no
)
SELECT coalesce(arm_no, -1), count(*) FILTER (converted), sum(paid),
       sum(paid::DOUBLE * paid::DOUBLE)
FROM buyer LEFT JOIN recipient USING (contact_no)
GROUP BY 1
"""

_SENT_ALTOGETHER = f"""
SELECT count(DISTINCT mailing_no) FILTER (mailing_no > 0), count(*), count(DISTINCT contact_no)
FROM facts WHERE kind = {Kind.sent:d}
"""

_HOURS_AFTER_SEND = f"""
SELECT hour, count(*) FILTER (what = 'open'), count(*) FILTER (what = 'click')
FROM (
    SELECT 'open' AS what, date_diff('second', sent_at, opened_at) // 3600 AS hour
    FROM recipient WHERE opened_at >= sent_at
    UNION ALL
    SELECT 'click', date_diff('second', sent_at, clicked_at) // 3600
    FROM recipient WHERE clicked_at >= sent_at
)
WHERE hour <= {_LAST_HOUR} GROUP BY hour ORDER BY hour
"""

_HOURS_OF_DAY = """
SELECT hour, count(*) FILTER (what = 'open'), count(*) FILTER (what = 'click')
FROM (
    SELECT 'open' AS what, hour(opened_at{local}) AS hour FROM recipient {zones}
    WHERE opened_at IS NOT NULL
    UNION ALL
    SELECT 'click', hour(clicked_at{local}) FROM recipient {zones} WHERE clicked_at IS NOT NULL
)
GROUP BY hour ORDER BY hour
"""


@dataclass(frozen=True)
class Revenue:
    """Revenue in the currency that brought most, and the rest by currency in major units."""

    minor: int
    currency: str
    others: Mapping[str, float]


@dataclass(frozen=True)
class CountedArm:
    """An arm's counts, and those that only the mailing's report shows."""

    counts: ArmCounts
    machine_opens: int
    machine_clicks: int


@dataclass(frozen=True)
class AnalyticsStore:
    facts: FactReader

    def count_mailing(self, mailing_no: MailingNo) -> Counts:
        with self.facts.open() as duck:
            revenue = _prepare(duck, mailing_no)
            counted = _count_arms(duck, revenue)
            [(refused,)] = duck.execute(_REFUSED).fetchall()
        arms = [each.counts for each in counted]
        return Counts(
            sent=sum(arm.sent for arm in arms),
            bounced=sum(arm.sent - arm.delivered for arm in arms),
            refused=refused,
            opens=sum(arm.opens for arm in arms),
            machine_opens=sum(each.machine_opens for each in counted),
            clicks=sum(arm.clicks for arm in arms),
            machine_clicks=sum(each.machine_clicks for each in counted),
            engaged=sum(arm.engaged for arm in arms),
            unsubscribes=sum(arm.unsubscribes for arm in arms),
            complaints=sum(arm.complaints for arm in arms),
            conversions=sum(arm.conversions for arm in arms),
            revenue_minor=revenue.minor,
            currency=revenue.currency,
            other_revenue=revenue.others,
        )

    def count_arms(self, mailing_no: MailingNo) -> tuple[ArmCounts, ...]:
        with self.facts.open() as duck:
            counted = _count_arms(duck, _prepare(duck, mailing_no))
        return tuple(each.counts for each in counted if each.counts.sent)

    def count_hours(
        self, mailing_no: MailingNo, zones: Mapping[ContactNo, str] | None
    ) -> tuple[tuple[HourCount, ...], ...]:
        """First human opens and clicks by hour after the send, of the UTC and the local day."""
        with self.facts.open() as duck:
            duck.execute(_MINE, {"mailing_no": mailing_no})
            duck.execute(_RECIPIENTS)
            after = _hours(duck, _HOURS_AFTER_SEND)
            utc = _hours(duck, _HOURS_OF_DAY.format(local="", zones=""))
            if not zones:
                return after, utc, ()
            duck.register("zone", _zone_table(zones))
            query = _HOURS_OF_DAY.format(
                local=" AT TIME ZONE 'UTC' AT TIME ZONE zone", zones="JOIN zone USING (contact_no)"
            )
            return after, utc, _hours(duck, query)

    def count_all(self) -> tuple[int, int, int, Revenue]:
        """Mailings, messages, contacts ever sent to, and what mailings earned."""
        with self.facts.open() as duck:
            [(mailings, messages, contacts)] = duck.execute(_SENT_ALTOGETHER).fetchall()
            duck.execute(_PURCHASES.format(named="facts", near=""), _EVERY_MAILING)
            return mailings, messages, contacts, _revenue(duck)


def _prepare(duck: "duckdb.DuckDBPyConnection", mailing_no: MailingNo) -> Revenue:
    duck.execute(_MINE, {"mailing_no": mailing_no})
    duck.execute(_RECIPIENTS)
    duck.execute(_CLICKERS)
    [(first_at, last_at)] = duck.execute(_CLICKED_BETWEEN).fetchall()
    named = {"mailing_no": mailing_no, "last_mailing": mailing_no}
    named |= {"first_at": first_at, "last_at": last_at}
    duck.execute(_PURCHASES.format(named="mine", near=_NEAR), named)
    return _revenue(duck)


def _count_arms(duck: "duckdb.DuckDBPyConnection", revenue: Revenue) -> list[CountedArm]:
    named = {"currency": revenue.currency}
    bought = {row[0]: row[1:] for row in duck.execute(_BUYERS_BY_ARM, named).fetchall()}
    counted = {row[0]: row[1:] for row in duck.execute(_COUNT_BY_ARM).fetchall()}
    return [
        _arm(no, counted.get(no, _NOBODY), bought.get(no, _NOTHING), revenue.currency)
        for no in sorted(counted.keys() | bought.keys())
    ]


def _arm(arm_no: int, counted: Sequence[int], bought: Sequence[float], currency: str) -> CountedArm:
    sent, bounced, opens, machine_opens, clicks, machine_clicks, engaged, left, spam = counted
    conversions, paid, squares = bought
    counts = ArmCounts(
        arm_no=arm_no,
        sent=int(sent),
        delivered=int(sent) - bounced,
        opens=opens,
        clicks=clicks,
        engaged=engaged,
        conversions=int(conversions),
        unsubscribes=left,
        complaints=spam,
        revenue_minor=int(paid),
        revenue_minor_squared=float(squares),
        currency=currency,
    )
    return CountedArm(counts, machine_opens, machine_clicks)


def _revenue(duck: "duckdb.DuckDBPyConnection") -> Revenue:
    rows = duck.execute(_REVENUE_BY_CURRENCY).fetchall()
    if not rows:
        return Revenue(0, "", {})
    (currency, minor), *rest = rows
    return Revenue(int(minor), currency, {code: to_major(int(n), code) for code, n in rest})


def _hours(duck: "duckdb.DuckDBPyConnection", query: str) -> tuple[HourCount, ...]:
    return tuple(HourCount(*row) for row in duck.execute(query).fetchall())


def _zone_table(zones: Mapping[ContactNo, str]) -> object:
    import pyarrow as pa  # type: ignore[import-untyped]

    numbers = pa.array(list(zones), pa.int32())
    return pa.table({"contact_no": numbers, "zone": pa.array(list(zones.values()), pa.string())})
