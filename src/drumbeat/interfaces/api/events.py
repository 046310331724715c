"""REST: /events, what people did elsewhere: a few at a time, or a file of them."""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, ConfigDict, Field

from drumbeat.interfaces.api.audience_answers import EventReport, JudgedReport
from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.strict import Strict
from drumbeat.interfaces.api.uploads import Tell, receiving, taking_file, watched
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.json_objects import JsonObject
from drumbeat.kit.money import to_minor
from drumbeat.marketing.campaigns.event_intake import (
    EventImportOptions,
    EventImportReport,
    import_events,
    record_events,
)
from drumbeat.marketing.events import WHY, EventRow, judge_again, kind_of

router = APIRouter(prefix="/events", tags=["events"])

Upload = Annotated[BinaryIO, Depends(receiving(Scope.EVENTS_WRITE))]
MOST_EVENTS = 10_000


class EventRequest(Strict):
    """One thing somebody did. `value` is in major units of `currency`."""

    kind: str = Field(max_length=40)
    occurred_at: AwareDatetime
    email: str = Field("", max_length=320)
    external_id: str = Field("", max_length=200)
    event_id: str | None = Field(None, max_length=200)
    value: float | str | None = None
    currency: str = Field("", max_length=3)
    order_id: str = Field("", max_length=200)
    campaign: str = Field("", max_length=200)
    message_id: str = Field("", max_length=320)
    variant: str = Field("", max_length=40)
    url: str = Field("", max_length=2000)
    user_agent: str = Field("", max_length=500)
    ip: str = Field("", max_length=45)
    properties: dict[str, str] = Field({}, max_length=50)

    def row(self, number: int, request_id: str | None = None) -> EventRow:
        """Raises InvalidInput naming the field. Under a key an event without id gets one."""
        given = self.model_dump(exclude={"kind", "value", "currency", "occurred_at"})
        if not self.event_id and request_id is not None:
            given["event_id"] = f"{request_id}:{number}"
        currency = self.currency.upper()
        occurred_at: datetime = self.occurred_at
        return EventRow(
            number=number,
            cells=(),
            kind=kind_of(self.kind),
            occurred_at=occurred_at,
            value_minor=0 if self.value is None else to_minor(self.value, currency),
            currency="" if self.value is None else currency,
            **given,
        )


class EventsRequest(Strict):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "events": [
                        {
                            "kind": "purchased",
                            "occurred_at": "2026-11-01T18:20:00Z",
                            "email": "ada@example.com",
                            "event_id": "order-1042",
                            "order_id": "1042",
                            "value": 39.9,
                            "currency": "EUR",
                        }
                    ]
                }
            ]
        }
    )

    events: list[EventRequest] = Field(max_length=MOST_EVENTS)


@router.post("", response_model=EventReport)
def post_events(request: EventsRequest, caller: Caller) -> JsonObject:
    """Record up to 10,000 events; one whose `event_id` was seen before changes nothing."""
    own = None if caller.claim is None else caller.claim.id
    rows = [_row(event, number, own) for number, event in enumerate(request.events)]
    return _report(record_events(caller.look, caller.begin, rows, "api"))


def _row(event: EventRequest, number: int, request_id: str | None) -> EventRow:
    """Raises InvalidInput naming the event and its field."""
    try:
        return event.row(number, request_id)
    except InvalidInput as mistake:
        place = f"events.{number}.{mistake.field}"
        raise InvalidInput(f"{place}: {mistake}", field=place) from None


class JudgeRequest(Strict):
    """`since`: files of facts that reach beyond this instant are judged again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"since": "2026-10-01T00:00:00Z"}]})

    since: AwareDatetime


@router.post("/judge", response_model=JudgedReport)
def judge_events(request: JudgeRequest, caller: Caller) -> JsonObject:
    """Judge opens and clicks again, human or machine, by today's rules; figures follow.

    Safe to repeat. What is in no file yet is judged when it is filed, within ten minutes.
    """
    told = judge_again(caller.look, caller.begin, request.since)
    return {
        "rules_version": told.rules,
        "files": told.files,
        "facts": told.facts,
        "changed": told.changed,
        "without_evidence": told.without_evidence,
        "verdicts": [
            {
                "verdict": verdict.name,
                "reason": reason.name if reason else None,
                "why": WHY.get(reason),
                "facts": n,
            }
            for (verdict, reason), n in sorted(told.reasons.items())
        ],
    }


@router.post(
    "/import",
    **taking_file(
        "text/csv", "email,kind,occurred_at\nada@example.com,viewed,2026-11-01T18:20:00Z\n"
    ),
)
def import_event_file(
    request: Request, file: Upload, caller: Caller, dry_run: bool = False
) -> StreamingResponse:
    """Import a CSV or Parquet file sent as the body; JSON lines of progress, the report last."""

    def work(tell: Tell) -> JsonObject:
        with file, tempfile.TemporaryDirectory(prefix="drumbeat-") as folder:
            options = EventImportOptions(dry_run, rejected_file=Path(folder) / "rejected.csv")

            def progress(rows: int, done: int, total: int) -> None:
                tell({"progress": min(1.0, done / total) if total else 1.0, "rows": rows})

            report = import_events(caller.look, caller.begin, file, options, progress)
            path = report.rejected_file
            text = None if path is None else path.read_text(encoding="utf-8")
            return {**_report(report), "rejected_csv": text}

    return watched(request, work)


def _report(report: EventImportReport) -> JsonObject:
    return {
        "rows": report.rows,
        "added": report.added,
        "repeated": report.repeated,
        "rejected": report.rejected,
        "problems": [{"row": row.number, "reason": row.reason} for row in report.problems],
    }
