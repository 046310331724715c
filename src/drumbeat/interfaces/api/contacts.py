"""REST: /contacts, who is known: put, listed, looked at, unsubscribed."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from drumbeat.interfaces.api.answers import (
    ContactAnswer,
    ContactPage,
    PutAnswer,
    TimelineAnswer,
    Unsubscribed,
)
from drumbeat.interfaces.api.contact_requests import ContactsRequest
from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.paging import Cursor, Limit
from drumbeat.interfaces.api.tags import revision_tag
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience import audience_units, contact_no_of, put_contacts
from drumbeat.marketing.campaigns.contact_answer import (
    WhichContacts,
    contact_answer,
    contact_page,
    contact_revision,
    timeline_answer,
)
from drumbeat.marketing.campaigns.contact_export import FileFormat, export_contacts

router = APIRouter(prefix="/contacts", tags=["audience"])

Email = Annotated[str, Query(max_length=1000, description="The one with this address.")]
ExternalId = Annotated[str, Query(max_length=200, description="The one with this external id.")]
SegmentName = Annotated[
    str, Query(max_length=200, description="Those of one segment: name, id or `criterion:name`.")
]
FormatAsked = Annotated[FileFormat, Query(alias="format", description="csv or json.")]
SOURCE = "api"
_FILE: dict[str, Any] = {
    "response_class": StreamingResponse,
    "responses": {
        200: {
            "description": "The file.",
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/json": {"schema": {"type": "array"}},
            },
        }
    },
}


def as_file(file_format: FileFormat) -> dict[str, str]:
    """What makes a browser keep the answer."""
    return {"Content-Disposition": f'attachment; filename="contacts.{file_format}"'}


@router.put("", name="put_contacts", response_model=PutAnswer)
def put(request: ContactsRequest, caller: Caller) -> JsonObject:
    """Add or update one contact, or a batch of up to 10,000; repeating it changes nothing.

    They are matched by `email`, or by `external_id` once they are known, and merged by the rules
    of an import: what is left out, null or empty stays as it was, and a no to mail is never taken
    back. In a batch, rows that cannot be merged are listed as `problems` and all others are kept;
    one contact alone is refused with 422.
    """
    told, problems = request.read()
    report = put_contacts(audience_units(caller.begin), told, source=SOURCE)
    rejected = sorted([*problems, *report.problems], key=lambda problem: problem.index)
    if request.alone and rejected:
        message = f"{rejected[0].field}: {rejected[0].reason}."
        raise InvalidInput(message, field=rejected[0].field)
    return {
        "rows": len(request.contacts),
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "rejected": len(rejected),
        "problems": rejected,
    }


@router.get("", response_model=ContactPage)
def list_contacts(
    caller: Caller,
    email: Email = "",
    external_id: ExternalId = "",
    segment: SegmentName = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> JsonObject:
    """In the order they came, each with whether they may be mailed now, and why not."""
    which = WhichContacts(email, external_id, segment)
    with caller.look() as department:
        return contact_page(department, which, cursor, limit)


@router.get("/export", **_FILE)
def export(
    caller: Caller,
    file_format: FormatAsked = "csv",
    segment: SegmentName = "",
) -> StreamingResponse:
    """A file of all contacts, or of a segment: CSV that no spreadsheet calculates, or JSON."""
    pieces = export_contacts(caller.look, file_format, segment)
    kind = "text/csv; charset=utf-8" if file_format == "csv" else "application/json"
    return StreamingResponse(pieces, media_type=kind, headers=as_file(file_format))


@router.get("/{contact_id}", response_model=ContactAnswer)
def show_contact(contact_id: str, caller: Caller) -> JsonObject:
    """One contact: permission with its proofs, segments, mailings, and what happened lately."""
    with caller.look() as department:
        caller.headers["ETag"] = revision_tag(contact_revision(department, contact_id))
        return contact_answer(department, contact_id)


@router.get("/{contact_id}/timeline", response_model=TimelineAnswer)
def list_timeline(
    contact_id: str, caller: Caller, cursor: Cursor = None, limit: Limit = 200
) -> JsonObject:
    """Everything that ever happened to one contact, newest first, page by page."""
    with caller.look() as department:
        return timeline_answer(department, contact_id, cursor, limit)


@router.post("/{contact_id}/unsubscribe", response_model=Unsubscribed)
def unsubscribe_contact(contact_id: str, caller: Caller) -> JsonObject:
    """Somebody wants no more mail: none is sent from now on, whatever is imported later."""
    with caller.replacing(lambda house: contact_revision(house, contact_id)) as department:
        number = contact_no_of(contact_id, department.office.keys)
        changed = department.audience.withdraw(number, source=SOURCE)
    return {
        "contact_id": contact_id,
        "may_mail": False,
        "reason": "unsubscribed",
        "changed": changed,
    }
