"""What may follow what: a mailing's states, the end of one message, when to try it again."""

import re
from datetime import datetime

from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.errors import Conflict
from drumbeat.kit.ids import MailingNo
from drumbeat.marketing.delivery.bounces import classify, reason_of
from drumbeat.marketing.delivery.model import (
    Accepted,
    Change,
    Decision,
    Deferred,
    Ending,
    LedgerRow,
    Mailing,
    MailingState,
    ReasonKind,
    Refused,
    Released,
    State,
    Unknown,
    Withheld,
)
from drumbeat.marketing.events import Fact, Kind, Reason

TRANSITIONS: dict[MailingState, frozenset[MailingState]] = {
    MailingState.draft: frozenset({MailingState.freezing, MailingState.cancelled}),
    MailingState.freezing: frozenset({MailingState.ready, MailingState.cancelled}),
    MailingState.ready: frozenset({MailingState.sending, MailingState.cancelled}),
    MailingState.sending: frozenset(
        {MailingState.paused, MailingState.settled, MailingState.cancelled}
    ),
    MailingState.paused: frozenset({MailingState.sending, MailingState.cancelled}),
    MailingState.settled: frozenset({MailingState.sending}),
    MailingState.cancelled: frozenset(),
}

TRANSACTIONAL = "transactional"
CANCELLED = "cancelled"
GAVE_UP = "gave up after"
"""How the reason of a row begins whose server only ever said "later"."""
SENT_AGAIN = "sent again by a person's decision"
"""The same of a row that waits for its turn once more, and whose first copy may have arrived."""
BY_PERSON = "a person's word"
BY_EVIDENCE = "evidence"
BY_ANSWER = "an answer to it"
KNOWN_BY = (BY_PERSON, BY_EVIDENCE, BY_ANSWER)
"""In the place of the carrier that took it: why an uncertain message counts as sent."""
UNKNOWN_CONTACT = "unknown_contact"

CLAIM_ROWS = 500
"""Most rows one exchange claims, whatever the pace: one unit of work stays under 50 ms."""

RETRY_MINUTES = (5, 15, 60, 240, 720)
"""Between one try and the next when the recipient's server said "later" (RFC 5321, 4.5.4.1)."""

_REPLY = re.compile(r"^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?")
_ASKED = re.compile(
    r"(?:try|retry|again|wait|back|after|later|greylist\w*|seconds=)\D{0,30}?(\d{1,5})\s?"
    r"(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)\b",
    re.IGNORECASE,
)
_LONGEST_ASKED = 86_400
# Looked for from where a word begins alone: from each of its letters, a long word takes for ever.
_ADDRESS = re.compile(r"(?<!\S)\S*@\S*")
_NUMBERED = re.compile(r"(?<!\S)\S*\d\S*")
_UNKEEPABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]")
_LONGEST_REASON = 120


def check_transition(mailing: Mailing, wanted: MailingState, verb: str) -> None:
    """Raises Conflict that says which states would have allowed it."""
    if wanted in TRANSITIONS[mailing.state]:
        return
    allowing = [state.value for state, leads in TRANSITIONS.items() if wanted in leads]
    raise Conflict(
        f"Mailing {mailing.mailing_no} is {mailing.state.value}: it cannot {verb}. "
        f"That works from: {', '.join(allowing)}."
    )


def keepable(text: str) -> str:
    """Without what no database keeps (NUL, lone surrogates) and no page should show (controls)."""
    return _UNKEEPABLE.sub("?", text)


def plain_reason(text: str) -> str:
    """A server's words without addresses, queue ids and clock times: few texts, nobody named."""
    text = " ".join(keepable(text).split())
    reply = _REPLY.match(text)
    head = reply.group() if reply else ""
    tail = _NUMBERED.sub("#", _ADDRESS.sub("<address>", text[len(head) :]))
    return (head + tail)[:_LONGEST_REASON].strip() or "no reason given"


def asked_to_wait(text: str) -> int | None:
    """The seconds a server asks to be left alone for ("try again in 15 minutes"), at most a day."""
    found = _ASKED.search(text)
    if found is None:
        return None
    unit = {"s": 1, "m": 60, "h": 3600}[found[2][0].lower()]
    return min(int(found[1]) * unit, _LONGEST_ASKED)


