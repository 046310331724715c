"""REST: /segments, named parts of the audience: cut by a criterion, or by a rule of their own."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from drumbeat.interfaces.api.audience_answers import (
    SegmentChange,
    SegmentPage,
    SegmentRemoved,
    Segments,
    SegmentView,
)
from drumbeat.interfaces.api.errors import MAY_MISS
from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.paging import Cursor, Limit, page_of
from drumbeat.interfaces.api.segment_answers import (
    ExplainAnswer,
    ExplainRequest,
    OverlapAnswer,
    PreviewAnswer,
    PreviewRequest,
    RuleSegmentAnswer,
    SchemaAnswer,
    SegmentRequest,
    SuggestionsAnswer,
    explain_answer,
    preview_answer,
    rule_of,
    segment_row,
)
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import InvalidInput, NotFound
from drumbeat.kit.ids import ContactNo
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience import (
    audience_units,
    contact_no_of,
    define_segment,
    segment_audience,
    segment_units,
)
from drumbeat.marketing.audience.rule_tree import rule_json, rule_schema
from drumbeat.marketing.campaigns.segment_use import remove_segment, rename_segment
from drumbeat.marketing.department import Department

Named = Annotated[
    Sequence[str],
    Query(max_length=40, description="Name, id or `criterion:name`; none is the largest ones."),
]

router = APIRouter(prefix="/segments", tags=["audience"])


@router.get("", response_model=SegmentPage)
def list_segments(caller: Caller, cursor: Cursor = None, limit: Limit = 500) -> JsonObject:
    """Every segment with its rule as a sentence."""
    with caller.look() as department:
        listed = department.audience.list_segments()
    page, following = page_of(listed, cursor, limit, lambda each: each.id)
    return {"segments": [segment_row(segment) for segment in page], "next_cursor": following}


@router.post("", status_code=201, response_model=Segments)
def create_segments(request: SegmentRequest, caller: Caller) -> JsonObject:
    """Segment everyone by one criterion, or make one segment with a `name` and a `rule`.

    Segments of the same name get a new membership, and a segment with a rule the new rule.
    """
    if request.by is not None and (request.name or request.rule is not None):
        raise InvalidInput("by: say either by, or name and rule.", field="by")
    if request.name or request.rule is not None:
        units = segment_units(caller.look), segment_units(caller.begin)
        made = define_segment(*units, request.name, rule_of(request.rule))
        return {"segments": [segment_row(made)]}
    by = "engagement" if request.by is None else request.by
    segments = segment_audience(audience_units(caller.look), audience_units(caller.begin), by)
    return {"segments": [segment_row(segment) for segment in segments]}


@router.get("/schema", response_model=SchemaAnswer)
def show_rule_schema(caller: Caller) -> JsonObject:
    """What a rule may say, as a JSON schema."""
    caller.actor.require(Scope.AUDIENCE_READ)
    return rule_schema()


@router.get("/overlap", response_model=OverlapAnswer)
def show_overlap(caller: Caller, segment: Named = ()) -> JsonObject:
    """How many people are in each two of the named segments, or of the largest ones."""
    with caller.look() as department:
        found = department.comparing.overlap(segment)
    return {
        "segments": [segment_row(each) for each in found.segments],
        "both": [list(row) for row in found.both],
    }


@router.get("/suggestions", response_model=SuggestionsAnswer)
def suggest_segments(caller: Caller) -> JsonObject:
    """Segments worth making, each with its size, what its people spent, and the evidence."""
    with caller.look() as department:
        found = department.comparing.suggest()
    rows = [{**asdict(each), "rule": each.line} for each in found.found]
    return {"suggestions": rows, "people": found.people, "as_of": found.as_of.isoformat()}


@router.post("/preview", response_model=PreviewAnswer)
def preview_segment(request: PreviewRequest, caller: Caller) -> JsonObject:
    """How many a rule holds for now, how many of them may be mailed, and some of them."""
    with caller.look() as department:
        found = department.segments.preview(rule_of(request.rule), sample=request.sample)
    return preview_answer(found, caller.drumbeat.office.keys)


@router.post("/explain", response_model=ExplainAnswer, responses=MAY_MISS)
def explain_segment(request: ExplainRequest, caller: Caller) -> JsonObject:
    """Why one contact is in a segment, or is not: each part of the rule with what was seen."""
    if request.segment and request.rule is not None:
        raise InvalidInput("segment: say either segment or rule.", field="segment")
    with caller.look() as department:
        number = _contact(department, request.contact)
        if request.segment:
            found = department.segments.explain_segment(request.segment, number)
        else:
            found = department.segments.explain(rule_of(request.rule), number)
    return explain_answer(found, caller.drumbeat.office.keys)


@router.get("/{segment}", response_model=RuleSegmentAnswer)
def show_segment(segment: str, caller: Caller) -> JsonObject:
    """A segment with a rule of its own, by name or id: the rule, and how it grew."""
    with caller.look() as department:
        found = department.segments.get(segment)
        rule = department.segments.rule_of(segment)
        changes = department.segments.list_changes(segment)
    rows = [
        {"at": c.at.isoformat(), "entered": c.entered, "left": c.left, "members": c.members}
        for c in changes
    ]
    return {**segment_row(found), "tree": rule_json(rule), "changes": rows}


@router.put("/{segment}", response_model=SegmentView, responses=MAY_MISS)
def change_segment(segment: str, request: SegmentChange, caller: Caller) -> JsonObject:
    """Call a segment with a rule otherwise; 409 while a campaign or a segment asks for it."""
    with caller.replacing() as department:
        return segment_row(rename_segment(department, segment, request.name))


@router.delete("/{segment}", response_model=SegmentRemoved, responses=MAY_MISS)
def delete_segment(segment: str, caller: Caller) -> JsonObject:
    """Remove a segment with a rule and who was in it; 409 while anything asks for it."""
    with caller.replacing() as department:
        return {"removed": remove_segment(department, segment).name}


def _contact(department: Department, named: str) -> ContactNo:
    if "@" not in named:
        return contact_no_of(named, department.office.keys)
    found = department.audience.find_contact(named)
    if found is None:
        raise NotFound(f"Nobody has the address {named[:100]!r}.")
    return found.contact_no
