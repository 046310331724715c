"""The nouns of delivery: a mailing, its ledger of one row per recipient, and what became of each.

Σ of a mailing's message states is its frozen audience, always. Instants are epoch seconds here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Literal, NamedTuple

from drumbeat.kit.ids import CampaignNo, ContactNo, MailingNo, PersonNo
from drumbeat.marketing.audience import MARKETING_TOPIC


class MailingState(StrEnum):
    draft = "draft"
    freezing = "freezing"
    ready = "ready"
    sending = "sending"
    paused = "paused"
    settled = "settled"
    cancelled = "cancelled"


class State(IntEnum):
    """Of one message. From 30 on it has ended; only uncertain may still be cleared up."""

    planned = 10
    deferred = 11
    claimed = 20
    sent = 30
    failed = 40
    suppressed = 50
    uncertain = 60


OPEN = (State.planned, State.deferred, State.claimed)
SHOWN = ("planned", "claimed", "sent", "failed", "suppressed", "uncertain")
"""As people see the states: a deferred message is still planned."""


class ReasonKind(IntEnum):
    """What the reason of a row explains; of a sent row it names the carrier that took it."""

    carrier = 30
    failed = 40
    suppressed = 50
    uncertain = 60
    deferred = 11


@dataclass(frozen=True, slots=True)
class NewMailing:
    """What to send to a frozen audience: one campaign step. `decided_by` answers for it.

    `pace`: no more messages a second than that, whatever else is allowed. `topic_no`: what its
    recipients must have allowed.
    """

    campaign_no: CampaignNo | None
    kind: str
    sender_name: str
    sender_email: str
    piece_no: int
    piece_revision: int
    decided_by: PersonNo
    step: str = "email"
    pace: float | None = None
    topic_no: int = MARKETING_TOPIC


@dataclass(frozen=True, slots=True)
class Mailing:
    """`trouble` is what a person should know now ("mail.example.com refused the connection")."""

    mailing_no: MailingNo
    campaign_no: CampaignNo | None
    kind: str
    step: str
    sender_name: str
    sender_email: str
    piece_no: int
    piece_revision: int
    decided_by: PersonNo
    state: MailingState
    plan_file: str | None
    frozen: int
    trouble: str
    revision: int
    pace: float | None = None
    topic_no: int = MARKETING_TOPIC


class Place(NamedTuple):
    """Where a message's row lies in the ledger: rows lie in sending order.

    A tuple, as whatever there is one of for each message: half of what a dataclass costs.
    """

    mailing_no: int
    lane_no: int
    place: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """The next server took responsibility; `provider_id` is its queue id, "" if it named none."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not taken, may be tried again: it is about this recipient, the provider, or the way there.

    A deferral of scope "provider" or "transport" says nothing about the recipient and burns no
    attempt of his.
    """

    reason: str
    scope: Literal["recipient", "provider", "transport"]
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Said no to. `code` is the server's reply code, 0 when Drumbeat itself declined."""

    reason: str
    permanent: bool
    code: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """The body went out and no answer came: nobody can tell whether it arrived."""

    reason: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """Permission went away between the claim and the wire: nothing was written."""

    reason: str


@dataclass(frozen=True, slots=True)
class Released:
    """Given back untouched."""


Outcome = Accepted | Deferred | Refused | Unknown
Ending = Outcome | Withheld | Released


@dataclass(frozen=True, slots=True)
class EngineName:
    """Who claims: an engine, the boot of the machine it runs on, and the carrier it uses."""

    name: str
    boot: str
    carrier: str


class LedgerRow(NamedTuple):
    """One message as it stands in the ledger; `reason_no` 0 means none."""

    place: Place
    contact_no: ContactNo
    occasion: int
    arm_no: int
    state: State
    due: int
    done: int | None
    attempts: int
    reason_no: int
    claim_no: int | None


