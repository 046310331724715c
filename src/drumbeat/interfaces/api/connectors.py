"""REST: /contacts/connect, the exports of shops and mail services as they are."""

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from drumbeat.interfaces.api.audience import told_progress, told_report
from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.uploads import Tell, receiving, taking_file, watched
from drumbeat.kit.actor import Scope
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.campaigns.connecting import ConnectOptions, ConnectReport, connect_export
from drumbeat.marketing.campaigns.connectors import CONNECTORS

router = APIRouter(prefix="/contacts", tags=["audience"])

Upload = Annotated[BinaryIO, Depends(receiving(Scope.AUDIENCE_WRITE))]
_KINDS = ", ".join(each.name for each in CONNECTORS)
_EXAMPLE = (
    "Name,Email,Financial Status,Paid at,Accepts Marketing,Currency,Total,Lineitem name\n"
    "#1001,ada@example.com,paid,2026-05-01 10:00:00 +0200,yes,EUR,39.90,Tulip bulbs\n"
)


@dataclass(frozen=True)
class HowToConnect:
    """What a request says of its export."""

    kind: Annotated[
        str,
        Query(max_length=40, description=f"Whose export it is; else its header tells: {_KINDS}."),
    ] = ""
    consent: Annotated[
        Literal["as_told", "unconfirmed"],
        Query(description="Whether the service's word counts for who may be mailed."),
    ] = "as_told"
    dry_run: bool = False


@router.post("/connect", **taking_file("text/csv", _EXAMPLE))
def connect_export_file(
    request: Request, file: Upload, caller: Caller, how: Annotated[HowToConnect, Depends()]
) -> StreamingResponse:
    """Bring in an export of Shopify, WooCommerce, Stripe, Mailchimp or Klaviyo: people and events.

    JSON lines of progress, the report last. Who unsubscribed there stays unsubscribed; repeating it
    adds nothing.
    """
    caller.actor.require(Scope.EVENTS_WRITE)

    def work(tell: Tell) -> JsonObject:
        with file, tempfile.TemporaryDirectory(prefix="drumbeat-") as folder:
            options = ConnectOptions(how.kind, how.consent, how.dry_run, folder=Path(folder))
            report = connect_export(
                caller.look, caller.begin, file, options, lambda at: tell(told_progress(at))
            )
            return _report(report)

    return watched(request, work)


def _report(report: ConnectReport) -> JsonObject:
    events = report.events
    path = events.rejected_file
    return {
        "connector": report.connector.name,
        "title": report.connector.title,
        "rows": report.rows,
        "passed": report.passed,
        "broken": report.broken,
        "problems": [asdict(each) for each in report.problems],
        "contacts": told_report(report.contacts),
        "events": {
            "rows": events.rows,
            "added": events.added,
            "repeated": events.repeated,
            "rejected": events.rejected,
            "problems": [{"row": each.number, "reason": each.reason} for each in events.problems],
            "rejected_csv": path.read_text(encoding="utf-8") if path and path.exists() else None,
        },
    }
