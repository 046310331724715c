"""Whose event it is and which mailing it belongs to: what a file or a shop tells, made into facts.

An event of nobody we know is rejected with its reason. A campaign we do not know is kept as a
property: it happened elsewhere, and still says something about the person.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from string import ascii_uppercase
from typing import BinaryIO

from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.signing import Recipient
from drumbeat.kit.spreadsheet import RejectedRows
from drumbeat.marketing.campaigns.model import Campaign
from drumbeat.marketing.campaigns.ports import Unit
from drumbeat.marketing.delivery import parse_message_id
from drumbeat.marketing.events import (
    ContentIds,
    EventRow,
    RejectedRow,
    Told,
    problem_of,
    read_event_file,
    take,
)

BATCH_ROWS = 2_000
BREATH_SECONDS = 0.002  # between units, so that whoever waits for the write lock gets it
SHOWN_PROBLEMS = 20
FUTURE = "occurred_at: lies in the future"
_REMEMBERED = 100_000  # addresses, about 20 MB
_AHEAD = timedelta(days=1)  # clocks of shops differ; a day is no mistake of theirs

OpenUnit = Callable[[], AbstractContextManager[Unit]]


@dataclass(frozen=True)
class EventImportOptions:
    """`rejected_file` is where rejected rows go; a dry run records nothing."""

    dry_run: bool = False
    source: str = "import:file"
    rejected_file: Path | None = None


@dataclass
class EventImportReport:
    """`rows` = added + repeated + rejected; `problems` are the first rejected rows."""

    rows: int = 0
    added: int = 0
    repeated: int = 0
    rejected: int = 0
    rejected_file: Path | None = None
    problems: list[RejectedRow] = field(default_factory=list)


def import_events(
    look: OpenUnit,
    begin: OpenUnit,
    source: BinaryIO,
    options: EventImportOptions,
    progress: Callable[[int, int, int], None] = lambda rows, done, total: None,
) -> EventImportReport:
    """Record every row of a seekable CSV or Parquet file, unit by unit; repeating adds nothing.

    `progress` hears (rows, bytes read, bytes in all). Raises InvalidInput, having recorded
    nothing, when the file or its header cannot be read.
    """
    size = source.seek(0, 2)
    file = read_event_file(source)
    report = EventImportReport()
    intake = _Intake(look, begin, options, report)
    rejects = RejectedRows(options.rejected_file or Path("unused"), header=file.header)
    keeps = options.rejected_file is not None and not options.dry_run
    try:
        for batch in _batches(file.rows):
            report.rows += len(batch)
            for row in intake.record(batch):
                _reject(row, report, rejects if keeps else None)
            progress(report.rows, source.tell(), size)
            time.sleep(BREATH_SECONDS)
    except BaseException:
        rejects.discard()
        raise
    report.rejected_file = rejects.close() if keeps else None
    return report


def record_events(
    look: OpenUnit, begin: OpenUnit, rows: Sequence[EventRow], source: str
) -> EventImportReport:
    """Record what a program reports; each row counts once, by its event_id."""
    report = EventImportReport(rows=len(rows))
    intake = _Intake(look, begin, EventImportOptions(source=source), report)
    for start in range(0, len(rows), BATCH_ROWS):
        if start:
            time.sleep(BREATH_SECONDS)
        batch = rows[start : start + BATCH_ROWS]
        for row in intake.record(batch):
            _reject(row, report, None)
    return report


def _batches(
    rows: Iterator[EventRow | RejectedRow],
) -> Iterator[list[EventRow | RejectedRow]]:
    batch: list[EventRow | RejectedRow] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


@dataclass
class _People:
    """Whose addresses one file names: a number is asked for once, then only whether it still is
    somebody's, since people are erased and merged while a long file is read."""

    _known: dict[str, ContactNo] = field(default_factory=dict)

    def among(self, unit: Unit, emails: set[str]) -> Mapping[str, ContactNo]:
        """Those of at most 2,000 addresses that are somebody's."""
        known = {email: self._known[email] for email in emails & self._known.keys()}
        numbers = set(known.values())
        there = unit.audience.still_there(list(numbers)) if numbers else numbers
        if len(there) < len(numbers):
            known = {email: number for email, number in known.items() if number in there}
        if asked := emails - known.keys():
            known |= unit.audience.contact_numbers(sorted(asked), as_told=True)
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        self._known |= known
        return known


