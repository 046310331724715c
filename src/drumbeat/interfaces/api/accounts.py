"""REST: /accounts, who may come in, what they prove themselves with, and who changed what."""

from fastapi import APIRouter
from pydantic import AwareDatetime, ConfigDict, Field

from drumbeat.interfaces.api.house_answers import (
    Ended,
    Invited,
    Issued,
    KeyPage,
    PersonPage,
    PersonView,
    Removed,
    Revoked,
    SessionPage,
    Trail,
)
from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.paging import Cursor, Limit, number_of_cursor, page_of
from drumbeat.interfaces.api.strict import Strict
from drumbeat.kit.actor import Scope
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.accounts import AuditEntry, Listed, Newcomer, Person, Role

router = APIRouter(prefix="/accounts", tags=["accounts"])


class KeyRequest(Strict):
    """`scopes` left out means everything its person may do; `expires` left out means never."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"label": "shop", "scopes": ["audience:read", "events:write"]}]
        }
    )

    label: str = Field(min_length=1, max_length=80)
    scopes: list[Scope] | None = None
    expires: AwareDatetime | None = None


class PersonRequest(Strict):
    """Who is to have an account; without a name they are called by their address."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"email": "grace@example.com", "role": "marketer", "name": "Grace"}]
        }
    )

    email: str = Field(min_length=3, max_length=320)
    role: Role
    name: str = Field("", max_length=120)


class RoleRequest(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "analyst"}]})

    role: Role


@router.get("/people", response_model=PersonPage)
def list_people(caller: Caller, cursor: Cursor = None, limit: Limit = 100) -> JsonObject:
    """Everybody with an account, in the order they came."""
    with caller.look() as department:
        listed = department.people.list_()
        having = department.people.list_with_password()
    page, following = page_of(listed, cursor, limit, lambda each: each.id)
    rows = [_person(each) | {"password": each.id in having} for each in page]
    return {"people": rows, "next_cursor": following}


@router.post("/people", status_code=201, response_model=Invited)
def add_person(request: PersonRequest, caller: Caller) -> JsonObject:
    """Make an account; the answer holds the link that lets them choose a password, this once."""
    newcomer = Newcomer(request.email, request.role, request.name)
    with caller.begin() as department:
        person, secret = department.people.add(newcomer)
    return _person(person) | {"invitation": _welcome(caller, secret)}


@router.put("/people/{person}", response_model=PersonView)
def change_role(person: str, request: RoleRequest, caller: Caller) -> JsonObject:
    """Give somebody, by id or address, another role; their sessions end."""
    with caller.replacing() as department:
        return _person(department.people.change_role(person, request.role))


@router.delete("/people/{person}", response_model=Removed)
def remove_person(person: str, caller: Caller) -> JsonObject:
    """Their sessions, links, keys and password end at once; the last owner stays."""
    with caller.replacing() as department:
        return _person(department.people.remove(person)) | {"removed": True}


@router.post("/people/{person}/invitation", status_code=201, response_model=Invited)
def invite_person(person: str, caller: Caller) -> JsonObject:
    """A fresh invitation, also for who forgot the password; earlier ones no longer work."""
    with caller.replacing() as department:
        invited, secret = department.people.invite(person)
    return _person(invited) | {"invitation": _welcome(caller, secret)}


@router.get("/keys", response_model=KeyPage)
def list_keys(caller: Caller, cursor: Cursor = None, limit: Limit = 100) -> JsonObject:
    """Valid keys without their secrets: the caller's own, or everybody's for an owner."""
    with caller.look() as department:
        listed = department.accounts.list_keys()
    page, following = page_of(listed, cursor, limit, lambda each: each.id)
    return {"keys": [_listed(each) for each in page], "next_cursor": following}


@router.post("/keys", status_code=201, response_model=Issued)
def issue_key(request: KeyRequest, caller: Caller) -> JsonObject:
    """Make an API key of the caller; it is shown this once."""
    scopes = None if request.scopes is None else frozenset(request.scopes)
    with caller.begin() as department:
        secret = department.accounts.issue_key(request.label, scopes, request.expires)
    return {"label": request.label, "key": secret}


@router.delete("/keys/{label}", response_model=Revoked)
def revoke_key(label: str, caller: Caller) -> JsonObject:
    """End every key of the caller with this label, at once."""
    with caller.replacing() as department:
        department.accounts.revoke_key(label)
    return {"label": label, "revoked": True}


@router.get("/sessions", response_model=SessionPage)
def list_sessions(caller: Caller, cursor: Cursor = None, limit: Limit = 100) -> JsonObject:
    """The browsers in which the caller is signed in."""
    with caller.look() as department:
        listed = department.accounts.list_sessions()
    page, following = page_of(listed, cursor, limit, lambda each: each.id)
    return {"sessions": [_listed(each) for each in page], "next_cursor": following}


@router.delete("/sessions/{session_id}", response_model=Ended)
def end_session(session_id: str, caller: Caller) -> JsonObject:
    """Sign that browser out."""
    with caller.replacing() as department:
        department.accounts.end_session(session_id)
    return {"session_id": session_id, "ended": True}


@router.get("/audit", response_model=Trail)
def list_audit(
    caller: Caller, subject: str | None = None, cursor: Cursor = None, limit: Limit = 100
) -> JsonObject:
    """Who changed what, newest first; `subject` is the id of what was changed."""
    with caller.look() as department:
        before = number_of_cursor(cursor)
        entries = department.accounts.list_audit(subject, limit, before)
    following = str(entries[-1].audit_no) if len(entries) == limit else None
    return {"entries": [_entry(each) for each in entries], "next_cursor": following}


def _person(person: Person) -> JsonObject:
    return {
        "person_id": person.id,
        "email": person.email,
        "name": person.name,
        "role": person.role,
        "created_at": person.created_at.isoformat(),
    }


def _listed(each: Listed) -> JsonObject:
    return {
        "id": each.id,
        "label": each.label,
        "person": each.person,
        "scopes": None if each.scopes is None else sorted(each.scopes),
        "created_at": each.created_at.isoformat(),
        "expires_at": None if each.expires_at is None else each.expires_at.isoformat(),
    }


def _entry(entry: AuditEntry) -> JsonObject:
    return {
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "agent": entry.agent,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
    }


def _welcome(caller: Caller, secret: str) -> str:
    return f"{caller.drumbeat.office.public_url.rstrip('/')}/welcome?invitation={secret}"
