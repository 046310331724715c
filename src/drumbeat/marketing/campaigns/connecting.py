"""Bring in the export of a shop or mail service as it is: its people first, then what they did.

What a row says is written into two unlinked temporary files in our own columns, and those are
imported by the same rules as any other. Repeating it, or a later export that overlaps, adds nothing
twice.
"""

import csv
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, Protocol, cast

from drumbeat.kit.delimited import BrokenRow, Sheet, read_sheet
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.headers import spelling
from drumbeat.marketing.audience import (
    ImportOptions,
    ImportProgress,
    ImportReport,
    ImportUnit,
    Problem,
    import_contacts,
)
from drumbeat.marketing.campaigns.connectors import (
    CONNECTORS,
    CONTACT,
    EVENT,
    Connector,
    Told,
    recognise_export,
)
from drumbeat.marketing.campaigns.event_intake import (
    SHOWN_PROBLEMS,
    EventImportOptions,
    EventImportReport,
    import_events,
)
from drumbeat.marketing.campaigns.ports import Unit

_IN_MEMORY = 4 << 20


@dataclass(frozen=True)
class ConnectOptions:
    """`kind` names a connector, else the header does. `consent`: "as_told" takes the service's
    word for who may be mailed, "unconfirmed" takes only its word for who may not."""

    kind: str = ""
    consent: str = "as_told"
    dry_run: bool = False
    source_name: str = "file"
    folder: Path | None = None


@dataclass(frozen=True)
class ConnectReport:
    """`passed` rows say nothing of anybody: further lines of an order, failed payments. `broken`
    ones cannot be read at all; `problems` are the first of these."""

    connector: Connector
    rows: int
    passed: int
    broken: int
    problems: tuple[Problem, ...]
    contacts: ImportReport
    events: EventImportReport


def connect_export(
    look: Callable[[], AbstractContextManager[Unit]],
    begin: Callable[[], AbstractContextManager["BothUnits"]],
    source: BinaryIO,
    options: ConnectOptions,
    progress: Callable[[ImportProgress], None] = lambda _: None,
) -> ConnectReport:
    """Import the contacts and the events of an export.

    Raises InvalidInput, having written nothing, when nobody's export has such a header.
    """
    sheet = read_sheet(source)
    connector = _connector(sheet, options.kind)
    folder = options.folder or Path("unused")
    keeps = options.folder is not None
    with _temporary() as contacts, _temporary() as events:
        found = _translate(sheet, connector, contacts, events)
        told = import_contacts(
            begin,
            contacts,
            ImportOptions(
                consent="consent" if options.consent == "as_told" else "unconfirmed",
                dry_run=options.dry_run,
                source_name=f"{connector.name}:{options.source_name}",
                rejected_file=folder / "contacts.rejected.csv" if keeps else None,
                encoding="utf-8",
            ),
            progress,
        )
        done = import_events(
            look,
            begin,
            events,
            EventImportOptions(
                dry_run=options.dry_run,
                source=f"import:{connector.name}",
                rejected_file=folder / "events.rejected.csv" if keeps else None,
            ),
        )
    return ConnectReport(
        connector, found.rows, found.passed, found.broken, tuple(found.problems), told, done
    )


def _connector(sheet: Sheet, kind: str) -> Connector:
    if kind:
        named = next((each for each in CONNECTORS if each.name == kind), None)
        if named is None:
            known = ", ".join(each.name for each in CONNECTORS)
            raise InvalidInput(f"There is no connector {kind[:40]!r}, only {known}.", field="kind")
        return named
    found = recognise_export(sheet.header)
    if found is None:
        known = ", ".join(each.title for each in CONNECTORS)
        shown = ", ".join(name[:30] for name in sheet.header[:12])
        message = (
            f"This is no export that is known here ({known}). Its columns are: {shown}. A plain "
            "list is imported with `drumbeat audience import`."
        )
        raise InvalidInput(message, field="file")
    return found


@dataclass
class _Translated:
    rows: int = 0
    passed: int = 0
    broken: int = 0
    problems: list[Problem] = field(default_factory=list)

    def reject(self, row: BrokenRow) -> None:
        self.broken += 1
        if len(self.problems) < SHOWN_PROBLEMS:
            self.problems.append(Problem(row.number, row.reason))


def _translate(
    sheet: Sheet, connector: Connector, contacts: BinaryIO, events: BinaryIO
) -> _Translated:
    """Write what each row says; one that says nothing leaves its place empty."""
    spelled = [spelling(name) for name in sheet.header]
    own = [(name, said) for name, said in zip(sheet.header, spelled, strict=True)]
    own = [(name, said) for name, said in own if said != "consent"]
    header = [*(name for name, _ in own), "consent"] if connector.all_columns else list(CONTACT)
    names = [*(said for _, said in own), "consent"] if connector.all_columns else list(CONTACT)
    found = _Translated()
    with _writing(contacts) as person, _writing(events) as happened:
        person(header)
        happened(EVENT)
        at = 1
        for row in sheet.rows:
            for _ in range(at + 1, row.number):  # blank rows have numbers too
                person([""] * len(names))
                happened([""] * len(EVENT))
            at, who, what = row.number, None, None
            if isinstance(row, BrokenRow):
                found.reject(row)
            else:
                told = dict(zip(spelled, row.cells, strict=True))
                who, what = connector.contact(told), connector.event(told)
                found.passed += who is None and what is None
            found.rows += 1
            person(_cells(who, names))
            happened(_cells(what, EVENT))
    return found


def _cells(told: Told | None, names: Sequence[str]) -> list[str]:
    """A row of nothing keeps its number and is passed over."""
    return [""] * len(names) if told is None else [told.get(name, "") for name in names]


class BothUnits(ImportUnit, Unit, Protocol):
    """A unit of work that imports contacts and records events: the whole department."""


@contextmanager
def _temporary() -> Iterator[BinaryIO]:
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        yield cast(BinaryIO, file)


@contextmanager
def _writing(file: BinaryIO) -> Iterator[Callable[[Sequence[str]], object]]:
    text = io.TextIOWrapper(cast(IO[bytes], file), encoding="utf-8", newline="")
    yield csv.writer(text).writerow
    text.flush()
    text.detach()
    file.seek(0)
