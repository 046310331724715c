"""Import a contact file: a loop of bounded units over a stream, repeatable without doubling.

The file is parsed between the units, so an unsubscribe never waits for it. A run that is killed
left whole units behind; running it again counts those as unchanged and goes on.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from drumbeat.kit.delimited import BrokenRow, Row, read_sheet
from drumbeat.kit.spreadsheet import RejectedRows
from drumbeat.marketing.audience.columns import (
    NoAddressColumn,
    map_columns,
    meanings_of,
    proposed_meanings,
)
from drumbeat.marketing.audience.contact_rows import ContactReader, Unreadable, sample
from drumbeat.marketing.audience.file_head import Head, read_head
from drumbeat.marketing.audience.merging import SeenContacts
from drumbeat.marketing.audience.model import Consent, ContactRow, MergePolicy
from drumbeat.marketing.audience.service import AudienceService
from drumbeat.marketing.audience.units import UnitSize

BATCH_ROWS = 500  # what merges in about half of the 50 ms that a unit may take
BREATH_SECONDS = 0.002  # between units, so that whoever waits for the write lock gets it
SHOWN_PROBLEMS = 20
SHOWN_REASONS = 50
FIRST_ROWS = 3
OTHER_REASONS = "other reasons"


@dataclass(frozen=True)
class ImportOptions:
    """`consent` is "unconfirmed", "subscribed" or the name of a column that says it.

    `mapping` gives columns another meaning (header → field or attribute). `rejected_file` is where
    rejected rows go; a dry run writes neither contacts nor that file.
    """

    consent: str = "unconfirmed"
    dry_run: bool = False
    strict: bool = False
    policy: MergePolicy = MergePolicy.overwrite
    mapping: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    source_name: str = "file"
    rejected_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why `count` rows were rejected, and where the first of them stand."""

    reason: str
    count: int
    rows: tuple[int, ...]


class Unmapped(NoAddressColumn):
    """With what a person needs to say which column holds the addresses: samples, and a guess."""

    def __init__(self, error: NoAddressColumn, head: Head) -> None:
        self.guess = guess = head.address_column()
        hint = f" {guess!r} looks like it: map {guess}=email." if guess else ""
        super().__init__(f"{error}{hint}", error.header)
        self.samples = head.samples()
        self.meanings = proposed_meanings(error.header, guess)


@dataclass(frozen=True)
class ImportProgress:
    rows: int
    bytes_read: int
    bytes_total: int


@dataclass(frozen=True)
class ImportReport:
    """`rows` = added + updated + unchanged + rejected; `failed` is what --strict asked about.

    `meanings` says of every column, from left to right, what it is taken for, `samples` the first
    things in it; `numbers` how columns write theirs that do not write 1234.50. `reasons` are the
    commonest first, at most 50 different ones.
    """

    rows: int
    added: int
    updated: int
    unchanged: int
    rejected: int
    rejected_file: Path | None
    problems: tuple[Problem, ...]
    encoding: str
    delimiter: str
    columns: Mapping[str, str]
    attributes: tuple[str, ...]
    failed: bool
    meanings: tuple[tuple[str, str], ...] = ()
    samples: tuple[tuple[str, ...], ...] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()


def import_contacts(
    begin: Callable[[], AbstractContextManager[AudienceService]],
    source: BinaryIO,
    options: ImportOptions,
    progress: Callable[[ImportProgress], None] = lambda _: None,
    real: Callable[[], float] = time.perf_counter,
) -> ImportReport:
    """Merge every row of a seekable CSV file, unit by unit; `begin` opens one.

    `real` measures how long each one takes, so that the next is not larger than it should be.

    Raises InvalidInput, having written nothing, when the file or its header cannot be read;
    Unmapped when no column is known to hold addresses.
    """
    head = read_head(read_sheet(source, encoding=options.encoding))
    reader = _reader(head, options)
    run = _Run(head, options, _size(source))
    try:
        for batch in run.batches(reader):
            with begin() as audience:
                began = real()
                if not options.dry_run and run.begins():
                    audience.note_import("began", options.source_name, {})
                counts = audience.merge_contacts(
                    [contact for _, contact in batch],
                    options.policy,
                    seen=run.seen,
                    dry_run=options.dry_run,
                )
            run.size.learn(len(batch), real() - began)
            for refusal in counts.refused:
                run.reject(batch[refusal.index][0], refusal.reason)
            run.added += counts.added
            run.updated += counts.updated
            run.unchanged += counts.unchanged
            progress(ImportProgress(run.rows, source.tell(), run.bytes_total))
            time.sleep(BREATH_SECONDS)
    except BaseException:
        run.rejects.discard()
        raise
    if not options.dry_run:
        with begin() as audience:
            audience.note_import("ended", options.source_name, run.counts())
    return run.report(reader)


