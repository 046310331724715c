"""REST: /sandbox, the mail that never left the house."""

from email import message_from_bytes
from email.policy import default
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from drumbeat.interfaces.api.house_answers import SandboxMessage, SandboxPage
from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.paging import Cursor, Limit, number_of_cursor
from drumbeat.kit.actor import Scope
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.delivery.ports import SandboxMail

router = APIRouter(prefix="/sandbox", tags=["sandbox"])

Number = Annotated[int, Field(ge=0, lt=2**63)]


@router.get("/messages", response_model=SandboxPage)
def list_messages(
    caller: Caller, cursor: Cursor = None, limit: Limit = 50, to: str | None = None
) -> JsonObject:
    """Newest first."""
    caller.actor.require(Scope.AUDIENCE_READ)
    inbox = caller.drumbeat.sandbox
    listed = inbox.list_(limit, before_no=number_of_cursor(cursor), to=to)
    following = str(listed[-1].no) if len(listed) == limit else None
    rows = [_summary(mail) for mail in listed]
    return {"messages": rows, "total": inbox.count(), "next_cursor": following}


@router.get("/messages/{number}", response_model=SandboxMessage)
def show_message(number: Number, caller: Caller) -> JsonObject:
    """One message, with its parts decoded and its source."""
    caller.actor.require(Scope.AUDIENCE_READ)
    mail = caller.drumbeat.sandbox.get(number)
    parsed = message_from_bytes(mail.raw, policy=default)
    parts = {kind: parsed.get_body((kind,)) for kind in ("plain", "html")}
    return {
        **_summary(mail),
        "headers": [[name, str(value)] for name, value in parsed.items()],
        "text": parts["plain"].get_content() if parts["plain"] else None,
        "html": parts["html"].get_content() if parts["html"] else None,
        "source": mail.raw.decode("utf-8", "replace"),
    }


def _summary(mail: SandboxMail) -> JsonObject:
    return {
        "no": mail.no,
        "received_at": mail.received_at.isoformat(),
        "from": mail.sender,
        "to": mail.recipient,
        "subject": mail.subject,
        "message_id": mail.message_id,
    }
