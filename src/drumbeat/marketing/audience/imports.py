"""Import a contact file: a loop of bounded units over a stream, repeatable without doubling.

The file is parsed between the units, so an unsubscribe never waits for it. A run that is killed
left whole units behind; running it again counts those as unchanged and goes on.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import BinaryIO

from drumbeat.kit.delimited import read_sheet
from drumbeat.kit.spreadsheet import lists_rejects
from drumbeat.marketing.audience.columns import NoAddressColumn, map_columns, with_topics
from drumbeat.marketing.audience.contact_rows import ContactReader
from drumbeat.marketing.audience.file_head import Head, read_head
from drumbeat.marketing.audience.import_report import (
    ImportOptions,
    ImportProgress,
    ImportReport,
    Unmapped,
)
from drumbeat.marketing.audience.import_run import ImportUnit, Run
from drumbeat.marketing.audience.model import Consent
from drumbeat.marketing.audience.model_topics import Topic

BULK_FROM = 1 << 18  # below this a column-by-column reader costs more to load than it saves


def import_contacts(
    begin: Callable[[], AbstractContextManager[ImportUnit]],
    source: BinaryIO,
    options: ImportOptions,
    progress: Callable[[ImportProgress], None] = lambda _: None,
    real: Callable[[], float] = time.perf_counter,
    *,
    bulk_from: int = BULK_FROM,
) -> ImportReport:
    """Merge every row of a seekable CSV file, unit by unit; `begin` opens one.

    `real` measures how long each one takes, so that the next is not larger than it should be.
    Files of at least `bulk_from` bytes are read column by column where they are plain, unless a
    column speaks of topics.

    Raises InvalidInput, having written nothing, when the file or its header cannot be read;
    Unmapped when no column is known to hold addresses.
    """
    head = read_head(read_sheet(source, encoding=options.encoding))
    with begin() as unit:
        topics = unit.imports.list_topics()
    reader = _reader(head, options, topics)
    run = Run(head, options, _size(source), source, begin, progress, real)
    try:
        careful = lists_rejects(head.sheet.header) or bool(reader.columns.topics)
        if run.bytes_total < bulk_from or careful:
            run.merge_rows(head.sheet.rows, reader)
        else:
            run.merge_blocks(reader)
    except BaseException:
        run.rejects.discard()
        raise
    if not options.dry_run:
        with begin() as unit:
            unit.audience.note_import("ended", options.source_name, run.counts())
            unit.imports.note_progress(run.run_no, run.rows, ended=True)
    return run.report(reader)


def _reader(head: Head, options: ImportOptions, topics: Sequence[Topic]) -> ContactReader:
    header = head.sheet.header
    flat = {each.name: each for each in (Consent.unconfirmed, Consent.subscribed)}
    column = None if options.consent in flat else options.consent
    try:
        columns = map_columns(header, mapping=options.mapping, consent_column=column)
    except NoAddressColumn as error:
        raise Unmapped(error, head) from None
    columns = with_topics(columns, header, topics, options.mapping, head.column)
    columns = replace(columns, numbers=head.numbers(columns))
    consent = flat.get(options.consent, Consent.unconfirmed)
    return ContactReader(header, columns, consent, f"import:{options.source_name}")


def _size(source: BinaryIO) -> int:
    here = source.tell()
    size = source.seek(0, 2)
    source.seek(here)
    return size