def _reader(head: Head, options: ImportOptions) -> ContactReader:
    header = head.sheet.header
    flat = {each.name: each for each in (Consent.unconfirmed, Consent.subscribed)}
    column = None if options.consent in flat else options.consent
    try:
        columns = map_columns(header, mapping=options.mapping, consent_column=column)
    except NoAddressColumn as error:
        raise Unmapped(error, head) from None
    columns = replace(columns, numbers=head.numbers(columns))
    consent = flat.get(options.consent, Consent.unconfirmed)
    return ContactReader(header, columns, consent, f"import:{options.source_name}")


def _size(source: BinaryIO) -> int:
    here = source.tell()
    size = source.seek(0, 2)
    source.seek(here)
    return size


@dataclass
class _Run:
    """The counters of one import and where its rejected rows go."""

    head: Head
    options: ImportOptions
    bytes_total: int
    rows: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    size: UnitSize = field(default_factory=lambda: UnitSize(BATCH_ROWS))
    seen: SeenContacts = field(default_factory=SeenContacts)
    problems: list[Problem] = field(default_factory=list)
    reasons: dict[str, list[int]] = field(default_factory=dict)
    reason_counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.sheet = self.head.sheet
        path = self.options.rejected_file
        self.rejects = RejectedRows(path or Path("unused"), header=self.sheet.header)

    def batches(self, reader: ContactReader) -> Iterator[list[tuple[Row, ContactRow]]]:
        batch: list[tuple[Row, ContactRow]] = []
        for row in self.sheet.rows:
            self.rows += 1
            found = row.reason if isinstance(row, BrokenRow) else reader.read(row)
            if isinstance(found, str | Unreadable):
                self.reject(row, str(found))
                continue
            assert isinstance(row, Row)
            batch.append((row, found))
            if len(batch) >= self.size.rows:
                yield batch
                batch = []
        yield batch

    def begins(self) -> bool:
        """Whether nothing of this run was written yet."""
        return self.added + self.updated + self.unchanged == 0

    def counts(self) -> Mapping[str, int]:
        names = ("rows", "added", "updated", "unchanged", "rejected")
        return {name: getattr(self, name) for name in names}

    def reject(self, row: Row | BrokenRow, reason: str) -> None:
        self.rejected += 1
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

    def report(self, reader: ContactReader) -> ImportReport:
        keeps = self.options.rejected_file is not None and not self.options.dry_run
        return ImportReport(
            rows=self.rows,
            added=self.added,
            updated=self.updated,
            unchanged=self.unchanged,
            rejected=self.rejected,
            rejected_file=self.rejects.close() if keeps else None,
            problems=tuple(self.problems),
            encoding=self.sheet.encoding,
            delimiter=self.sheet.delimiter,
            columns=sample(reader.columns, self.sheet.header),
            attributes=tuple(key for _, key, _ in reader.columns.attributes),
            failed=self.options.strict and self.rejected > 0,
            meanings=meanings_of(reader.columns, self.sheet.header),
            samples=self.head.samples(),
            numbers={
                self.sheet.header[at]: style.value for at, style in reader.columns.numbers.items()
            },
            reasons=tuple(
                Reason(reason, count, tuple(self.reasons[reason]))
                for reason, count in self.reason_counts.most_common()
            ),
        )
