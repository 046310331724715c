"""Delivery status notifications (RFC 3464): each recipient's action, status and diagnostic."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice

from drumbeat.marketing.delivery.bounces.classes import classify
from drumbeat.marketing.delivery.bounces.mime import Headers, Mail, Part, fields, header
from drumbeat.marketing.delivery.bounces.model import ReportedRecipient

MOST_RECIPIENTS = 100
STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")

_ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
_ABOUT_RECIPIENT = {"final-recipient", "original-recipient", "action", "status"}
_UTF8 = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")  # RFC 6533, 3
_MOST_TEXT = 1 << 16


def recipients_of(mail: Mail) -> tuple[ReportedRecipient, ...]:
    """Empty if the mail has no delivery status in it, or one that names nobody."""
    told = cache(lambda: _told(mail))  # a report of thousands would decode its words for each
    found = (
        _recipient(group, told)
        for part in mail.parts
        if part.kind in STATUS_PARTS
        for group in _groups(part)
    )
    return tuple(islice((each for each in found if each is not None), MOST_RECIPIENTS))


def plain_address(value: str) -> str:
    """The address in "rfc822; <ada@example.com>", as it is written there."""
    kind, semicolon, rest = value.partition(";")
    text = rest if semicolon and "@" not in kind else value
    if kind.strip().lower() == "utf-8":
        text = _UTF8.sub(_character, text)
    text = text.strip().strip("<>").strip()
    return text.removeprefix("mailto:")[:320]


def _groups(part: Part) -> Iterator[Headers]:
    """Blocks of fields between blank lines that are about a recipient."""
    for block in re.split(r"\n[ \t]*\n", part.text()[:_MOST_TEXT]):
        found = fields(block)
        if _ABOUT_RECIPIENT & {name for name, _ in found}:
            yield found


def _recipient(group: Headers, told: Callable[[], str]) -> ReportedRecipient | None:
    final = plain_address(header(group, "final-recipient"))
    original = plain_address(header(group, "original-recipient"))
    if not (final or original or header(group, "status")):
        return None
    status = header(group, "status")
    diagnostic = header(group, "diagnostic-code")
    action = header(group, "action").partition(" ")[0].strip("();").lower()
    if action not in _ACTIONS:
        action = {"2": "delivered", "4": "delayed"}.get(status[:1], "failed")
    words = diagnostic.partition(";")[2].strip() or diagnostic or _comment(status)
    cause = classify(action, status, words or told())
    return ReportedRecipient(final or original, original, action, status, words, cause)


def _comment(status: str) -> str:
    """What follows the three numbers: "5.0.0 (recipient reached disk quota)"."""
    return status[5:].strip(" ();")


def _told(mail: Mail) -> str:
    """What the human part says, for reports whose fields give no reason."""
    text = next((part.text() for part in mail.parts if part.kind.startswith("text/")), "")
    return " ".join(text[:1_500].split())


def _character(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "?"
