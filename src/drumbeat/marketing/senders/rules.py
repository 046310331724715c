"""Which sender identities are acceptable, and which may leave the sandbox."""

import re

from drumbeat.kit.domain_names import ascii_domain
from drumbeat.kit.errors import Conflict, InvalidInput
from drumbeat.marketing.senders.model import Sender

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_LOCAL = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f-\x9f]{1,64}")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
LONGEST_NAME = 100
LONGEST_POSTAL_ADDRESS = 500


def checked(sender: Sender) -> Sender:
    """The sender with bare ends. Raises InvalidInput naming the field that cannot be used."""
    return Sender(
        name=_name(sender.name),
        email=_address(sender.email, "sender_email"),
        postal_address=_postal_address(sender.postal_address),
        reply_to=_address(sender.reply_to, "reply_to") if sender.reply_to else "",
        list_id=_list_id(sender.list_id),
        sender_no=sender.sender_no,
    )


def require_real(sender: Sender) -> None:
    """Raises InvalidInput naming the settings while the sender is a sandbox placeholder."""
    if sender.placeholders:
        names = " and ".join(sender.placeholders)
        message = (
            f"Mail cannot leave the sandbox as {sender.name} <{sender.email}>,"
            f" {sender.postal_address}: set {names}."
        )
        raise InvalidInput(message, field=sender.placeholders[0])


def require_domain(sender: Sender) -> None:
    """Raises Conflict while the address is the sandbox's: DNS has nothing to say of it."""
    if not sender.has_domain:
        message = (
            f"There is no domain yet: mail comes from the placeholder {sender.email}. Set the"
            " sender first, on the page Settings or by DRUMBEAT_SENDER_EMAIL."
        )
        raise Conflict(message)


def _name(name: str) -> str:
    name = name.strip()
    if "\n" in name or "\t" in name or _CONTROL.search(name) or len(name) > LONGEST_NAME:
        message = f"The sender name is one line of at most {LONGEST_NAME} characters."
        raise InvalidInput(message, field="sender_name")
    return name


def _address(address: str, field: str) -> str:
    local, _, domain = address.strip().rpartition("@")
    labels = (ascii_domain(domain) or "").split(".")
    well_formed = len(labels) > 1 and all(map(_LABEL.fullmatch, labels)) and len(domain) <= 253
    if not well_formed or not _LOCAL.fullmatch(local):
        raise InvalidInput(f"{address[:80]!r} is not an email address.", field=field)
    return f"{local}@{'.'.join(labels)}"


def _postal_address(address: str) -> str:
    address = address.replace("\r\n", "\n").strip()
    if not address:
        message = "The sender has no postal address; commercial mail must show one."
        raise InvalidInput(message, field="postal_address")
    if _CONTROL.search(address) or len(address) > LONGEST_POSTAL_ADDRESS:
        message = f"A postal address is plain text of at most {LONGEST_POSTAL_ADDRESS} characters."
        raise InvalidInput(message, field="postal_address")
    return address


def _list_id(list_id: str) -> str:
    list_id = list_id.strip().lower()
    if not list_id or not all(map(_LABEL.fullmatch, list_id.split("."))) or len(list_id) > 200:
        message = f"{list_id[:60]!r} is not a list id such as 'news' or 'news.example.com'."
        raise InvalidInput(message, field="list_id")
    return list_id
