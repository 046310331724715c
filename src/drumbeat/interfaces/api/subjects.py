"""REST: everything held about one person, as data; erasing them; who asked for that."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from drumbeat.bootstrap.erasing import erase, everything_about
from drumbeat.interfaces.api.errors import MAY_MISS
from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.paging import Cursor, Limit, page_of
from drumbeat.interfaces.api.shape import Instant, NextCursor, Shape
from drumbeat.kit.actor import Scope
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience import contact_id_of, contact_no_of

router = APIRouter(tags=["audience"])

Email = Annotated[str, Query(max_length=1000, description="Whose data; in any capitals.")]


class SubjectAnswer(Shape):
    email: str
    as_of: Instant
    may_mail: bool
    reason: str | None
    suppressed: str | None = Field(description="Why the address is never mailed, if it is not.")


class Erased(Shape):
    erasure_no: int
    erased_at: Instant


class ErasureRequest(Shape):
    contact_id: str
    asked_at: Instant


class ErasureRequests(Shape):
    requests: list[ErasureRequest]
    next_cursor: NextCursor


@router.get("/subjects", response_model=SubjectAnswer, responses=MAY_MISS)
def export_subject(caller: Caller, email: Email) -> JsonObject:
    """Everything that is held about one person, from every area; 404 where that is nothing."""
    return everything_about(caller.drumbeat, caller.actor, email)


@router.post("/contacts/{contact_id}/erase", response_model=Erased)
def erase_contact(contact_id: str, caller: Caller) -> JsonObject:
    """Erase somebody: the keyed hash of their address and anonymous counts stay, nothing else."""
    caller.actor.require(Scope.AUDIENCE_WRITE)
    number = contact_no_of(contact_id, caller.drumbeat.office.keys)
    erasure = erase(caller.drumbeat, caller.actor, number)
    return {"erasure_no": erasure.erasure_no, "erased_at": erasure.asked_at.isoformat()}


@router.get("/erasure-requests", response_model=ErasureRequests)
def list_erasure_requests(caller: Caller, cursor: Cursor = None, limit: Limit = 100) -> JsonObject:
    """Readers who confirmed from their mailbox that they want to be erased, the oldest first."""
    with caller.look() as department:
        asked, keys = department.erasing.list_requests(), department.office.keys
    rows = [
        {
            "contact_id": contact_id_of(each.contact_no, keys),
            "asked_at": each.asked_at.isoformat(),
        }
        for each in asked
    ]
    page, following = page_of(rows, cursor, limit, lambda each: str(each["contact_id"]))
    return {"requests": list(page), "next_cursor": following}
