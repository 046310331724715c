"""What each area does with new facts: one line an area, run once for every fact.

The engine calls `fold_facts` inside `begin(SYSTEM_FACTS)` until it answers 0. Every fold shares the
unit that moves the facts, so it happens exactly once or not at all.
"""

from collections.abc import Callable

from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.audience import SuppressionReason
from drumbeat.marketing.department import Department
from drumbeat.marketing.events import FoldedBatch, FoldedFact, Kind, Reason, Verdict

FACTS_A_UNIT = 2_000
_ENGAGED = (Kind.opened, Kind.clicked)
_PROOF = (
    Kind.delivered,
    Kind.bounced,
    Kind.opened,
    Kind.clicked,
    Kind.replied,
    Kind.forwarded,
    Kind.unsubscribed,
    Kind.complained,
)


def fold_facts(department: Department) -> int:
    """Fold the oldest facts and tell every area; answers how many, 0 when none are left."""
    batch = department.events.fold(FACTS_A_UNIT)
    if batch is None:
        return 0
    for tell in FOLDS:
        tell(department, batch)
    return len(batch.facts)


def count_hours(department: Department, batch: FoldedBatch) -> None:
    """People's opens and clicks by their local hour: what the next send time is chosen from."""
    engaged = [f for f in batch.facts if f.kind in _ENGAGED and f.verdict == Verdict.human]
    if engaged:
        people = sorted({ContactNo(fact.contact_no) for fact in engaged})
        department.timing.record_engagement(engaged, department.audience.zones_of(people))


def respect_refusals(department: Department, batch: FoldedBatch) -> None:
    """Nobody who left, complained or has no mailbox is mailed again, whoever reported it."""
    refused: dict[tuple[SuppressionReason, str], dict[ContactNo, int | None]] = {}
    for fact in batch.facts:
        if reason := _refusal(fact):
            people = refused.setdefault((reason, fact.source or "fact"), {})
            people[ContactNo(fact.contact_no)] = fact.mailing_no or None
    for (reason, source), people in refused.items():
        department.audience.refuse_all(people, reason, source=source)


def clear_up_uncertain(department: Department, batch: FoldedBatch) -> None:
    """Whatever came back from a message proves that it was sent, also by a machine."""
    seen = {
        (MailingNo(fact.mailing_no), ContactNo(fact.contact_no))
        for fact in batch.facts
        if fact.mailing_no and fact.kind in _PROOF
    }
    if seen:
        department.deciding.take_evidence(seen)


def _refusal(fact: FoldedFact) -> SuppressionReason | None:
    if fact.kind == Kind.unsubscribed:
        return SuppressionReason.unsubscribed
    if fact.kind == Kind.complained:
        return SuppressionReason.complained
    permanent = fact.kind == Kind.bounced and fact.reason == Reason.permanent_bounce
    return SuppressionReason.bounced if permanent else None


Fold = Callable[[Department, FoldedBatch], None]

FOLDS: tuple[Fold, ...] = (
    count_hours,
    respect_refusals,
    clear_up_uncertain,
)
