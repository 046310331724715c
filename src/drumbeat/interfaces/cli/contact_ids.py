"""Whom a command means: a contact by id or by address."""

from drumbeat.interfaces.sdk import Client
from drumbeat.kit.errors import NotFound


def contact_id(house: Client, contact: str) -> str:
    """Raises NotFound for an address nobody has."""
    if "@" not in contact:
        return contact
    for row in house.pages("/contacts", "contacts", email=contact):
        return str(row["contact_id"])
    raise NotFound(f"There is no contact {contact!r}.")