class Receipt(NamedTuple):
    """How one claimed message ended; it counts only while `claim_no` still holds the row.

    `row` is the row as it was claimed, if its claimer still knows it: then it is not read again.
    """

    place: Place
    claim_no: int
    ending: Ending
    row: LedgerRow | None = None


class Decision(StrEnum):
    """What a person says of a message whose end nobody saw, or that was given up."""

    arrived = "arrived"
    give_up = "give_up"
    send_again = "send_again"


@dataclass(frozen=True, slots=True)
class Decided:
    """How many rows were decided in this unit, and how many like them are `left`."""

    rows: int
    left: int


class Change(NamedTuple):
    """What becomes of one row. `due` and `attempts` stay as they are when None.

    `done` is when an ended row ended, now when None; one sent again keeps when its first copy left.
    """

    row: LedgerRow
    state: State
    reason: tuple[ReasonKind, str] | None = None
    due: int | None = None
    attempts: int | None = None
    done: int | None = None


class Claimed(NamedTuple):
    """One message an engine may send, with what the template may say about its recipient.

    Not before `turn`, an instant of real time; 0 is at once.
    """

    row: LedgerRow
    address: str
    fields: Mapping[str, str | int | float | bool]
    permission_revision: int
    turn: float = 0.0

    @property
    def place(self) -> Place:
        return self.row.place

    @property
    def claim_no(self) -> int:
        return self.row.claim_no or 0

    def ended(self, ending: Ending) -> Receipt:
        return Receipt(self.place, self.claim_no, ending, self.row)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one exchange recorded and claimed; `barred` rows were due but may not be mailed.

    `paced`: more is due, and its turn to be claimed comes later.
    """

    recorded: int
    barred: int
    claimed: tuple[Claimed, ...]
    paced: bool = False


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an engine could do now. Whatever is not in `sending` must not leave."""

    sending: frozenset[MailingNo]
    due: tuple[Mailing, ...]


@dataclass(frozen=True, slots=True)
class Pulse:
    """How sending stands over all mailings. `states` has every name of `SHOWN`.

    `due_lanes` are queues whose next message is due; `oldest_due` is since when, retries included.
    """

    states: Mapping[str, int]
    due_lanes: int
    oldest_due: datetime | None


@dataclass(frozen=True, slots=True)
class LedgerCounts:
    """`states` has every name of `SHOWN`; `reasons` counts failed, suppressed and uncertain."""

    frozen: int
    states: Mapping[str, int]
    reasons: Mapping[str, int]

    @property
    def open(self) -> int:
        return self.states["planned"] + self.states["claimed"]


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One recipient's row as a person reads it; `after` continues a page behind it.

    `email` is "" for who may not read contacts: they see the opaque `contact_id` alone.
    `ended_at` is also when it became uncertain; `open_to` is what a person may decide about it.
    """

    contact_no: ContactNo
    contact_id: str
    email: str
    mailing_no: MailingNo
    step: str
    state: str
    reason: str
    message_id: str
    arm_no: int
    variant: str
    planned_at: datetime | None
    sent_at: datetime | None
    provider: str
    after: str
    ended_at: datetime | None
    open_to: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Recount:
    """The ledger's rows counted one by one: by (arm_no, state, reason_no)."""

    mailing_no: MailingNo
    revision: int
    counts: Mapping[tuple[int, int, int], int]

    @property
    def rows(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Lane:
    """One queue: rows from `next_place` to before `end_place` are planned, and nobody's yet.

    `next_due` is when the first of them is due. A row that was claimed never comes back into the
    queue: given back, it waits among the deferred.
    """

    mailing_no: int
    lane_no: int
    next_place: int
    end_place: int
    next_due: int


@dataclass(frozen=True, slots=True)
class Traces:
    """What a dead engine's wire log tells: bodies begun and replies read, by place and claim."""

    boot: str
    begun: frozenset[tuple[Place, int]]
    replies: Mapping[tuple[Place, int], Outcome]
