"""What follows from a report about one of our messages: which fact, and when patience ends.

Pure; the numbers are rules of thumb that anybody may change.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from drumbeat.kit.domain_names import ascii_domain
from drumbeat.marketing.delivery.bounces.model import (
    BounceClass,
    ComplaintReport,
    DeliveryReport,
    Reading,
    ReportedRecipient,
)
from drumbeat.marketing.events import Kind, Reason

SOFT_BOUNCES = 5
"""So many messages in a row that came back softly, and the address is given up."""

SOFT_DAYS = 90
"""The first of them not longer ago than this: who is mailed once a year keeps the chance."""

_REASONS = {
    BounceClass.hard: Reason.permanent_bounce,
    BounceClass.soft: Reason.soft_bounce,
    BounceClass.quota: Reason.quota_bounce,
    BounceClass.policy: Reason.policy_bounce,
}
_COMPLAINTS = ("abuse", "fraud")
_OPT_OUTS = ("opt-out", "opt-out-list")


@dataclass(frozen=True, slots=True)
class Judged:
    """`name` is the class or kind that people read; `fact` is None where nothing follows."""

    name: str
    status: str
    words: str
    evidence: str
    fact: Kind | None
    reason: Reason = Reason.none


def reason_of(kind: BounceClass) -> Reason:
    """How a fact names the class; none for what is no failure."""
    return _REASONS.get(kind, Reason.none)


def judge(reading: Reading, address: str) -> Judged:
    """What a report says about the message that went to `address`."""
    match reading:
        case DeliveryReport():
            return _bounce(reading, address)
        case ComplaintReport(kind, agent):
            told = f"feedback of {agent or 'a mailbox provider'}: {kind}"
            if kind in _OPT_OUTS:
                return Judged("opt_out", "", told, f"feedback type {kind}", Kind.unsubscribed)
            fact = Kind.complained if kind in _COMPLAINTS else None
            name = "complaint" if fact else "feedback"
            return Judged(name, "", told, f"feedback type {kind}", fact)
    return Judged(reading.name, "", reading.why, reading.why, None)


def _bounce(report: DeliveryReport, address: str) -> Judged:
    recipient, surely = _about(report.recipients, address)
    cause = recipient.cause
    kind, evidence = cause.kind, cause.evidence
    if kind is BounceClass.hard and not surely:
        kind, evidence = BounceClass.soft, f"{evidence}, of an address behind this one"
    reason = reason_of(kind)
    fact = Kind.bounced if kind in _REASONS else None
    return Judged(kind.value, cause.status, recipient.diagnostic, evidence, fact, reason)


def _about(people: Sequence[ReportedRecipient], address: str) -> tuple[ReportedRecipient, bool]:
    """The one that is ours, and whether it surely is: a list behind our address has members.

    Without an address of ours nothing follows: then the report's own word is the answer.
    """
    wanted = _alike(address)
    for each in people:
        if wanted and wanted in (_alike(each.address), _alike(each.original)):
            return each, True
    failed = [each for each in people if each.action == "failed"]
    told = (failed or list(people))[0]
    return told, not wanted or not (told.address or told.original)


def _alike(address: str) -> str:
    """Servers fold letter case, and write a domain in letters or as xn--."""
    local, at, domain = address.lower().rpartition("@")
    return f"{local}{at}{ascii_domain(domain) or domain}"


def is_given_up(
    sent: Sequence[tuple[int, datetime]], soft: Collection[int], now: datetime
) -> int | None:
    """How many messages in a row came back softly, if they are enough; else None.

    `sent` are (mailing_no, sent_at), newest first; `soft` the mailings that bounced softly. What
    was sent after the newest of them is passed over: its bounce may still be on its way.
    """
    newest = next((at for at, (mailing_no, _) in enumerate(sent) if mailing_no in soft), len(sent))
    run: list[datetime] = []
    for mailing_no, sent_at in sent[newest:]:
        if mailing_no not in soft:
            break
        run.append(sent_at)
    recent = [at for at in run if now - at <= timedelta(days=SOFT_DAYS)]
    return len(recent) if len(recent) >= SOFT_BOUNCES else None
