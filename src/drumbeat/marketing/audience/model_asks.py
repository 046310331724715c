"""The nouns of what readers ask of the house themselves: forms to sign up by, and each asking."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from drumbeat.kit.ids import ContactNo, PersonNo


@dataclass(frozen=True, slots=True)
class SignupForm:
    """A public form. `double`: nobody is subscribed before they confirmed from their mailbox.

    `owner_no` is the person who decided that confirmation mail is sent.
    """

    form_no: int
    id: str
    name: str
    topics: tuple[str, ...]
    wording: str
    double: bool
    open: bool
    owner_no: PersonNo
    created_at: datetime


class AskKind(StrEnum):
    """What a mail must confirm; also the step of the mailing that asks for it."""

    SIGN_UP = "confirm"
    DATA = "data"
    ERASE = "erase"


class AskState(IntEnum):
    """waiting for the engine → asked by mail → confirmed, or over without an answer."""

    waiting = 1
    asked = 2
    confirmed = 3
    done = 4
    expired = 5


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing a reader asked for; `mailing_no` and `occasion` name the mail that asks back."""

    ask_no: int
    kind: AskKind
    state: AskState
    contact_no: ContactNo
    form_no: int | None
    topics: tuple[str, ...]
    asked_at: datetime
    expires_at: datetime
    mailing_no: int | None = None
    occasion: int = 0
    evidence: bytes | None = None


@dataclass(frozen=True, slots=True)
class ReaderStanding:
    """What a reader's own page says of them: a mail may be forwarded, so no whole address."""

    masked: str
    left: bool


class Answered(StrEnum):
    """What came of a link that was followed: `over` tells nothing about anybody."""

    confirmed = "confirmed"
    before = "before"
    over = "over"
    refused = "refused"


class Taken(StrEnum):
    """What is told to whoever signs up: never whether the address was known."""

    asked = "asked"
    too_many = "too_many"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sends a public form, as far as their connection tells. `scripted`: they proved work."""

    ip: str = ""
    user_agent: str = ""
    page: str = ""
    stamp: bytes = b""
    scripted: bool = True

    @property
    def evidence(self) -> Mapping[str, str]:
        told = {"ip": self.ip, "user_agent": self.user_agent, "page": self.page}
        return {name: value for name, value in told.items() if value}
