"""REST: who is likely known twice, and making one contact of two."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from drumbeat.interfaces.api.errors import MAY_MISS
from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.shape import Shape
from drumbeat.interfaces.api.strict import Strict
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience import (
    Contact,
    DuplicateSign,
    MergePolicy,
    contact_id_of,
    contact_no_of,
)
from drumbeat.marketing.campaigns.merging_contacts import merge_contacts
from drumbeat.storage.secrets import KeyRing

router = APIRouter(tags=["audience"])
Most = Annotated[int, Query(ge=1, le=500, description="At most so many pairs.")]


class Twin(Shape):
    contact_id: str
    email: str
    consent: str


class SharedSign(Shape):
    kind: str = Field(description="mailbox, external_id or name_and_phone.")
    value: str


class TwinPair(Shape):
    keep: Twin
    other: Twin
    shared: list[SharedSign]


class Duplicates(Shape):
    pairs: list[TwinPair]


class MergeRequest(Strict):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"other": "con_2x7gk", "policy": "fill", "dry_run": True}]}
    )

    other: str = Field(max_length=60, description="The contact that becomes this one.")
    policy: MergePolicy = Field(
        MergePolicy.fill, description="What the other's attributes do to those of this one."
    )
    dry_run: bool = Field(False, description="Only say what would happen.")


class MergeAnswer(TwinPair):
    changed: dict[str, Any] = Field(description="Attributes that the kept contact gets.")
    external_id: str | None
    refused_topics: int = Field(description="Topics it is unsubscribed from as the other was.")
    suppressed: str | None = Field(description="Why it is never mailed any more, if it is not.")
    planned_messages: int = Field(
        description="Messages that wait for the other address; once merged they are not sent."
    )
    done: bool


@router.get("/audience/duplicates", response_model=Duplicates)
def find_duplicates(caller: Caller, limit: Most = 100) -> JsonObject:
    """Pairs of contacts that are likely one person, with what they have in common."""
    with caller.look() as department:
        found, keys = department.duplicates.list_pairs(limit=limit), department.office.keys
    return {"pairs": [_pair(each.keep, each.other, each.signs, keys) for each in found]}


@router.post("/contacts/{contact_id}/merge", response_model=MergeAnswer, responses=MAY_MISS)
def merge_into_contact(contact_id: str, request: MergeRequest, caller: Caller) -> JsonObject:
    """Make one contact of two: this one, with the history of both and the stricter permission."""
    keys = caller.drumbeat.office.keys
    keep, other = contact_no_of(contact_id, keys), contact_no_of(request.other, keys)
    ways = caller.look, caller.replacing
    answer = merge_contacts(*ways, keep, other, request.policy, dry_run=request.dry_run)
    told = answer.merging
    return {
        **_pair(told.keep, told.other, told.signs, keys),
        "changed": dict(told.changed),
        "external_id": told.external_id,
        "refused_topics": len(told.refused),
        "suppressed": None if told.suppressed is None else told.suppressed.name,
        "planned_messages": answer.planned,
        "done": told.done,
    }


def _pair(keep: Contact, other: Contact, signs: tuple[DuplicateSign, ...], keys: KeyRing) -> Any:
    shared = [{"kind": each.kind, "value": each.value} for each in signs]
    return {"keep": _twin(keep, keys), "other": _twin(other, keys), "shared": shared}


def _twin(contact: Contact, keys: KeyRing) -> JsonObject:
    return {
        "contact_id": contact_id_of(contact.contact_no, keys),
        "email": contact.address,
        "consent": contact.consent.name,
    }