@dataclass
class _Intake:
    """What the units of one file share."""

    look: OpenUnit
    begin: OpenUnit
    options: EventImportOptions
    report: EventImportReport
    ids: ContentIds = field(default_factory=ContentIds)
    people: _People = field(default_factory=_People)

    def record(self, batch: Sequence[EventRow | RejectedRow]) -> list[RejectedRow]:
        """One unit; answers the rows that it rejects."""
        rejected = [row for row in batch if isinstance(row, RejectedRow)]
        rows = [row for row in batch if isinstance(row, EventRow)]
        with self.look() as unit:
            told, unknown = _resolve(unit, rows, self.people)
            now = unit.office.clock()
        if self.options.dry_run:
            self.report.added += len(told)
        elif told:
            taken = take(told, self.options.source, self.ids, now)
            with self.begin() as unit:
                done = unit.events.record_told(taken)
            self.report.added += done.added
            self.report.repeated += done.repeated
        return [*rejected, *unknown]


def _resolve(
    unit: Unit, rows: Sequence[EventRow], people: _People
) -> tuple[list[Told], list[RejectedRow]]:
    by_email = people.among(unit, {row.email for row in rows if row.email})
    others = sorted({row.external_id for row in rows if row.external_id})
    by_external = unit.audience.contact_numbers_by_external_id(others)
    mailings = _Mailings(unit)
    latest = unit.office.clock() + _AHEAD
    told, unknown = [], []
    for row in rows:
        contact_no = by_email.get(row.email) or by_external.get(row.external_id)
        if contact_no is None or row.occurred_at > latest:
            reason = FUTURE if row.occurred_at > latest else _nobody(row)
            unknown.append(RejectedRow(row.number, row.cells, reason))
            continue
        event = _told(row, contact_no, mailings)
        if problem := problem_of(event):
            unknown.append(RejectedRow(row.number, row.cells, ": ".join(problem)))
        else:
            told.append(event)
    return told, unknown


def _told(row: EventRow, contact_no: ContactNo, mailings: "_Mailings") -> Told:
    mailing_no = mailings.of(row)
    link_no = mailings.link_no(mailing_no, row.url)
    properties = row.properties
    if mailing_no is None and row.campaign:
        properties = {**properties, "campaign": row.campaign}
    if row.url and link_no < 0:
        properties = {**properties, "url": row.url}
    return Told(
        row.kind,
        row.occurred_at,
        contact_no,
        mailing_no or MailingNo(0),
        _arm_no(row.variant) if mailing_no else -1,
        link_no,
        row.value_minor,
        row.currency,
        row.event_id,
        row.order_id,
        row.ip,
        row.user_agent,
        properties or None,
    )


class _Mailings:
    """Finds the mailing that a campaign's name or id, or a Message-ID, stands for."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._by_name: dict[str, MailingNo | None] | None = None
        self._links: dict[MailingNo, dict[str, int]] = {}

    def of(self, row: EventRow) -> MailingNo | None:
        if row.message_id:
            recipient: Recipient | None = parse_message_id(row.message_id, self._unit.office.keys)
            if recipient is not None:
                return recipient.mailing_no
        return self._named(row.campaign) if row.campaign else None

    def link_no(self, mailing_no: MailingNo | None, url: str) -> int:
        if mailing_no is None or not url:
            return -1
        if mailing_no not in self._links:
            targets = self._unit.delivery.links(mailing_no)
            self._links[mailing_no] = {target: no for no, target in enumerate(targets)}
        return self._links[mailing_no].get(url, -1)

    def _named(self, name: str) -> MailingNo | None:
        if self._by_name is None:
            self._by_name = {}
            for campaign in self._every_campaign():
                self._by_name[campaign.id] = campaign.plan.mailing_no
                self._by_name[campaign.brief.name] = campaign.plan.mailing_no
        return self._by_name.get(name)

    def _every_campaign(self) -> Iterator[Campaign]:
        page = self._unit.campaigns.list_(limit=500)
        while page:
            yield from page
            page = self._unit.campaigns.list_(limit=500, before=page[-1].id)


def _reject(row: RejectedRow, report: EventImportReport, rejects: RejectedRows | None) -> None:
    report.rejected += 1
    if len(report.problems) < SHOWN_PROBLEMS:
        report.problems.append(row)
    if rejects is not None:
        rejects.add(row.number, row.cells, row.reason)


def _nobody(row: EventRow) -> str:
    field = "email" if row.email else "external_id"
    return f"{field}: nobody in the audience has {(row.email or row.external_id)[:80]!r}"


def _arm_no(variant: str) -> int:
    """ "A" is arm 0; anything that is no single letter is no arm of ours."""
    return ascii_uppercase.find(variant.upper()) if len(variant) == 1 else -1
