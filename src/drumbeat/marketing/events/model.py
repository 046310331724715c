"""What a fact is: something that happened to one contact, with who judged it and why.

Facts are integers and money. IP address and user agent are evidence: kept apart, for a while.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

from drumbeat.kit.ids import ContactNo, MailingNo

NO_MAILING = MailingNo(0)

HEAD, PREFETCH = 1, 2
"""How a request was made, as bits of `evidence.asked`; 0 is a plain GET."""


class Kind(IntEnum):
    sent = 1
    delivered = 2
    bounced = 3
    opened = 4
    clicked = 5
    replied = 6
    forwarded = 7
    purchased = 8
    unsubscribed = 9
    complained = 10
    viewed = 11
    signed_up = 12
    posted = 13


class Verdict(IntEnum):
    """Who acted. Counts of people leave out `machine`; `unsure` still counts."""

    human = 1
    machine = 2
    unsure = 3


class Reason(IntEnum):
    """Why a verdict, or which bounce; 0 says there is nothing to explain. In words: `rules.WHY`."""

    none = 0
    apple_privacy_proxy = 1
    mail_image_proxy = 2
    security_gateway = 3
    head_request = 4
    no_user_agent = 5
    sooner_than_a_person = 6
    many_links_at_once = 7
    burst = 8
    hidden_link = 9
    beside_a_machine = 10
    prefetch = 11
    mail_prefetch = 12
    link_preview = 13
    program = 14
    soon_after_sending = 15
    unknown_program = 16
    soon_after_opening = 17
    permanent_bounce = 20
    transient_bounce = 21
    policy_bounce = 22
    quota_bounce = 23
    soft_bounce = 24


@dataclass(frozen=True, slots=True)
class Fact:
    """`occurred_at` is aware and kept to the second. 0, -1 and "" mean "none".

    `event_id` makes a repetition from the same `source` harmless, for ever. A bounce says with
    `reason` whether it is permanent; one that does not say counts as bounced, but nobody is
    suppressed for it.
    """

    kind: Kind
    occurred_at: datetime
    contact_no: ContactNo
    mailing_no: MailingNo = NO_MAILING
    arm_no: int = -1
    link_no: int = -1
    value_minor: int = 0
    currency: str = ""
    verdict: Verdict = Verdict.human
    event_id: str | None = None
    order_id: str = ""
    source: str = ""
    ip: str = ""
    user_agent: str = ""
    properties: Mapping[str, str] | None = None
    reason: Reason = Reason.none


class Told(NamedTuple):
    """What a file or a program says of somebody we know: a `Fact` that nobody has judged yet.

    Thousands are made at once, and a tuple costs a quarter of a frozen dataclass.
    """

    kind: Kind
    occurred_at: datetime
    contact_no: ContactNo
    mailing_no: MailingNo
    arm_no: int
    link_no: int
    value_minor: int
    currency: str
    event_id: str | None
    order_id: str
    ip: str
    user_agent: str
    properties: Mapping[str, str] | None


class Hit(NamedTuple):
    """One request for a tracking address: `Kind.opened` the pixel, `Kind.clicked` a link.

    `prefetch`: a header says that nobody has asked to see it yet (Sec-Purpose and its forerunners).
    """

    kind: Kind
    occurred_at: datetime
    contact_no: ContactNo
    mailing_no: MailingNo
    link_no: int = -1
    method: str = "GET"
    ip: str = ""
    user_agent: str = ""
    prefetch: bool = False

    @property
    def asked(self) -> int:
        if self.method == "GET" and not self.prefetch:
            return 0
        return HEAD * (self.method == "HEAD") | PREFETCH * self.prefetch


@dataclass(frozen=True, slots=True)
class Recorded:
    added: int
    repeated: int


class FoldedFact(NamedTuple):
    """A fact as the warehouse keeps it; `occurred_at` in epoch seconds, `properties` as JSON."""

    kind: int
    occurred_at: int
    contact_no: int
    mailing_no: int
    arm_no: int
    link_no: int
    verdict: int
    reason: int
    value_minor: int
    currency: str
    order_key: int
    source: str
    properties: str | None


@dataclass(frozen=True, slots=True)
class FoldedBatch:
    """What one fold moved: every fact appears in exactly one batch, ever."""

    batch_no: int
    facts: tuple[FoldedFact, ...]
