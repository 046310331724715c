"""Reads and writes approvals. The only module of `approvals` that knows SQL."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    Row,
    String,
    Table,
    UniqueConstraint,
    func,
    insert,
    select,
    update,
)

from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.errors import NotFound
from drumbeat.kit.ids import ApprovalId
from drumbeat.marketing.approvals.model import Approval, ApprovalState
from drumbeat.storage.database import Connection, held, know, metadata, once

approval = Table(
    "approval",
    metadata,
    Column("approval_no", Integer, primary_key=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("subject", String(80), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("effect", String, nullable=False),
    Column("state", String(12), nullable=False),
    Column("asked_by", String, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("decided_by", String),
    Column("decided_at", BigInteger),
    UniqueConstraint("subject", "content_hash"),
    Index("ix_approval_state", "state"),
)


@dataclass(frozen=True)
class ApprovalsStore:
    connection: Connection

    def add(self, wanted: Approval) -> None:
        self.connection.execute(
            insert(approval).values(
                id=wanted.id,
                subject=wanted.subject,
                content_hash=wanted.content_hash,
                effect=wanted.effect,
                state=wanted.state,
                asked_by=wanted.asked_by,
                asked_at=epoch(wanted.asked_at),
            )
        )

    def get(self, approval_id: ApprovalId) -> Approval:
        query = select(approval).where(approval.c.id == approval_id)
        row = self.connection.execute(held(self.connection, query)).first()
        if row is None:
            raise NotFound(f"There is no approval {approval_id!r}.")
        return _approval(row)

    def find(self, subject: str, content_hash: str) -> Approval | None:
        asked = ("approval", subject, content_hash)
        return once(self.connection, asked, lambda: self._find(subject, content_hash))

    def read_ahead(self, subjects: Sequence[str]) -> None:
        """Every approval of these subjects at once, for a reading unit that asks for them next."""
        found = self.connection.execute(select(approval).where(approval.c.subject.in_(subjects)))
        known: dict[Hashable, object] = {
            ("approval", row.subject, row.content_hash): _approval(row) for row in found
        }
        know(self.connection, known)

    def _find(self, subject: str, content_hash: str) -> Approval | None:
        query = select(approval).where(
            approval.c.subject == subject, approval.c.content_hash == content_hash
        )
        row = self.connection.execute(held(self.connection, query)).first()
        return None if row is None else _approval(row)

    def list_(self, state: ApprovalState) -> list[Approval]:
        query = select(approval).where(approval.c.state == state).order_by(approval.c.approval_no)
        return [_approval(row) for row in self.connection.execute(query)]

    def count(self, state: ApprovalState) -> int:
        query = select(func.count()).select_from(approval).where(approval.c.state == state)
        return self.connection.execute(query).scalar_one()

    def save_state(
        self, approval_id: ApprovalId, was: ApprovalState, now: ApprovalState, by: str, at: datetime
    ) -> bool:
        """Move from `was` to `now`; False if it had already left `was`."""
        changed = self.connection.execute(
            update(approval)
            .where(approval.c.id == approval_id, approval.c.state == was)
            .values(state=now, decided_by=by, decided_at=epoch(at))
        )
        return changed.rowcount == 1

    def supersede_others(self, subject: str, content_hash: str) -> None:
        self.connection.execute(
            update(approval)
            .where(
                approval.c.subject == subject,
                approval.c.content_hash != content_hash,
                approval.c.state.in_((ApprovalState.WAITING, ApprovalState.APPROVED)),
            )
            .values(state=ApprovalState.SUPERSEDED)
        )


def _approval(row: Row[tuple[object, ...]]) -> Approval:
    return Approval(
        id=ApprovalId(row.id),
        subject=row.subject,
        content_hash=row.content_hash,
        effect=row.effect,
        state=ApprovalState(row.state),
        asked_by=row.asked_by,
        asked_at=from_epoch(row.asked_at),
        decided_by=row.decided_by,
        decided_at=None if row.decided_at is None else from_epoch(row.decided_at),
    )
