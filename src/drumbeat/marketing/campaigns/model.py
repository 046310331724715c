"""The nouns of campaigns: the brief a person gives, the plan made of it, the states between."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum

from drumbeat.kit.clock import parse_instant
from drumbeat.kit.ids import CampaignId, CampaignNo, ExperimentId, MailingNo, PersonNo


class State(StrEnum):
    DRAFT = "draft"
    PLANNED = "planned"
    AWAITING_APPROVAL = "awaiting_approval"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    MEASURING = "measuring"
    FINISHED = "finished"
    PAUSED = "paused"
    CANCELLED = "cancelled"


class Kind(StrEnum):
    PROMOTIONAL = "promotional"
    NEWSLETTER = "newsletter"
    WELCOME = "welcome"
    ABANDONED_CART = "abandoned_cart"
    RETENTION = "retention"
    REACTIVATION = "reactivation"


class Launch(StrEnum):
    """When to send once it may: at once, at each contact's best hour, or at a named instant."""

    NOW = "now"
    BEST = "best"
    AT = "at"


@dataclass(frozen=True)
class ExperimentWish:
    """What to test: the first of `variants` is the control."""

    element: str
    variants: tuple[str, ...]
    metric: str = "open_rate"
    traffic_split: float = 0.5
    sample_size: int | None = None
    confidence_level: float = 0.95


@dataclass(frozen=True)
class TimingWish:
    """`window_hours` spreads a launch over so many hours; None sends as fast as pace allows.

    `pace` is the most messages a second, None as many as the house allows.
    """

    mode: Launch = Launch.BEST
    at: datetime | None = None
    window_hours: float | None = None
    pace: float | None = None


@dataclass(frozen=True)
class Brief:
    """What a person asked for. `audience` names segments; ("all",) is everybody.

    `topic` is the key of what its readers must have allowed, "" for mail in general.
    """

    name: str
    kind: Kind
    subject_line: str
    content_html: str
    content_text: str | None = None
    preheader: str = ""
    sender_name: str | None = None
    sender_email: str | None = None
    audience: tuple[str, ...] = ("all",)
    segment_by: str = "engagement"
    topic: str = ""
    test: ExperimentWish | None = None
    timing: TimingWish = field(default_factory=TimingWish)

    def to_json(self) -> dict[str, object]:
        at = self.timing.at
        timing = {**asdict(self.timing), "at": None if at is None else at.isoformat()}
        told = {**asdict(self), "timing": timing}
        for name in ("preheader", "topic"):
            if not told[name]:
                del told[name]  # approvals from before there were any are bound to the rest
        return told

    @staticmethod
    def from_json(data: Mapping[str, object]) -> "Brief":
        fields: dict[str, object] = dict(data)
        test, timing = fields.pop("test"), dict(_mapping(fields.pop("timing")))
        at = timing["at"]
        timing["at"] = None if at is None else parse_instant(str(at), field="timing.at")
        timing["mode"] = Launch(str(timing["mode"]))
        fields["kind"] = Kind(str(fields["kind"]))
        fields["audience"] = tuple(_strings(fields["audience"]))
        if test is not None:
            wish = dict(_mapping(test))
            wish["variants"] = tuple(_strings(wish["variants"]))
            test = ExperimentWish(**wish)  # type: ignore[arg-type]  # what to_json wrote
        return Brief(**fields, test=test, timing=TimingWish(**timing))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Plan:
    """What planning decided, filled step by step; None is "not decided yet".

    `first_due` (the first mail's instant) and `settled_at` are epoch seconds. `segments`
    rows are name, rule, subscriber_count and engagement_rate; `timing` is the answer's
    send_optimization; `excluded` counts by reason who of the audience may not be mailed.
    `cut` is whom the audience's segments named then: their ids and when each was taken.
    `outgrown` is how many people an earlier yes was for, once there were many more. `real` and
    `postal_address` are as they were when a person was asked: whether mail leaves the house, and
    what its footer says.
    """

    segments: tuple[Mapping[str, object], ...] | None = None
    audience_size: int | None = None
    mailable: int | None = None
    outgrown: int | None = None
    cut: tuple[tuple[str, int], ...] = ()
    excluded: Mapping[str, int] = field(default_factory=dict)
    piece_no: int | None = None
    piece_revision: int | None = None
    content_hash: str | None = None
    checks: tuple[Mapping[str, object], ...] = ()
    experiment_id: ExperimentId | None = None
    timing: Mapping[str, object] | None = None
    mailing_no: MailingNo | None = None
    postal_address: str | None = None
    real: bool | None = None
    approval_hash: str | None = None
    first_due: int | None = None
    settled_at: int | None = None


@dataclass(frozen=True)
class Campaign:
    """`launch` is None until somebody asked for the launch; `held` is the state before a pause.

    `trouble` is why the last step could not be taken, in words for the owner.
    """

    no: CampaignNo
    id: CampaignId
    brief: Brief
    plan: Plan
    state: State
    state_since: datetime
    launch: TimingWish | None
    held: State | None
    owner_no: PersonNo
    created_at: datetime
    revision: int
    trouble: str | None = None


@dataclass(frozen=True)
class Transition:
    """One change of state and whose hands made it; `agent` is "engine" for its own steps.

    `note` tells what was asked for where the state did not change by it.
    """

    was: State | None
    now: State
    at: datetime
    actor: str
    agent: str | None
    note: str = ""


def _mapping(value: object) -> Mapping[str, object]:
    assert isinstance(value, Mapping)
    return value


def _strings(value: object) -> list[str]:
    assert isinstance(value, list | tuple)
    return [str(item) for item in value]
