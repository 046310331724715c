"""Whose event it is and which mailing it belongs to: what a file or a shop tells, made into facts.

An event of nobody we know is rejected with its reason. A campaign we do not know is kept as a
property: it happened elsewhere, and still says something about the person.
"""

import time
from collections.abc import Callable, Iterator, Sequence
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
    Fact,
    RejectedRow,
    problem_of,
    read_event_file,
)

BATCH_ROWS = 2_000
BREATH_SECONDS = 0.002  # between units, so that whoever waits for the write lock gets it
SHOWN_PROBLEMS = 20
FUTURE = "occurred_at: lies in the future"
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
    report, ids = EventImportReport(), ContentIds()
    rejects = RejectedRows(options.rejected_file or Path("unused"), header=file.header)
    keeps = options.rejected_file is not None and not options.dry_run
    try:
        for batch in _batches(file.rows):
            report.rows += len(batch)
            rejected = _record(look, begin, batch, options, ids, report)
            for row in rejected:
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
    report, ids = EventImportReport(rows=len(rows)), ContentIds()
    options = EventImportOptions(source=source)
    for start in range(0, len(rows), BATCH_ROWS):
        if start:
            time.sleep(BREATH_SECONDS)
        batch = rows[start : start + BATCH_ROWS]
        for row in _record(look, begin, batch, options, ids, report):
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


def _record(
    look: OpenUnit,
    begin: OpenUnit,
    batch: Sequence[EventRow | RejectedRow],
    options: EventImportOptions,
    ids: ContentIds,
    report: EventImportReport,
) -> list[RejectedRow]:
    rejected = [row for row in batch if isinstance(row, RejectedRow)]
    told = [row for row in batch if isinstance(row, EventRow)]
    with look() as unit:
        facts, unknown = _resolve(unit, told, options.source)
    if options.dry_run:
        report.added += len(facts)
    elif facts:
        with begin() as unit:
            done = unit.events.record(facts, ids=ids)
        report.added += done.added
        report.repeated += done.repeated
    return [*rejected, *unknown]


def _resolve(
    unit: Unit, rows: Sequence[EventRow], source: str
) -> tuple[list[Fact], list[RejectedRow]]:
    emails = sorted({row.email for row in rows if row.email})
    by_email = unit.audience.contact_numbers(emails, as_told=True)
    others = sorted({row.external_id for row in rows if row.external_id})
    by_external = unit.audience.contact_numbers_by_external_id(others)
    campaigns = _Mailings(unit)
    latest = unit.office.clock() + _AHEAD
    facts, unknown = [], []
    for row in rows:
        contact_no = by_email.get(row.email) or by_external.get(row.external_id)
        reason = None if contact_no else _nobody(row)
        if row.occurred_at > latest:
            reason = FUTURE
        if reason is not None or contact_no is None:
            unknown.append(RejectedRow(row.number, row.cells, reason or _nobody(row)))
            continue
        fact = _fact(row, contact_no, campaigns, source)
        if problem := problem_of(fact):
            unknown.append(RejectedRow(row.number, row.cells, ": ".join(problem)))
        else:
            facts.append(fact)
    return facts, unknown


def _fact(row: EventRow, contact_no: ContactNo, mailings: "_Mailings", source: str) -> Fact:
    mailing_no = mailings.of(row)
    properties = dict(row.properties)
    if mailing_no is None and row.campaign:
        properties["campaign"] = row.campaign
    link_no = mailings.link_no(mailing_no, row.url)
    if row.url and link_no < 0:
        properties["url"] = row.url
    return Fact(
        kind=row.kind,
        occurred_at=row.occurred_at,
        contact_no=contact_no,
        mailing_no=mailing_no or MailingNo(0),
        arm_no=_arm_no(row.variant) if mailing_no else -1,
        link_no=link_no,
        value_minor=row.value_minor,
        currency=row.currency,
        event_id=row.event_id,
        order_id=row.order_id,
        source=source,
        ip=row.ip,
        user_agent=row.user_agent,
        properties=properties or None,
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
