"""What a mail that came back says: values only, read from bytes that anybody could have written."""

from dataclasses import dataclass
from enum import StrEnum


class BounceClass(StrEnum):
    """`hard`: there is no such mailbox. `quota`: it is full. `policy`: our mail is not wanted.

    `soft` is every other failure, `delayed` one that is still tried, `ok` no failure at all.
    """

    ok = "ok"
    delayed = "delayed"
    soft = "soft"
    quota = "quota"
    policy = "policy"
    hard = "hard"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a message failed. `evidence` is what decided, such as "status 5.1.1" or the words."""

    kind: BounceClass
    status: str
    evidence: str


@dataclass(frozen=True, slots=True)
class ReportedRecipient:
    """One recipient in a report, in the reporting server's words; "" is what it does not say."""

    address: str
    original: str
    action: str
    status: str
    diagnostic: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class Clues:
    """What may name one of our messages: texts that look like a token of ours, unproven."""

    candidates: tuple[str, ...]
    delivered_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A bounce. `form` is how it was written: "dsn", or whose plain words they are."""

    form: str
    recipients: tuple[ReportedRecipient, ...]
    clues: Clues


@dataclass(frozen=True, slots=True)
class ComplaintReport:
    """Feedback of a mailbox provider (RFC 5965); `kind` is its Feedback-Type, in lower case."""

    kind: str
    agent: str
    recipients: tuple[str, ...]
    clues: Clues


@dataclass(frozen=True, slots=True)
class NoReport:
    """Neither: an automatic reply, mail that somebody wrote, or what could not be read at all."""

    why: str
    clues: Clues
    name: str = "no_report"


UNREADABLE = NoReport("it could not be read", Clues((), ()), "unreadable")
UNOPENED = NoReport("its sealed bytes do not open with this key", Clues((), ()), "unreadable")


Reading = DeliveryReport | ComplaintReport | NoReport
