"""What content keeps: a piece per campaign and channel, its versions, and what checks found."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from drumbeat.kit.ids import CampaignNo
from drumbeat.marketing.content.compile import EmailTemplate


class Level(StrEnum):
    """An `error` would reach every recipient and stops approval; a `warning` is advice."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Check:
    """One finding about one field, in a sentence for the author."""

    level: Level
    field: str
    message: str


@dataclass(frozen=True)
class CheckedEmails:
    """Templates that were tried and may be saved; only `check_templates` makes them."""

    arms: tuple[EmailTemplate, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class PieceVersion:
    """What a campaign says by email at one revision; an approval binds to `content_hash`."""

    piece_no: int
    piece_id: str
    campaign_no: CampaignNo
    revision: int
    arms: tuple[EmailTemplate, ...]
    content_hash: str
    created_at: datetime


class MailSender(Protocol):
    """What a message needs to know of its sender (`senders.Sender` is one)."""

    @property
    def name(self) -> str: ...
    @property
    def postal_address(self) -> str: ...
    @property
    def list_id(self) -> str: ...
    @property
    def domain(self) -> str: ...
