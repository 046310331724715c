"""One run of an import: which rows make the next unit, and what became of all of them.

Units are as large as this machine writes in their time. What is parsed, keyed and sorted is so
between two of them.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Protocol

from drumbeat.kit.delimited import BrokenRow, Row
from drumbeat.kit.spreadsheet import RejectedRows
from drumbeat.marketing.audience.blocks import Careful, blocks
from drumbeat.marketing.audience.bulk_merging import Keyed, MetKeys, NewContacts
from drumbeat.marketing.audience.bulk_reading import Block, read_block
from drumbeat.marketing.audience.columns import meanings_of
from drumbeat.marketing.audience.contact_rows import ContactReader, Unreadable, sample
from drumbeat.marketing.audience.file_head import Head
from drumbeat.marketing.audience.import_report import (
    ImportOptions,
    ImportProgress,
    ImportReport,
    Notes,
    Problem,
    Reason,
)
from drumbeat.marketing.audience.importing import ImportsService, key_contacts
from drumbeat.marketing.audience.merging import SeenContacts
from drumbeat.marketing.audience.model import ContactRow, MergeCounts
from drumbeat.marketing.audience.service import AudienceService
from drumbeat.marketing.audience.units import UnitSize

BATCH_ROWS = 500  # what merges in about half of the 50 ms that a unit may take
BULK_ROWS = 2_000
BREATH_SECONDS = 0.002  # between units, so that whoever waits for the write lock gets it
SHOWN_PROBLEMS = 20
SHOWN_REASONS = 50
FIRST_ROWS = 3
OTHER_REASONS = "other reasons"

Found = tuple[Row, ContactRow]


class ImportUnit(Protocol):
    @property
    def audience(self) -> AudienceService: ...

    @property
    def imports(self) -> ImportsService: ...


@dataclass
class Run:
    """The counters of one import, its way to the database, and where its rejected rows go."""

    head: Head
    options: ImportOptions
    bytes_total: int
    source: BinaryIO
    open_unit: Callable[[], AbstractContextManager[ImportUnit]]
    progress: Callable[[ImportProgress], None]
    real: Callable[[], float]
    rows: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    run_no: int = 0
    interrupted_at: int = 0
    size: UnitSize = field(default_factory=lambda: UnitSize(BATCH_ROWS))
    bulk_size: UnitSize = field(default_factory=lambda: UnitSize(BULK_ROWS))
    seen: SeenContacts = field(default_factory=SeenContacts)
    problems: list[Problem] = field(default_factory=list)
    reasons: dict[str, list[int]] = field(default_factory=dict)
    reason_counts: Counter[str] = field(default_factory=Counter)
    notes: Notes = field(default_factory=Notes)

    def __post_init__(self) -> None:
        self.sheet = self.head.sheet
        path = self.options.rejected_file
        self.rejects = RejectedRows(path or Path("unused"), header=self.sheet.header)
        self._file_key = b"" if self.options.dry_run else _digest(self.source)
        self._hopeful = True  # while only new people come, nobody is looked up first
        self._waiting: list[tuple[Row | BrokenRow, str]] = []

    # -- row by row -----------------------------------------------------------------------------

    def merge_rows(
        self, rows: Iterable[Row | BrokenRow], reader: ContactReader, end: int | None = None
    ) -> None:
        """Read and merge rows one by one, in the order of the file."""
        for batch in self._batches(rows, reader):
            self._merge(batch, end)
            self._tell_rejects()

    def _batches(
        self, rows: Iterable[Row | BrokenRow], reader: ContactReader
    ) -> Iterator[list[Found]]:
        batch: list[Found] = []
        for row in rows:
            self.rows += 1
            if (found := self._read(row, reader)) is not None:
                batch.append(found)
            if len(batch) >= self.size.rows:
                yield batch
                batch = []
        yield batch

    def _read(self, row: Row | BrokenRow, reader: ContactReader) -> Found | None:
        """What a row says; one that cannot be read is rejected."""
        found = row.reason if isinstance(row, BrokenRow) else reader.read(row)
        if isinstance(found, str | Unreadable):
            self.reject(row, str(found))
            return None
        assert isinstance(row, Row)
        if found.notes:
            self.notes.add(row.number, found.notes)
        return row, found

    def _merge(self, batch: Sequence[Found], end: int | None) -> None:
        with self.open_unit() as unit:
            began = self.real()
            self._begin(unit)
            counts = unit.audience.merge_contacts(
                [contact for _, contact in batch],
                self.options.policy,
                seen=self.seen,
                dry_run=self.options.dry_run,
            )
            self._note(unit, self.rows)
        self.size.learn(len(batch), self.real() - began)
        self._count(counts)
        for refusal in counts.refused:
            self.reject(batch[refusal.index][0], refusal.reason)
        self._tell(self.rows, self.source.tell() if end is None else end)

    # -- column by column -----------------------------------------------------------------------

    def merge_blocks(self, reader: ContactReader) -> None:
        """Read the file in blocks; what is ordinary in them is merged in order of key."""
        with self.open_unit() as unit:
            keys, rows = unit.imports.keys, unit.imports.rows
            self._begin(unit)
        before, met = 0, MetKeys()
        for part in blocks(self.source, self.sheet):
            if isinstance(part, Careful):
                self.merge_rows(part.rows, reader, part.end)
                before = before if part.end is None else part.end
                continue
            block = read_block(part, reader)
            keyed = key_contacts(block.ordinary, keys, met)
            if not self.options.dry_run:
                keyed = replace(keyed, contacts=rows.ready(keyed.contacts))
            self._merge_block(block, keyed, reader, before)
            before = part.end

    def _merge_block(self, block: Block, keyed: Keyed, reader: ContactReader, before: int) -> None:
        read = [self._read(row, reader) for row in self._filled(block)]
        others = [found for found in read if found is not None]
        self.rows += len(read)
        done, end = self.rows, block.plain.end
        rest: list[int] = [*keyed.later]
        self.unchanged += keyed.idle
        for start, contacts in self._units(keyed):
            done += len(contacts)
            fresh = start < keyed.fresh
            rest += [keyed.rows[start + at] for at in self._add(contacts, done, fresh)]
            share = (done - self.rows) / len(block.ordinary)
            self._tell(done, before + int((end - before) * share))
        self.rows += len(block.ordinary)
        for at in rest:
            found = self._read(block.row(at), reader)
            assert found is not None, "an ordinary row is readable"
            others.append(found)
        others.sort(key=lambda each: each[0].number)
        while others:
            batch, others = others[: self.size.rows], others[self.size.rows :]
            self._merge(batch, end)
        self._tell_rejects()

    def _filled(self, block: Block) -> Iterator[Row]:
        """The rows that are not ordinary, but for empty ones: nobody would miss those."""
        rows = (block.row(at) for at in block.others)
        return (row for row in rows if any(row.cells))

    def _units(self, keyed: Keyed) -> Iterator[tuple[int, NewContacts]]:
        """No unit has both people of whom the file spoke before and such as are new to it."""
        at = 0
        for border in (keyed.fresh, len(keyed.contacts)):
            while at < border:
                end = min(at + self.bulk_size.rows, border)
                yield at, keyed.contacts.part(at, end)
                at = end

    def _add(self, contacts: NewContacts, done: int, fresh: bool) -> Sequence[int]:
        """Answers which are left to `merge_contacts`; with them `done` rows of the file are in."""
        hopeful = fresh and self._hopeful
        dry_run, source = self.options.dry_run, f"import:{self.options.source_name}"
        with self.open_unit() as unit:
            began = self.real()
            self._begin(unit)
            counts = unit.imports.add_ordinary(
                contacts, self.seen, source=source, dry_run=dry_run, hopeful=hopeful
            )
            self._note(unit, done)
        if fresh:
            self._hopeful = 2 * counts.added > len(contacts)
        self.bulk_size.learn(len(contacts), self.real() - began)
        self.added += counts.added
        self.unchanged += counts.unchanged
        return counts.rest

    # -- what is noted --------------------------------------------------------------------------

    def _begin(self, unit: ImportUnit) -> None:
        """In the first unit that writes: that it began, and whether it goes on from another."""
        if self.options.dry_run or self.run_no:
            return
        unit.audience.note_import("began", self.options.source_name, {})
        begun = unit.imports.begin_import(self._file_key, self.options.source_name)
        self.run_no, self.interrupted_at = begun

    def _note(self, unit: ImportUnit, rows: int) -> None:
        if not self.options.dry_run:
            unit.imports.note_progress(self.run_no, rows)

    def _tell(self, rows: int, bytes_read: int) -> None:
        self.progress(ImportProgress(rows, bytes_read, self.bytes_total, self.interrupted_at))
        time.sleep(BREATH_SECONDS)

    def _count(self, counts: MergeCounts) -> None:
        self.added += counts.added
        self.updated += counts.updated
        self.unchanged += counts.unchanged

    def counts(self) -> Mapping[str, int]:
        names = ("rows", "added", "updated", "unchanged", "rejected")
        return {name: getattr(self, name) for name in names}

    def reject(self, row: Row | BrokenRow, reason: str) -> None:
        self.rejected += 1
        self._waiting.append((row, reason))

    def _tell_rejects(self) -> None:
        """Those of one unit or block, in the order of the file."""
        for row, reason in sorted(self._waiting, key=lambda each: each[0].number):
            if len(self.problems) < SHOWN_PROBLEMS:
                self.problems.append(Problem(row.number, reason))
            known = reason in self.reasons or len(self.reasons) < SHOWN_REASONS
            named = reason if known else OTHER_REASONS
            self.reason_counts[named] += 1
            first = self.reasons.setdefault(named, [])
            if len(first) < FIRST_ROWS:
                first.append(row.number)
            if self.options.rejected_file is not None and not self.options.dry_run:
                self.rejects.add(row.number, row.cells, reason)
        self._waiting.clear()

    def report(self, reader: ContactReader) -> ImportReport:
        keeps = self.options.rejected_file is not None and not self.options.dry_run
        header, columns = self.sheet.header, reader.columns
        return ImportReport(
            **self.counts(),
            rejected_file=self.rejects.close() if keeps else None,
            problems=tuple(self.problems),
            encoding=self.sheet.encoding,
            delimiter=self.sheet.delimiter,
            columns=sample(columns, header),
            attributes=tuple(key for _, key, _ in columns.attributes),
            failed=self.options.strict and self.rejected > 0,
            meanings=meanings_of(columns, header),
            samples=self.head.samples(),
            numbers={header[at]: style.value for at, style in columns.numbers.items()},
            reasons=tuple(
                Reason(reason, count, tuple(self.reasons[reason]))
                for reason, count in self.reason_counts.most_common()
            ),
            interrupted_at=self.interrupted_at,
            noted=self.notes.rows,
            notes=tuple(self.notes.first),
            note_counts=dict(self.notes.counts.most_common()),
        )


def _digest(source: BinaryIO) -> bytes:
    """What is the same for two files that say the same, to the byte."""
    here = source.tell()
    source.seek(0)
    found = hashlib.blake2b(digest_size=32)
    while piece := source.read(1 << 20):
        found.update(piece)
    source.seek(here)
    return found.digest()
