"""The questions about facts, in DuckDB's SQL: what is counted, and which purchase is whose.

Steps of one question share temporary tables in memory: mine, recipient, clicker, purchase.
A recipient is a number that was mailed. Who buys may be known under another number since, where
contacts were merged: only then purchases find their mailing by person, which costs a join.
"""

from collections.abc import Mapping

from drumbeat.marketing.analytics.metrics import ATTRIBUTION_DAYS
from drumbeat.marketing.events import Kind, Reason, Verdict

_HUMAN = f"verdict <> {Verdict.machine:d}"
_LAST_HOUR = 167
EVERY_MAILING = {"mailing_no": 1, "last_mailing": 2**31 - 1}

SIZE = "SELECT count(*) FROM facts WHERE mailing_no = $mailing_no"

# How the questions below are asked while nobody is merged, and when somebody is.
BY_NUMBER: Mapping[str, str] = {
    "facts": "facts",
    "person": "contact_no",
    "also": "",
    "clicker": "contact_no",
    "named": "mine",
    "clicked_as": "",
    "credited": "p.contact_no",
}
# A mailing is credited under the number that was mailed, so that the purchase finds its variant.
# Of two numbers that clicked in one second the newer mailing's counts, then the higher number.
BY_PERSON: Mapping[str, str] = {
    "facts": "facts_by_person",
    "person": "person_no",
    "also": ", person_no",
    "clicker": "any_value(person_no)",
    "named": """(
        SELECT m.* REPLACE (coalesce(r.contact_no, t.contact_no, m.contact_no) AS contact_no)
        FROM mine m
        LEFT JOIN recipient r ON r.contact_no = m.contact_no
        LEFT JOIN (
            SELECT coalesce(s.contact_no, o.contact_no) AS person_no,
                   min(o.contact_no) AS contact_no
            FROM recipient o LEFT JOIN same_people s ON s.merged_no = o.contact_no GROUP BY 1
        ) t ON t.person_no = m.person_no
    )""",
    "clicked_as": """,
           arg_max(contact_no, mailing_no::BIGINT * 4294967296 + contact_no) AS clicked_as""",
    "credited": "c.clicked_as",
}

FACTS_BY_PERSON = """
CREATE OR REPLACE TEMP VIEW facts_by_person AS
SELECT f.*, coalesce(s.contact_no, f.contact_no) AS person_no
FROM facts f LEFT JOIN same_people s ON s.merged_no = f.contact_no
"""

MINE = """
CREATE OR REPLACE TEMP TABLE mine AS
SELECT contact_no, mailing_no, occurred_at, kind, arm_no, verdict, reason, value_minor,
       currency{also}
FROM {facts} WHERE mailing_no = $mailing_no AND abs({person}) % $parts = $part
"""

# One row for each recipient. Only who was sent to counts as opening, clicking or buying. An import
# may tell again what delivery recorded, so a recipient is one message, however often it was told.
RECIPIENTS = f"""
CREATE OR REPLACE TEMP TABLE recipient AS
SELECT contact_no,
       max(arm_no) FILTER (kind = {Kind.sent:d}) AS arm_no,
       min(occurred_at) FILTER (kind = {Kind.sent:d}) AS sent_at,
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

COUNT_BY_ARM = """
SELECT arm_no, count(*), count(*) FILTER (bounced), count(opened_at),
       count(*) FILTER (machine_opened), count(clicked_at), count(*) FILTER (machine_clicked),
       count(*) FILTER (engaged), count(*) FILTER (unsubscribed), count(*) FILTER (complained)
FROM recipient GROUP BY arm_no
"""

REFUSED = f"""
SELECT count(DISTINCT contact_no) FROM mine ANTI JOIN recipient USING (contact_no)
WHERE kind = {Kind.bounced:d} AND reason <> {Reason.transient_bounce:d}
"""

CLICKERS = f"""
CREATE OR REPLACE TEMP TABLE clicker AS
SELECT contact_no, {{clicker}} AS person_no, min(occurred_at) AS first_at,
       max(occurred_at) AS last_at
FROM mine
WHERE kind = {Kind.clicked:d} AND {_HUMAN}
GROUP BY contact_no
"""

CLICKED_BETWEEN = """
SELECT coalesce(min(first_at), TIMESTAMP '1970-01-01'),
       coalesce(max(last_at), TIMESTAMP '1970-01-01') FROM clicker
"""

# Two clicks in the same second on two mailings: the newer mailing counts.
PURCHASES = f"""
CREATE OR REPLACE TEMP TABLE purchase AS
SELECT contact_no, mailing_no, currency, value_minor
FROM {{named}}
WHERE kind = {Kind.purchased:d} AND mailing_no BETWEEN $mailing_no AND $last_mailing
UNION ALL
SELECT {{credited}} AS contact_no, c.mailing_no, p.currency, p.value_minor
FROM (
    SELECT * FROM {{facts}} WHERE kind = {Kind.purchased:d} AND mailing_no = 0 {{near}}
) p
ASOF JOIN (
    SELECT {{person}}, occurred_at, max(mailing_no) AS mailing_no{{clicked_as}}
    FROM {{facts}}
    WHERE kind = {Kind.clicked:d} AND {_HUMAN} AND mailing_no > 0 {{near}}
    GROUP BY {{person}}, occurred_at
) c ON p.{{person}} = c.{{person}} AND p.occurred_at >= c.occurred_at
WHERE p.occurred_at <= c.occurred_at + INTERVAL {ATTRIBUTION_DAYS} DAY
  AND c.mailing_no BETWEEN $mailing_no AND $last_mailing
