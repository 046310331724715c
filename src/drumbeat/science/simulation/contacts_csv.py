"""How a synthetic market's list would look as a Mailchimp audience export.

Header names and date format are Mailchimp's; City, Plan, Interests and Status stand for the merge
fields and the consent column a user adds. Nothing hidden is in it.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from drumbeat.science.simulation.people import Contact

HEADER = (
    "Email Address",
    "First Name",
    "Last Name",
    "City",
    "CC",
    "TIMEZONE",
    "Plan",
    "Interests",
    "Status",
    "OPTIN_TIME",
    "CONFIRM_TIME",
)
MINUTES_TO_CONFIRM = 4


def contacts_csv(contacts: Iterable[Contact]) -> str:
    """The whole file as text with CRLF line ends, header first."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER)
    writer.writerows(contact_rows(contacts))
    return text.getvalue()


def contact_rows(contacts: Iterable[Contact]) -> Iterator[tuple[str, ...]]:
    for contact in contacts:
        confirmed_at = contact.signed_up_at + timedelta(minutes=MINUTES_TO_CONFIRM)
        yield (
            contact.email,
            contact.first_name,
            contact.last_name,
            contact.city,
            contact.country,
            contact.zone,
            contact.attributes["plan"],
            contact.attributes["interests"],
            contact.consent,
            _written(contact.signed_up_at),
            "" if contact.consent == "unconfirmed" else _written(confirmed_at),
        )


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")
