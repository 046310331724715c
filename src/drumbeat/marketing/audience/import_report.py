"""What an import is asked for, how far it is, and what it answers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from drumbeat.marketing.audience.columns import NoAddressColumn, proposed_meanings
from drumbeat.marketing.audience.file_head import Head
from drumbeat.marketing.audience.model import MergePolicy

SHOWN_NOTES = 20
COUNTED_NOTES = 50
OTHER_NOTES = "something else that could not be taken"


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


@dataclass
class Notes:
    """What could not be taken of rows that were: the first of them, and how often each was said."""

    rows: int = 0
    first: list[Problem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, row: int, said: Sequence[str]) -> None:
        self.rows += 1
        for note in said:
            if len(self.first) < SHOWN_NOTES:
                self.first.append(Problem(row, note))
            known = note in self.counts or len(self.counts) < COUNTED_NOTES
            self.counts[note if known else OTHER_NOTES] += 1


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
    """`interrupted_at`: the row at which the last import of the same file was cut off, or 0."""

    rows: int
    bytes_read: int
    bytes_total: int
    interrupted_at: int = 0


@dataclass(frozen=True)
class ImportReport:
    """`rows` = added + updated + unchanged + rejected; `failed` is what --strict asked about.

    `meanings` says of every column, from left to right, what it is taken for, `samples` the first
    things in it; `numbers` how columns write theirs that do not write 1234.50. `reasons` are the
    commonest first, at most 50 different ones. `interrupted_at` is the row at which the last import
    of the same file was cut off: what it had written counts as unchanged. `noted` rows were taken,
    but for what `notes` says of the first of them; `note_counts` has how often each was said.
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
    interrupted_at: int = 0
    noted: int = 0
    notes: tuple[Problem, ...] = ()
    note_counts: Mapping[str, int] = field(default_factory=dict)
