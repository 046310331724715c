"""REST: /delivery/bounces, what came back of our mail, and mail that somebody else received."""

from collections.abc import Iterator
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.paging import Cursor, Limit, number_of_cursor
from drumbeat.interfaces.api.shape import Instant, NextCursor, Shape
from drumbeat.interfaces.api.uploads import Tell, receiving, taking_file, watched
from drumbeat.kit.actor import Scope
from drumbeat.kit.json_objects import JsonObject
from drumbeat.kit.mbox import mails_in
from drumbeat.marketing.delivery import ArrivedMail, BounceLine, SealedMail, seal_mails
from drumbeat.storage.secrets import KeyRing

router = APIRouter(prefix="/delivery/bounces", tags=["delivery"])

Upload = Annotated[BinaryIO, Depends(receiving(Scope.EVENTS_WRITE))]
MAILS_AT_ONCE = 10
BYTES_AT_ONCE = 2 << 20
_EXAMPLE = "From: MAILER-DAEMON@mx.example.com\n\nYour message could not be delivered."


class Bounce(Shape):
    """One mail that came back. `kind` is hard, soft, quota, policy, delayed, ok, complaint, …"""

    received_at: Instant
    kind: str
    status: str | None
    reason: str
    evidence: str
    source: str
    contact_id: str | None
    email: str | None


class BouncePage(Shape):
    bounces: list[Bounce]
    next_cursor: NextCursor


@router.get("", response_model=BouncePage)
def list_bounces(caller: Caller, cursor: Cursor = None, limit: Limit = 50) -> JsonObject:
    """What came back, newest first; without a contact if it was about no message of ours."""
    with caller.look() as department:
        lines = department.bounces.list_(limit, number_of_cursor(cursor))
    following = str(lines[-1].number) if len(lines) == limit else None
    return {"bounces": [_view(line) for line in lines], "next_cursor": following}


@router.post("/import", **taking_file("message/rfc822", _EXAMPLE))
def import_bounces(request: Request, file: Upload, caller: Caller) -> StreamingResponse:
    """Take in one mail, or an mbox of them, as the body; each counts once. The engine reads them.

    JSON lines of progress, the report last.
    """

    def work(tell: Tell) -> JsonObject:
        with file:
            total = file.seek(0, 2) or 1
            file.seek(0)
            mails, added = 0, 0
            for batch in _batches(mails_in(file), caller.drumbeat.office.keys):
                with caller.begin() as department:
                    added += department.bounces.take_in(batch)
                mails += len(batch)
                tell({"progress": file.tell() / total, "rows": mails})
            return {"rows": mails, "added": added, "repeated": mails - added}

    return watched(request, work)


def _batches(raws: Iterator[bytes], keys: KeyRing) -> Iterator[list[SealedMail]]:
    """So few, and so small, that keeping them holds up nobody."""
    batch: list[SealedMail] = []
    for raw in raws:
        batch += seal_mails([ArrivedMail(raw, "import")], keys)
        size = sum(len(mail.sealed) for mail in batch)
        if len(batch) == MAILS_AT_ONCE or size >= BYTES_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _view(line: BounceLine) -> JsonObject:
    return {
        "received_at": line.received_at.isoformat(),
        "kind": line.name,
        "status": line.status or None,
        "reason": line.reason,
        "evidence": line.evidence,
        "source": line.source,
        "contact_id": line.contact_id or None,
        "email": line.email or None,
    }