"""

# Only who clicked the mailing, and only from its first click on: earlier clicks cannot be last.
NEAR = f"""
AND {{person}} IN (SELECT person_no FROM clicker)
AND occurred_at BETWEEN $first_at AND $last_at + INTERVAL {ATTRIBUTION_DAYS} DAY
"""

LAST_LOOSE_PURCHASE = f"""
SELECT coalesce(max(occurred_at), TIMESTAMP '1970-01-01')
FROM {{facts}} WHERE kind = {Kind.purchased:d} AND mailing_no = 0 {NEAR}
"""

REVENUE_BY_CURRENCY = """
SELECT currency, sum(value_minor) FROM purchase
GROUP BY currency
"""

# A refund alone (a negative value) lowers revenue, but converts nobody. Who paid in two
# currencies converts once, in the first of the alphabet.
BUYERS_BY_ARM = """
WITH buyer AS (
    SELECT contact_no, currency, sum(value_minor) AS paid,
           min(currency) FILTER (value_minor >= 0) AS converted_in
    FROM purchase GROUP BY contact_no, currency
), first_bought AS (
    SELECT contact_no, min(converted_in) AS converted_in FROM buyer GROUP BY contact_no
)
SELECT coalesce(arm_no, -1), currency,
       count(*) FILTER (f.converted_in = currency AND sent_at IS NOT NULL), sum(paid),
       sum(paid::DOUBLE * paid::DOUBLE)
FROM buyer JOIN first_bought f USING (contact_no) LEFT JOIN recipient USING (contact_no)
GROUP BY 1, 2
"""

SENT_ALTOGETHER = f"""
SELECT count(DISTINCT mailing_no), count(*)
FROM facts WHERE kind = {Kind.sent:d} AND mailing_no > 0
"""

HOURS_AFTER_SEND = f"""
SELECT hour, count(*) FILTER (what = 'open'), count(*) FILTER (what = 'click')
FROM (
    SELECT 'open' AS what, date_diff('second', sent_at, opened_at) // 3600 AS hour
    FROM recipient WHERE opened_at >= sent_at
    UNION ALL
    SELECT 'click', date_diff('second', sent_at, clicked_at) // 3600
    FROM recipient WHERE clicked_at >= sent_at
)
WHERE hour <= {_LAST_HOUR} GROUP BY hour
"""

HOURS_OF_DAY = """
SELECT hour, count(*) FILTER (what = 'open'), count(*) FILTER (what = 'click')
FROM (
    SELECT 'open' AS what, hour(opened_at{local}) AS hour FROM recipient {zones}
    WHERE opened_at IS NOT NULL
    UNION ALL
    SELECT 'click', hour(clicked_at{local}) FROM recipient {zones} WHERE clicked_at IS NOT NULL
)
GROUP BY hour
"""

LOCAL = {
    "local": " AT TIME ZONE 'UTC' AT TIME ZONE zone",
    "zones": "JOIN zone USING (contact_no)",
}

LEFT_OUT = f"""
SELECT kind, reason, count(DISTINCT contact_no) FROM mine SEMI JOIN recipient USING (contact_no)
WHERE kind IN ({Kind.opened:d}, {Kind.clicked:d}) AND NOT ({_HUMAN}) GROUP BY kind, reason
"""

# Both questions below are about these: the files are read once.
OF_CONTACT = """
CREATE OR REPLACE TEMP TABLE of_contact AS
SELECT occurred_at, kind, verdict, reason, mailing_no, link_no, value_minor, currency, source,
       order_key
FROM person_facts WHERE contact_no = $contact_no
"""

_NEWEST_FIRST = """
ORDER BY occurred_at DESC, kind DESC, mailing_no DESC, link_no DESC, value_minor DESC,
         coalesce(currency, '') DESC, coalesce(source, '') DESC, verdict DESC, reason DESC
LIMIT $limit
"""
NEWEST_OF_CONTACT = f"SELECT * EXCLUDE (order_key) FROM of_contact {_NEWEST_FIRST}"
EARLIER_OF_CONTACT = f"""
SELECT * EXCLUDE (order_key) FROM of_contact
WHERE occurred_at < $at OR (occurred_at = $at AND (kind < $kind OR (kind = $kind AND (
      mailing_no < $mailing OR (mailing_no = $mailing AND link_no <= $link)))))
{_NEWEST_FIRST}
"""

DEEDS_OF_CONTACT = f"""
SELECT kind, currency, count(*), max(occurred_at), sum(value_minor)::BIGINT,
       count(*) FILTER (WHERE order_key = 0),
       coalesce(list(DISTINCT order_key) FILTER (WHERE order_key <> 0), [])
FROM of_contact
WHERE verdict <> {Verdict.machine:d}
  AND kind IN ({Kind.opened:d}, {Kind.clicked:d}, {Kind.purchased:d})
GROUP BY kind, currency
"""
