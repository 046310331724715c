"""What a test mail is: asked for by a person, for one contact, and how it may end."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from drumbeat.kit.ids import CampaignNo, ContactNo, MailingNo, PersonNo
from drumbeat.kit.signing import TEST_OCCASION, Recipient


class MailTestState(StrEnum):
    WAITING = "waiting"
    ARMED = "armed"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class NewMailTest:
    """Variant `arm_no` of a revision, as `contact_no` would get it. `links` are its targets."""

    campaign_no: CampaignNo
    piece_revision: int
    arm_no: int
    contact_no: ContactNo
    links: tuple[str, ...]


@dataclass(frozen=True)
class MailTest:
    test_no: int
    id: str
    new: NewMailTest
    tester: str
    asked_by: PersonNo
    asked_at: datetime
    state: MailTestState
    reason: str
    ended_at: datetime | None

    @property
    def recipient(self) -> Recipient:
        """What its tokens say: nobody's row of any mailing."""
        return Recipient(MailingNo(self.test_no), self.new.contact_no, TEST_OCCASION)


@dataclass(frozen=True)
class Ended:
    """What became of one test."""

    state: MailTestState
    reason: str = ""
    provider_id: str = ""
