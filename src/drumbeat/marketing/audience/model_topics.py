"""The nouns of choice: topics, what somebody chose of each, and on what evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from drumbeat.marketing.audience.model import Consent

MARKETING_KEY = "marketing"
PAUSE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Topic:
    """Something people can get mail about; `offered` ones are shown to them."""

    topic_no: int
    key: str
    name: str
    description: str
    offered: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TopicChoice:
    """What one contact said of a topic; `changed_at` is None where they never said anything."""

    topic: Topic
    state: Consent
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class SaleOptOut:
    """Since when somebody's data may be neither sold nor shared (CCPA § 1798.120)."""

    since: datetime
    source: str
    actor: str


@dataclass(frozen=True, slots=True)
class Choices:
    """All that one contact chose."""

    topics: tuple[TopicChoice, ...]
    paused_until: datetime | None
    sale_opt_out: SaleOptOut | None


@dataclass(frozen=True, slots=True)
class Asked:
    """How somebody was asked and answered: the words, the page, and what their browser told."""

    source: str
    wording: str = ""
    evidence: Mapping[str, str] | None = None
    mailing_no: int | None = None
