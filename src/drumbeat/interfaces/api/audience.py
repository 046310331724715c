"""REST: /contacts and /segments."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import ConfigDict, Field

from drumbeat.interfaces.api.audience_answers import SegmentPage, Segments
from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.paging import Cursor, Limit, page_of
from drumbeat.interfaces.api.strict import Strict
from drumbeat.interfaces.api.uploads import Tell, receiving, taking_file, watched
from drumbeat.kit.actor import Scope
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience import (
    Consent,
    ImportOptions,
    ImportProgress,
    ImportReport,
    MergePolicy,
    Segment,
    audience_units,
    import_contacts,
    read_mapping,
    segment_audience,
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


class SegmentRequest(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"by": "rfm"}]})

    by: str = Field(
        "engagement",
        max_length=100,
        description="engagement, rfm, lifecycle_stage, behavioral or demographic.",
    )


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


@router.get("/segments", response_model=SegmentPage)
def list_segments(caller: Caller, cursor: Cursor = None, limit: Limit = 500) -> JsonObject:
    """Every segment with its rule as a sentence."""
    with caller.look() as department:
        listed = department.audience.list_segments()
    page, following = page_of(listed, cursor, limit, lambda each: each.id)
    return {"segments": [_segment(segment) for segment in page], "next_cursor": following}


@router.post("/segments", status_code=201, response_model=Segments)
def create_segments(request: SegmentRequest, caller: Caller) -> JsonObject:
    """Segment everyone by one criterion; segments of the same name get a new membership."""
    segments = segment_audience(
        audience_units(caller.look), audience_units(caller.begin), request.by
    )
    return {"segments": [_segment(segment) for segment in segments]}


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
        "rejected_csv": text,
    }


def _segment(segment: Segment) -> JsonObject:
    row = asdict(segment)
    return {**row, "taken_at": segment.taken_at.isoformat()}
