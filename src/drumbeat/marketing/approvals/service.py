"""Use cases of approvals: ask, decide, look up."""

from collections.abc import Sequence
from dataclasses import dataclass

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock
from drumbeat.kit.errors import Conflict, NotPermitted
from drumbeat.kit.ids import ApprovalId, new_id
from drumbeat.marketing.accounts import Record
from drumbeat.marketing.approvals.model import Approval, ApprovalState
from drumbeat.marketing.approvals.store import ApprovalsStore


@dataclass(frozen=True)
class ApprovalsService:
    actor: Actor
    store: ApprovalsStore
    clock: Clock
    record: Record

    def ask(self, subject: str, content_hash: str, *, effect: str) -> Approval:
        """The approval of exactly this content, asked for now unless it was before.

        Approvals of the subject's other contents are superseded.
        """
        self.actor.require(Scope.CAMPAIGNS_WRITE)
        self.store.supersede_others(subject, content_hash)
        known = self.store.find(subject, content_hash)
        if known is not None and known.state is not ApprovalState.SUPERSEDED:
            return known
        now = self.clock()
        if known is not None:
            waiting = ApprovalState.WAITING
            self.store.save_state(known.id, known.state, waiting, self.actor.name, now)
            return self._noted("asked", self.store.get(known.id))
        wanted = Approval(
            id=ApprovalId(new_id("apr", now)),
            subject=subject,
            content_hash=content_hash,
            effect=effect,
            state=ApprovalState.WAITING,
            asked_by=self.actor.name,
            asked_at=now,
        )
        self.store.add(wanted)
        return self._noted("asked", wanted)

    def approve(self, approval_id: ApprovalId) -> Approval:
        """Say yes. Saying it twice is harmless; Conflict if it was declined or superseded."""
        return self._decide(approval_id, ApprovalState.APPROVED)

    def decline(self, approval_id: ApprovalId) -> Approval:
        """Say no. Saying it twice is harmless; Conflict if it was approved or superseded."""
        return self._decide(approval_id, ApprovalState.DECLINED)

    def get(self, approval_id: ApprovalId) -> Approval:
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.get(approval_id)

    def find(self, subject: str, content_hash: str) -> Approval | None:
        """What was decided, or is still to be, about exactly this content."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.find(subject, content_hash)

    def read_ahead(self, subjects: Sequence[str]) -> None:
        """For a list: what `find` is asked about each of these subjects, read at once."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        self.store.read_ahead(subjects)

    def list_waiting(self) -> list[Approval]:
        """What still needs a person's yes or no."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.list_(ApprovalState.WAITING)

    def count_waiting(self) -> int:
        """How many questions still need a person's yes or no."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.count(ApprovalState.WAITING)

    def _decide(self, approval_id: ApprovalId, answer: ApprovalState) -> Approval:
        self.actor.require(Scope.CAMPAIGNS_APPROVE)
        if self.actor.agent is not None:
            raise NotPermitted("Only a person approves; an agent may ask.")
        waiting = ApprovalState.WAITING
        now = self.clock()
        moved = self.store.save_state(approval_id, waiting, answer, self.actor.name, now)
        decided = self.store.get(approval_id)
        if decided.state is not answer:
            raise Conflict(f"The approval {approval_id} is {decided.state.value} already.")
        return self._noted(answer.value, decided) if moved else decided

    def _noted(self, what: str, approval: Approval) -> Approval:
        """In the trail of its subject."""
        detail = {"approval": approval.id, "effect": approval.effect}
        self.record(f"approval.{what}", approval.subject, detail)
        return approval
