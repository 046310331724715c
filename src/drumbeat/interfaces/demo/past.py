"""What happened before the demo begins, as files a newcomer would import."""

import csv
import io
from datetime import UTC, datetime

from drumbeat.kit.money import to_major
from drumbeat.science.simulation import Market, contacts_csv

COLUMNS = (
    "email",
    "kind",
    "occurred_at",
    "event_id",
    "user_agent",
    "value",
    "currency",
    "order_id",
)


def contacts_file(market: Market) -> bytes:
    """The list as its owner would have exported it from elsewhere."""
    return contacts_csv(market.contacts).encode()


def history_file(market: Market) -> bytes:
    """Past sends, opens, clicks and purchases of the same people."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    emails = [contact.email for contact in market.contacts]
    for number, fact in enumerate(market.history().rows()):
        bought = fact.kind == "purchased"
        writer.writerow(
            (
                emails[fact.contact_index],
                fact.kind,
                _instant(fact.occurred_at),
                f"past-{market.seed}-{number}",
                fact.user_agent,
                to_major(fact.value_minor, fact.currency) if bought else "",
                fact.currency if bought else "",
                fact.order_id,
            )
        )
    return text.getvalue().encode()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
