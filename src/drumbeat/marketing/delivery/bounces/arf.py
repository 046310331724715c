"""Complaints of mailbox providers (RFC 5965): what kind of feedback, and about whom, if told."""

from drumbeat.marketing.delivery.bounces.dsn import plain_address
from drumbeat.marketing.delivery.bounces.mime import Mail, every, fields, header
from drumbeat.marketing.delivery.bounces.model import Clues, ComplaintReport

MOST_RECIPIENTS = 20
_ABOUT = ("original-rcpt-to", "removal-recipient", "original-recipient")
_HOTMAIL = ("x-hmxmroriginalrecipient", "x-original-to")


def complaint_of(mail: Mail, clues: Clues) -> ComplaintReport | None:
    """None if there is no feedback report in the mail."""
    part = next((part for part in mail.parts if part.kind == "message/feedback-report"), None)
    if part is None:
        return None
    said = fields(part.text())
    kind = header(said, "feedback-type").strip().lower()[:40]
    told = [value for name in _ABOUT for value in every(said, name)]
    told += [value for name in _HOTMAIL for value in every(mail.headers, name)]
    people = dict.fromkeys(plain_address(value) for value in told[:MOST_RECIPIENTS])
    agent = header(said, "user-agent")[:100]
    return ComplaintReport(kind or "abuse", agent, tuple(people), clues)
