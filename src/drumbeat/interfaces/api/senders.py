"""REST: /senders, the DKIM keys of the house and what its domain should publish."""

from typing import Literal

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.paging import Cursor, Limit, page_of
from drumbeat.interfaces.api.shape import Instant, NextCursor, Shape
from drumbeat.interfaces.api.strict import Strict
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.senders import KeptKey, Record, Standpoint

router = APIRouter(prefix="/senders", tags=["senders"])


class KeyRequest(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"domain": "example.com"}]})

    domain: str | None = Field(None, max_length=253, description="Without it: the sender's.")


class KeyView(Shape):
    domain: str
    selector: str
    algorithm: Literal["rsa", "ed25519"]
    state: Literal["waiting", "active", "retired"] = Field(
        description="A key waits until DNS shows it; `POST /senders/records/check` looks."
    )
    record_name: str
    record_value: str
    created_at: Instant


class Keys(Shape):
    keys: list[KeyView]


class KeyPage(Keys):
    next_cursor: NextCursor


class RecordView(Shape):
    kind: Literal["dkim", "spf", "dmarc", "tracking"]
    type: str
    name: str
    value: str
    why: str
    standing: Literal["ok", "missing", "differs", "not_checked"]
    message: str
    found: list[str] = Field(description="What DNS has there.")


class Records(Shape):
    """What the default sender's domain should publish, ready to copy."""

    records: list[RecordView]


@router.get("/dkim", response_model=KeyPage)
def list_dkim_keys(caller: Caller, cursor: Cursor = None, limit: Limit = 100) -> JsonObject:
    """The keys that are kept in the house, without their private halves."""
    with caller.look() as department:
        listed = department.dkim_keys.list_()
    page, following = page_of(listed, cursor, limit, lambda key: key.dns_name)
    return {"keys": [key_row(key) for key in page], "next_cursor": following}


@router.post("/dkim", status_code=201, response_model=Keys)
def create_dkim_keys(request: KeyRequest, caller: Caller) -> JsonObject:
    """Make a key of each kind; they sign once DNS shows them."""
    from drumbeat.bootstrap.signing import make_keys

    made = make_keys(caller.drumbeat, caller.actor, request.domain, rotating=False)
    return {"keys": [key_row(key) for key in made]}


@router.post("/dkim/rotate", status_code=201, response_model=Keys)
def rotate_dkim_keys(request: KeyRequest, caller: Caller) -> JsonObject:
    """Make new keys beside the old ones, which sign until DNS shows the new."""
    from drumbeat.bootstrap.signing import make_keys

    made = make_keys(caller.drumbeat, caller.actor, request.domain, rotating=True)
    return {"keys": [key_row(key) for key in made]}


@router.get("/records", response_model=Records)
def show_sender_records(caller: Caller) -> JsonObject:
    """What to publish for SPF, DKIM, DMARC and tracking; nobody is asked."""
    from drumbeat.bootstrap.outside import sender_records

    return {"records": [record_row(each) for each in sender_records(caller.drumbeat, caller.actor)]}


@router.post("/records/check", response_model=Records)
def check_sender_records(caller: Caller) -> JsonObject:
    """Ask DNS now; a key that is found there signs from now on."""
    from drumbeat.bootstrap.outside import check_sender

    found = check_sender(caller.drumbeat, caller.actor)
    return {"records": [record_row(each.record, each) for each in found]}


def key_row(key: KeptKey) -> JsonObject:
    return {
        "domain": key.domain,
        "selector": key.selector,
        "algorithm": key.algorithm,
        "state": key.state.value,
        "record_name": key.dns_name,
        "record_value": key.dns_text,
        "created_at": key.created_at.isoformat(),
    }


def record_row(record: Record, stand: Standpoint | None = None) -> JsonObject:
    return {
        "kind": record.kind.value,
        "type": record.type,
        "name": record.name,
        "value": record.value,
        "why": record.why,
        "standing": "not_checked" if stand is None else stand.standing.value,
        "message": "" if stand is None else stand.message,
        "found": [] if stand is None else list(stand.found),
    }
