"""The nouns of approvals."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from drumbeat.kit.ids import ApprovalId


class ApprovalState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Approval:
    """`subject` is the id of what is decided on; `effect` says in words what a yes will do."""

    id: ApprovalId
    subject: str
    content_hash: str
    effect: str
    state: ApprovalState
    asked_by: str
    asked_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
