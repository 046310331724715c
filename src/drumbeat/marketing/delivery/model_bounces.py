"""Mail that came back, from the moment it arrives until a person reads what it said."""

from dataclasses import dataclass
from datetime import datetime

from drumbeat.kit.ids import ContactNo, MailingNo


@dataclass(frozen=True, slots=True)
class ArrivedMail:
    """A mail where bounces arrive, as it came; `source` is the way in: receiver, mailbox, …."""

    raw: bytes
    source: str


@dataclass(frozen=True, slots=True)
class SealedMail:
    """An arrived mail as it is kept; `identity` is that of its bytes."""

    identity: bytes
    source: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Concluded:
    """How many mails were read, and whose soft bounces may be one too many now."""

    mails: int
    softly: tuple[ContactNo, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitingMail:
    """`raw` is None where the sealed bytes do not open: damaged, or of another key."""

    number: int
    raw: bytes | None


@dataclass(frozen=True, slots=True)
class BounceSaid:
    """What a returned mail said: `name` is its class; the numbers are None if it is of nobody."""

    name: str
    status: str
    reason: str
    evidence: str
    mailing_no: int | None = None
    contact_no: int | None = None
    occasion: int | None = None


@dataclass(frozen=True, slots=True)
class BounceMail:
    number: int
    received_at: int
    source: str
    said: BounceSaid


@dataclass(frozen=True, slots=True)
class BounceLine:
    """One returned mail as a person reads it; `email` is "" for who may not read contacts."""

    number: int
    received_at: datetime
    source: str
    name: str
    status: str
    reason: str
    evidence: str
    mailing_no: MailingNo | None
    contact_id: str
    email: str


@dataclass(frozen=True, slots=True)
class MailboxMark:
    """How far a mailbox was read (RFC 3501): numbers count only under one validity."""

    validity: int
    last_uid: int