def conclude(
    row: LedgerRow, ending: Ending, carrier: str, now: datetime, *, why: str = "", over: bool
) -> Change:
    """What one receipt makes of a claimed row, which waited for the reason `why`.

    `over` says that its mailing was cancelled.
    """
    match ending:
        case Accepted():
            return Change(row, State.sent, (ReasonKind.carrier, taken_by(carrier, why)))
        case Unknown(reason):
            return Change(row, State.uncertain, (ReasonKind.uncertain, _reason(reason, why)))
        case Withheld(reason):
            return Change(row, State.suppressed, (ReasonKind.suppressed, reason))
        case Refused(reason, True, _):
            return Change(row, State.failed, (ReasonKind.failed, _reason(reason, why)))
        case _ if over:
            return Change(row, State.suppressed, (ReasonKind.suppressed, CANCELLED))
        case Deferred(reason, "recipient", until):
            return _try_later(row, reason, until, now, why)
        case Refused(reason):
            return _try_later(row, reason, None, now, why)
        case Deferred() | Released():  # its lane has moved on: it waits aside, due as it was
            return Change(row, State.deferred)


def taken_by(carrier: str, why: str) -> str:
    """The reason of a sent row: who took it, and whether that was a copy on purpose."""
    return f"{carrier}; {SENT_AGAIN}" if why.startswith(SENT_AGAIN) else carrier


def open_to(state: State, reason: str) -> tuple[Decision, ...]:
    """What a person may decide about a row; nothing, where what happened is known."""
    if state is State.uncertain:
        return tuple(Decision)
    if state is State.failed and reason.startswith(GAVE_UP):
        return (Decision.send_again,)
    return ()


def decide(row: LedgerRow, decision: Decision, reason: str, now: int) -> Change:
    """What a decision that `open_to` allows makes of a row.

    One that is sent again keeps its row and so its Message-ID: a mailbox that has the first copy
    can tell. It waits among the deferred, as every row that was claimed once.
    """
    match decision:
        case Decision.arrived:
            return clear_up(row, BY_PERSON)
        case Decision.give_up:
            why = f"given up by a person: {reason}"[:_LONGEST_REASON]
            return Change(row, State.failed, (ReasonKind.failed, why), done=row.done)
        case Decision.send_again:
            again = (ReasonKind.deferred, f"{SENT_AGAIN}: {reason}"[:_LONGEST_REASON])
            return Change(row, State.deferred, again, due=now, attempts=0, done=row.done)


def may_have_arrived(state: State, reason: str) -> bool:
    """Whether evidence that a message left ends its row: it may wait to be sent a second time."""
    again = state is State.deferred and reason.startswith(SENT_AGAIN)
    return state is State.uncertain or again


def clear_up(row: LedgerRow, known_by: str) -> Change:
    """It counts as sent, from when it left; `known_by` is one of `KNOWN_BY`."""
    return Change(row, State.sent, (ReasonKind.carrier, known_by), done=row.done)


def fact_of_sent(row: LedgerRow, now: int, source: str) -> Fact:
    """Sent when it left our hands, not when that was found out."""
    return Fact(
        kind=Kind.sent,
        occurred_at=from_epoch(now if row.done is None else row.done),
        contact_no=row.contact_no,
        mailing_no=MailingNo(row.place.mailing_no),
        arm_no=row.arm_no,
        source=source,
    )


def sending_order(mailing: Mailing) -> tuple[bool, int]:
    """Mail that somebody waits for goes first, then the older mailing."""
    return mailing.kind != TRANSACTIONAL, mailing.mailing_no


def bounce_reason(refused: Refused | None) -> Reason:
    """By the same reading as of a bounce: permanent only where the mailbox itself is the cause."""
    if refused is None:
        return Reason.none
    return reason_of(classify("failed", "", refused.reason).kind)


def _reason(said: str, why: str) -> str:
    """A server's words; of a copy on purpose they never hide that the first may have arrived."""
    again = why.startswith(SENT_AGAIN)
    return f"{SENT_AGAIN}: {plain_reason(said)}"[:_LONGEST_REASON] if again else plain_reason(said)


def _try_later(
    row: LedgerRow, reason: str, until: datetime | None, now: datetime, why: str
) -> Change:
    tries = row.attempts + 1
    text = _reason(reason, why)
    if tries > len(RETRY_MINUTES):
        gave_up = f"{GAVE_UP} {tries} tries: {text}"[:_LONGEST_REASON]
        return Change(row, State.failed, (ReasonKind.failed, gave_up), attempts=tries)
    wait = max(60 * RETRY_MINUTES[row.attempts], asked_to_wait(reason) or 0)
    due = epoch(now) + wait
    if until is not None:
        due = max(due, epoch(until))
    return Change(row, State.deferred, (ReasonKind.deferred, text), due=due, attempts=tries)
