"""Use cases of facts: record them once, fold them, archive them, let evidence expire."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock, epoch, from_epoch
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.events import rules, verdicts
from drumbeat.marketing.events.archive import Sealed, choose_small, compact, seal_batches
from drumbeat.marketing.events.marks import marks_of, rejudged
from drumbeat.marketing.events.model import Fact, FoldedBatch, FoldedFact, Hit, Kind, Recorded
from drumbeat.marketing.events.rules import ContentIds
from drumbeat.marketing.events.store import EventStore, row_of
from drumbeat.storage.fact_marks import FactMarks
from drumbeat.storage.sealed_parquet import FactFile
from drumbeat.storage.warehouse import Batch, Warehouse


@dataclass(frozen=True)
class EventsService:
    actor: Actor
    store: EventStore
    warehouse: Warehouse
    marks: FactMarks
    clock: Clock

    def record(self, facts: Sequence[Fact], *, ids: ContentIds | None = None) -> Recorded:
        """Record at most 2,000 facts; one whose (source, event_id) was seen before is `repeated`.

        Without `event_id` a fact is always added, unless `ids` is given or its source begins with
        "import": then its id is made of its content. An import passes one ContentIds per file.
        Raises InvalidInput naming the fact and field.
        """
        self.actor.require(Scope.EVENTS_WRITE)
        rules.check(facts)
        fresh = [verdicts.judged(fact) for fact in self._unseen(_named(facts, ids))]
        self.store.add(fresh)
        self.store.add_evidence(fresh)
        self.marks.add(marks_of(FoldedFact(*row_of(fact)) for fact in fresh))
        return Recorded(added=len(fresh), repeated=len(facts) - len(fresh))

    def record_hits(self, hits: Sequence[Hit]) -> Recorded:
        """Record requests for tracking addresses, each judged human, machine or unsure."""
        return self.record([verdicts.fact_of_hit(hit) for hit in hits])

    def anything_to_fold(self) -> bool:
        """Whether an event waits to be folded; it spares an idle engine the write lock."""
        self.actor.require(Scope.FACTS_FOLD)
        return self.store.any()

    def fold(self, limit: int = rules.MAX_FACTS) -> FoldedBatch | None:
        """Move the oldest facts into one numbered batch; None when there are none.

        Whoever calls this tells the other areas in the same unit (`marketing/folds.py`).
        """
        from drumbeat.storage.fact_tables import table_of, to_ipc

        self.actor.require(Scope.FACTS_FOLD)
        taken = self.store.take(min(limit, rules.MAX_FACTS))
        if not taken:
            return None
        facts = verdicts.judge_neighbours(taken, self._neighbours(taken))
        now = epoch(self.clock())
        batch_no = self.warehouse.add_batch(to_ipc(table_of(facts)), len(facts), now)
        self.marks.add(rejudged(taken, facts))
        self.marks.gather(marks_of(taken))
        return FoldedBatch(batch_no, facts)

    def provisional(self) -> bool:
        """Whether some fact is not in a sealed file yet, so that its verdict may still change."""
        self.actor.require(Scope.EVENTS_READ)
        return self.store.any() or self.warehouse.waiting()[0] > 0

    def count_waiting(self, most: int) -> int:
        """Facts that are not folded yet, counted up to `most`: a backlog must stay cheap to ask."""
        self.actor.require(Scope.EVENTS_READ)
        return self.store.count_some(most)

    def archive_due(self) -> bool:
        """Whether enough batches wait, or one waits long enough, to be made into files."""
        self.actor.require(Scope.FACTS_FOLD)
        batches, oldest = self.warehouse.waiting()
        oldest_at = None if oldest is None else from_epoch(oldest)
        return rules.archive_due(batches, oldest_at, self.clock())

    def read_batches(self, limit: int = 200) -> Sequence[Batch]:
        """First step of archiving, in a reading unit: the oldest batches."""
        self.actor.require(Scope.FACTS_FOLD)
        return self.warehouse.list_batches(limit)

    def seal(self, batches: Sequence[Batch]) -> Sealed:
        """Second step, between two units (it reads and writes no table): write the files."""
        self.actor.require(Scope.FACTS_FOLD)
        return seal_batches(self.warehouse.files, batches) if batches else Sealed((), frozenset())

    def adopt(self, sealed: Sealed, batches: Sequence[Batch]) -> None:
        """Third step, in a writing unit: the files count and the batches are gone.

        Raises Conflict if somebody else was faster; what was sealed is swept later.
        """
        self.actor.require(Scope.FACTS_FOLD)
        numbers = [batch.batch_no for batch in batches]
        self.warehouse.adopt(sealed.files, numbers, epoch(self.clock()))
        self.marks.add(sealed.changed)

    def small_files(self) -> Sequence[FactFile]:
        """Files of one family and month that are worth making into one; empty if none are."""
        self.actor.require(Scope.FACTS_FOLD)
        return choose_small(self.warehouse.list_files())

    def compact(self, old: Sequence[FactFile]) -> Sealed:
        """Between two units: write one file with the rows of the small ones."""
        self.actor.require(Scope.FACTS_FOLD)
        return compact(self.warehouse.files, old)

    def replace(self, sealed: Sealed, old: Sequence[FactFile]) -> None:
        """In a writing unit: the compacted file counts instead of the small ones."""
        self.actor.require(Scope.FACTS_FOLD)
        [file] = sealed.files
        self.warehouse.replace(file, [each.name for each in old], epoch(self.clock()))
        self.marks.add(sealed.changed)

    def sweep(self) -> int:
        """Remove files nobody names and evidence older than its retention; answers how many."""
        self.actor.require(Scope.FACTS_FOLD)
        now = self.clock()
        expired = self.store.remove_evidence(epoch(now - timedelta(days=rules.EVIDENCE_DAYS)))
        return self.warehouse.sweep(epoch(now)) + expired

    def forget_evidence(self, contact_no: ContactNo) -> int:
        """Erase which address and program one contact used; the facts stay, as numbers."""
        self.actor.require(Scope.AUDIENCE_WRITE)
        return self.store.remove_evidence_of(contact_no)

    def _unseen(self, facts: Sequence[Fact]) -> list[Fact]:
        """Facts without an id, and the first of each id that was never seen, in their order."""
        keys = [f.event_id and rules.event_key(f.source, f.event_id) for f in facts]
        new = self.store.add_seen(key for key in keys if key)
        fresh = []
        for fact, key in zip(facts, keys, strict=True):
            if not key or key in new:
                fresh.append(fact)
                new.discard(key or b"")
        return fresh

    def _neighbours(self, facts: Sequence[FoldedFact]) -> list[FoldedFact]:
        """Who clicked now: their sends and clicks of the batch before. A burst may span two."""
        from drumbeat.storage.fact_tables import from_ipc, rows_of

        clickers = {fact.contact_no for fact in facts if fact.kind == Kind.clicked}
        last = self.warehouse.find_last_batch() if clickers else None
        if last is None:
            return []
        rows = (FoldedFact(*row) for row in rows_of(from_ipc(last.rows)))
        return [row for row in rows if row.contact_no in clickers]


def _named(facts: Sequence[Fact], ids: ContentIds | None) -> list[Fact]:
    if ids is not None:
        return ids.give(facts)
    own = ContentIds()
    return [own.give([f])[0] if f.source.startswith("import") else f for f in facts]
