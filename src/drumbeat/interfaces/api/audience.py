"""REST: /contacts/import, a file of people."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.uploads import Tell, receiving, taking_file, watched
from drumbeat.kit.actor import Scope
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience import (
    Consent,
    ImportOptions,
    ImportProgress,
    ImportReport,
    MergePolicy,
    import_contacts,
    read_mapping,
)

MOST_MAPPED = 1_000

router = APIRouter(tags=["audience"])

Upload = Annotated[BinaryIO, Depends(receiving(Scope.AUDIENCE_WRITE))]


ColumnMap = Annotated[
    Sequence[str],
    Query(
        alias="map",
        max_length=MOST_MAPPED,
        description="COLUMN=MEANING, once for each column: email, external_id, another field, the "
        "name of an attribute, or - to leave it out.",
        examples=[["Contact=email", "Notes=-"]],
    ),
]


Policy = Annotated[
    MergePolicy,
    Query(
        description="What the file does to fields of people who are known already: overwrite them, "
        "fill only what is missing, or keep all as it is. A no to mail is heard whatever it is."
    ),
]


@dataclass(frozen=True)
class HowToImport:
    """What a request says of its file."""

    consent: str = "unconfirmed"
    dry_run: bool = False
    policy: Policy = MergePolicy.overwrite
    column_map: ColumnMap = ()


@router.post(
    "/contacts/import",
    **taking_file("text/csv", "email,first_name,consent\nada@example.com,Ada,subscribed\n"),
)
def import_contact_file(
    request: Request,
    file: Upload,
    caller: Caller,
    how: Annotated[HowToImport, Depends()],
) -> StreamingResponse:
    """Import a CSV sent as the body; JSON lines of progress, the report last."""

    def work(tell: Tell) -> JsonObject:
        with file, tempfile.TemporaryDirectory(prefix="drumbeat-") as folder:
            rejected = Path(folder) / "rejected.csv"
            options = ImportOptions(
                consent=how.consent,
                dry_run=how.dry_run,
                policy=how.policy,
                mapping=read_mapping(how.column_map),
                rejected_file=rejected,
            )
            report = import_contacts(
                caller.begin, file, options, lambda at: tell(told_progress(at))
            )
            return {**told_report(report), "unconfirmed": how.consent == Consent.unconfirmed.name}

    return watched(request, work)


def told_progress(at: ImportProgress) -> JsonObject:
    share = at.bytes_read / at.bytes_total if at.bytes_total else 1.0
    told: JsonObject = {"progress": min(share, 1.0), "rows": at.rows}
    return told | {"interrupted_at": at.interrupted_at} if at.interrupted_at else told


def told_report(report: ImportReport) -> JsonObject:
    path = report.rejected_file
    text = path.read_text(encoding="utf-8") if path is not None and path.exists() else None
    return {
        "rows": report.rows,
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
        "problems": [asdict(problem) for problem in report.problems],
        "encoding": report.encoding,
        "delimiter": report.delimiter,
        "columns": dict(report.columns),
        "meanings": [{"column": name, "meaning": told} for name, told in report.meanings],
        "numbers": dict(report.numbers),
        "reasons": [asdict(each) for each in report.reasons],
        "interrupted_at": report.interrupted_at or None,
        "noted": report.noted,
        "notes": [asdict(note) for note in report.notes],
        "note_counts": dict(report.note_counts),
        "rejected_csv": text,
    }
