"""The nouns of audience: contacts, what they allowed, and the segments that name them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, NamedTuple

from drumbeat.kit.ids import ContactNo, SegmentId

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Attribute = str | int | float | bool

MARKETING_TOPIC = 1
"""Mail in general: what a campaign asks permission for that names no topic."""
ANSWER_TOPIC = 0
"""No topic: mail that answers what its reader has just asked for, such as a confirmation."""


class Consent(IntEnum):
    """Ordered so that the greater of two states is the one that holds: a no outlives any yes."""

    unconfirmed = 0
    subscribed = 1
    unsubscribed = 2


class SuppressionReason(IntEnum):
    unsubscribed = 1
    complained = 2
    bounced = 3
    requested = 4
    erased = 5


class ZoneSource(IntEnum):
    """Where a contact's time zone comes from; one of a higher `rank` replaces one of a lower."""

    none = 0
    country = 1
    column = 2
    phone = 3

    @property
    def rank(self) -> int:
        """Where somebody says they are, then where they live, then who issued their number."""
        return (0, 2, 3, 1)[self]


class MergePolicy(StrEnum):
    """What an incoming row does to a contact that is there already."""

    overwrite = "overwrite"  # what the row fills in replaces what was there
    fill = "fill"  # only what was missing
    keep = "keep"  # nothing: only new contacts are added


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One person as somebody tells us about them; `address` is normalised already."""

    address: str
    external_id: str | None = None
    zone: str = ""
    zone_source: ZoneSource = ZoneSource.none
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    consent: Consent = Consent.unconfirmed
    consented_at: datetime | None = None
    known_since: datetime | None = None
    suppress: SuppressionReason | None = None
    source: str = ""
    topics: Mapping[int, bool] | None = None  # what the row says of each, by number
    notes: tuple[str, ...] = ()  # what of it could not be taken


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one row of a batch was not merged; `index` counts from 0 in the batch."""

    index: int
    reason: str
    field: str = "external_id"


@dataclass(frozen=True, slots=True)
class MergeCounts:
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Permission:
    """`reason` is empty, or no_consent | unsubscribed | unsubscribed_topic | paused |
    suppressed:<why>."""

    may_mail: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ConsentProof:
    """One thing a person allowed or refused, and how we know.

    `wording` is the text they said yes or no to, "" where nobody told us; `evidence` is sealed.
    """

    contact_no: ContactNo
    state: Consent
    source: str
    actor: str
    occurred_at: datetime
    mailing_no: int | None = None
    topic_no: int = MARKETING_TOPIC
    topic: str = ""
    wording: str = ""
    evidence: bytes | None = None


class RecipientFields(NamedTuple):
    """What a template may say about one person. `zone` is an IANA name, "" when unknown."""

    contact_no: ContactNo
    address: str
    zone: str
    fields: Mapping[str, Attribute]


@dataclass(frozen=True, slots=True)
class Contact:
    contact_no: ContactNo
    address: str
    external_id: str | None
    zone: str
    zone_source: ZoneSource
    attributes: Mapping[str, Attribute]
    consent: Consent
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True)
class AudienceArrays:
    """Everyone an audience names, in order of contact number, whether or not they may be mailed.

    `zone_names[zones[i]]` is the IANA zone of `contact_nos[i]` ("" when unknown, always index 0);
    `domain_names[domains[i]]` the domain of their address. `cut` is which memberships of which
    segments that was: id and epoch second; empty for everybody.
    """

    contact_nos: NDArray[np.int32]
    zones: NDArray[np.int16]
    zone_names: tuple[str, ...]
    domains: NDArray[np.int32]
    domain_names: tuple[str, ...]
    cut: tuple[tuple[str, int], ...] = ()

    def __len__(self) -> int:
        return len(self.contact_nos)


@dataclass(frozen=True, slots=True)
class AudienceCounts:
    """`subscribers` may be mailed today; `segments` were ever created.

    `as_of`: since when it may be wrong, for a reader who did not wait; None for now.
    """

    contacts: int
    subscribers: int
    segments: int
    as_of: datetime | None = None


class Criterion(StrEnum):
    engagement = "engagement"
    rfm = "rfm"
    lifecycle_stage = "lifecycle_stage"
    behavioral = "behavioral"
    demographic = "demographic"


@dataclass(frozen=True, slots=True)
class Segment:
    """`rule` is the sentence a person reads; `engagement_rate` is None before any event."""

    id: SegmentId
    name: str
    criterion: str
    rule: str
    subscriber_count: int
    engagement_rate: float | None
    taken_at: datetime


@dataclass(frozen=True)
class DraftSegment:
    """A segment as it was computed, not yet kept; `engaged` is None before any event."""

    name: str
    criterion: str
    rule: str
    contact_nos: NDArray[np.int32]
    engaged: int | None


@dataclass(frozen=True)
class Profile:
    """What every subscribed contact did, as columns of equal length ordered by contact number.

    Counts and `points` are of people's deeds, never machines'. Days are NaN when it never
    happened; money is in minor units of `currency`, the one most purchases were made in;
    `values` are those of one `attribute`, "" where a contact has none.
    """

    as_of: datetime
    contact_nos: NDArray[np.int32]
    known_days: NDArray[np.float64]
    sent: NDArray[np.int32]
    opened: NDArray[np.int32]
    clicked: NDArray[np.int32]
    replied: NDArray[np.int32]
    viewed: NDArray[np.int32]
    orders: NDArray[np.int32]
    spent_minor: NDArray[np.int64]
    points: NDArray[np.float64]
    active_days: NDArray[np.float64]
    bought_days: NDArray[np.float64]
    currency: str
    attribute: str = "country"
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bought:
    """What everybody who bought by the end of the day `until` (UTC) bought, by contact number.

    `recency_days` since the day of the last purchase, `orders` distinct orders, `spent` money in
    minor units of `currency`, the one most purchases were made in.
    """

    until: date
    currency: str
    contact_nos: NDArray[np.int32]
    recency_days: NDArray[np.float64]
    orders: NDArray[np.float64]
    spent: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.contact_nos)


@dataclass(frozen=True)
class Buyers:
    """Everybody who bought by the end of the day `until` (UTC), ordered by contact number.

    `frequency` further days with a purchase after the first, `recency` days from the first to the
    last, `age` days from the first to `until`; `orders` distinct orders and `spent` money in all,
    `repeat_spend` money a day with a purchase after the first (0 without one), in minor units of
    `currency`; `later` days with a purchase after `until`, up to the later day that was asked for.
    """

    until: date
    currency: str
    contact_nos: NDArray[np.int32]
    frequency: NDArray[np.float64]
    recency: NDArray[np.float64]
    age: NDArray[np.float64]
    orders: NDArray[np.float64]
    spent: NDArray[np.float64]
    repeat_spend: NDArray[np.float64]
    later: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.contact_nos)
