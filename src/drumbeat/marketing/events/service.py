"""Use cases of facts: record them once, fold them, archive them, let evidence expire."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock, epoch, from_epoch
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.events import rules, verdicts
from drumbeat.marketing.events.archive import (
    FAMILY_OF,
    Sealed,
    choose_small,
    compact,
    seal_batches,
)
from drumbeat.marketing.events.marks import marks_of, rejudged
from drumbeat.marketing.events.model import Fact, FoldedBatch, FoldedFact, Hit, Kind, Recorded
from drumbeat.marketing.events.rejudging import Material, Rejudged, judge_file
from drumbeat.marketing.events.rules import ContentIds
from drumbeat.marketing.events.store import EventStore, row_of, rows_of_hits
from drumbeat.marketing.events.store_neighbours import facts_of, mailings_of, neighbours_of
from drumbeat.marketing.events.taking import Taken
from drumbeat.storage.fact_marks import FactMarks, Mark
from drumbeat.storage.sealed_parquet import FactFile, SealedParquet
from drumbeat.storage.warehouse import Batch, FactReader, Warehouse


@dataclass(frozen=True)
class EventsService:
    actor: Actor
    store: EventStore
    warehouse: Warehouse
    marks: FactMarks
    facts: FactReader
    clock: Clock

    def record(self, facts: Sequence[Fact], *, ids: ContentIds | None = None) -> Recorded:
        """Record at most 2,000 facts; one whose (source, event_id) was seen before is `repeated`.

        Without `event_id` a fact is always added, unless `ids` is given or its source begins with
        "import": then its id is made of its content. An import passes one ContentIds per file.
        Raises InvalidInput naming the fact and field.
        """
        self.actor.require(Scope.EVENTS_WRITE)
        rules.check(facts)
        named = _named(facts, ids)
        keys = [rules.event_key(f.source, f.event_id) if f.event_id else None for f in named]
        fresh = [verdicts.judged(named[place]) for place in self._unseen(keys)]
        rows = [row_of(fact) for fact in fresh]
        self.store.add_rows(rows)
        self.store.add_evidence(fresh)
        self.marks.add(marks_of(rows))
        return Recorded(added=len(fresh), repeated=len(facts) - len(fresh))

    def record_told(self, taken: Taken) -> Recorded:
        """Record what `take` made of at most 2,000 events, as `record` would."""
        self.actor.require(Scope.EVENTS_WRITE)
        rules.check_number(len(taken))
        rows, evidence = taken.rows, taken.evidence
        fresh = self._unseen(taken.keys)
        if len(fresh) < len(rows):
            rows, evidence = [rows[at] for at in fresh], [evidence[at] for at in fresh]
        self.store.add_rows(rows)
        self.store.add_evidence_rows(row for row in evidence if row is not None)
        self.marks.add(marks_of(rows))
        return Recorded(added=len(rows), repeated=len(taken) - len(rows))

    def record_alike(self, fact: Fact, contact_nos: Sequence[ContactNo]) -> None:
        """Record the same fact about each of at most 2,000 contacts; the one it names is not meant.

        It has no `event_id` and nothing that is judged or kept as evidence: `sent` by the thousand.
        Raises InvalidInput as `record` does.
        """
        self.actor.require(Scope.EVENTS_WRITE)
        rules.check_alike(fact, contact_nos)
        self.store.add_alike(fact, contact_nos)
        self.marks.add(marks_of([FoldedFact(*row_of(fact))]))

    def record_hits(self, hits: Sequence[Hit]) -> Recorded:
        """Record requests for tracking addresses, each judged human, machine or unsure.

        The hottest path of the house: rows at once, without a Fact for each.
        """
        self.actor.require(Scope.EVENTS_WRITE)
        rows, evidence = rows_of_hits(hits)
        self.store.add_rows(rows)
        self.store.add_evidence_rows(evidence)
        self.marks.add(marks_of(rows))
        return Recorded(added=len(rows), repeated=0)

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

    def next_to_judge(self, since: datetime, done: Iterable[str]) -> FactFile | None:
        """A file of opens and clicks that reaches beyond `since` and is none of `done`."""
        self.actor.require(Scope.EVENTS_WRITE)
        judged, first_at = frozenset(done), epoch(since)
        files = (f for f in self.warehouse.list_files() if f.family == FAMILY_OF[Kind.clicked])
        wanted = (f for f in files if f.last_at >= first_at and f.name not in judged)
        return next(wanted, None)

    def read_to_judge(self, file: FactFile) -> Material:
        """In the same reading unit: what is kept of the file's requests, and their neighbours."""
        self.actor.require(Scope.EVENTS_WRITE)
        evidence = self.store.list_asked(file.first_at, file.last_at)
        return Material(file, evidence, neighbours_of(self.facts, file))

    def judge_file(self, material: Material) -> Rejudged:
        """Between two units: judge the file's opens and clicks by today's rules."""
        self.actor.require(Scope.EVENTS_WRITE)
        return judge_file(self.warehouse.files, material)

    def adopt_verdicts(self, rejudged: Rejudged) -> None:
        """In a writing unit: the file with the new verdicts counts instead of the old one.

        Figures of the mailings whose verdicts changed are counted anew. Raises Conflict if somebody
        else was faster.
        """
        self.actor.require(Scope.EVENTS_WRITE)
        if rejudged.sealed is not None:
            [file] = rejudged.sealed.files
            self.warehouse.replace(file, [rejudged.old.name], epoch(self.clock()))
            self.marks.add(rejudged.sealed.changed)

    def sweep(self) -> int:
        """Remove files nobody names and evidence older than its retention; answers how many."""
        self.actor.require(Scope.FACTS_FOLD)
        now = self.clock()
        expired = self.store.remove_evidence(epoch(now - timedelta(days=rules.EVIDENCE_DAYS)))
        return self.warehouse.sweep(epoch(now)) + expired

    def facts_of(self, contact_no: ContactNo) -> list[dict[str, object]]:
        """Every fact about one contact, the oldest first."""
        self.actor.require(Scope.EVENTS_READ)
        self.actor.require(Scope.AUDIENCE_READ)
        return facts_of(self.facts, contact_no)

    def mailings_of(self, contact_nos: Sequence[ContactNo]) -> list[int]:
        """In a reading unit: which mailings' figures what these people did has a part in."""
        self.actor.require(Scope.AUDIENCE_WRITE)
        return mailings_of(self.facts, contact_nos)

    def note_merged(self, mailing_nos: Sequence[int]) -> None:
        """In the unit that merges two people: these mailings are counted anew."""
        self.actor.require(Scope.AUDIENCE_WRITE)
        self.marks.add({Mark(number) for number in mailing_nos})

    def list_to_unname(self) -> tuple[list[Batch], list[FactFile], SealedParquet]:
        """In a reading unit: where facts of somebody who was erased may still lie."""
        self._require_unnaming()
        warehouse = self.warehouse
        return warehouse.list_batches(), warehouse.list_files(), warehouse.files

    def swap_batch(self, batch: Batch, rows: bytes) -> None:
        """In a writing unit: the rows that name nobody count instead. Raises Conflict."""
        self._require_unnaming()
        self.warehouse.replace_batch(batch.batch_no, rows)

    def swap_file(self, old: FactFile, new: FactFile) -> None:
        """The same for a sealed file."""
        self._require_unnaming()
        self.warehouse.replace(new, [old.name], epoch(self.clock()))

    def _require_unnaming(self) -> None:
        if Scope.FACTS_FOLD not in self.actor.scopes:
            self.actor.require(Scope.AUDIENCE_WRITE)

    def forget_evidence(self, contact_no: ContactNo) -> int:
        """Erase which address and program one contact used; the facts stay, as numbers."""
        self.actor.require(Scope.AUDIENCE_WRITE)
        return self.store.remove_evidence_of(contact_no)

    def _unseen(self, keys: Sequence[bytes | None]) -> list[int]:
        """Places without a key, and the first of each key that was never seen, in their order."""
        new = self.store.add_seen(key for key in keys if key)
        fresh = []
        for place, key in enumerate(keys):
            if not key or key in new:
                fresh.append(place)
                new.discard(key or b"")
        return fresh

    def _neighbours(self, facts: Sequence[FoldedFact]) -> list[FoldedFact]:
        """Who acted now: their sends and clicks of the batch before. A burst may span two."""
        from drumbeat.storage.fact_tables import from_ipc, rows_of

        acting = {fact.contact_no for fact in facts if fact.kind in (Kind.opened, Kind.clicked)}
        last = self.warehouse.find_last_batch() if acting else None
        if last is None:
            return []
        rows = (FoldedFact(*row) for row in rows_of(from_ipc(last.rows)))
        return [row for row in rows if row.contact_no in acting]


def _named(facts: Sequence[Fact], ids: ContentIds | None) -> list[Fact]:
    if ids is not None:
        return ids.give(facts)
    own = ContentIds()
    return [own.give([f])[0] if f.source.startswith("import") else f for f in facts]
