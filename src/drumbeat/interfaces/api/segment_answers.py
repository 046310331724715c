"""How answers about segments by rule look, and what is asked of them."""

from __future__ import annotations

from dataclasses import asdict

from pydantic import ConfigDict, Field

from drumbeat.interfaces.api.audience_answers import SegmentView
from drumbeat.interfaces.api.shape import Instant, Rate, Shape
from drumbeat.interfaces.api.strict import Strict
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience import Contact, Explanation, Preview, Segment, contact_id_of
from drumbeat.marketing.audience.rule_tree import Reason, Rule, parse_rule, read_rule, rule_json
from drumbeat.storage.secrets import KeyRing

_LINE = "clicked >= 3 in 30d and not bought"
_RULE = Field(
    description="A rule as JSON (its schema: GET /segments/schema), or in one line of words.",
    examples=[_LINE],
)


class SegmentRequest(Strict):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"by": "rfm"}, {"name": "Keen", "rule": _LINE}]}
    )

    by: str | None = Field(
        None,
        max_length=100,
        description="engagement (what is meant when nothing is said), rfm, lifecycle_stage, "
        "behavioral or demographic: everyone falls into one of several segments.",
    )
    name: str = Field("", max_length=200, description="Of a segment with a rule of its own.")
    rule: str | dict[str, object] | None = Field(None, description="Its rule, with a `name`.")


class PreviewRequest(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"rule": _LINE, "sample": 3}]})

    rule: str | dict[str, object] = _RULE
    sample: int = Field(5, ge=0, le=100, description="How many of them to show.")


class ExplainRequest(Strict):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"rule": _LINE, "contact": "ada@example.com"}]}
    )

    rule: str | dict[str, object] | None = Field(None, description="As for a preview.")
    segment: str = Field("", max_length=200, description="A kept segment instead of a rule.")
    contact: str = Field(max_length=1000, description="An address, or a contact's id.")


class PartView(Shape):
    sentence: str
    count: int = Field(description="For how many it holds alone.")


class SampledContact(Shape):
    contact_id: str
    email: str


class PreviewAnswer(Shape):
    rule: JsonObject
    sentence: str
    count: int
    people: int = Field(description="Everybody who is known.")
    mailable: int = Field(description="Of `count`, who may be mailed now.")
    parts: list[PartView]
    sample: list[SampledContact]
    as_of: Instant


class ReasonView(Shape):
    holds: bool
    sentence: str
    seen: str = Field(description="What was found; empty where `parts` tell it.")
    parts: list[ReasonView]


class MoveView(Shape):
    at: Instant
    entered: bool = Field(description="False: they left.")


class ExplainAnswer(Shape):
    contact_id: str
    email: str
    member: bool
    why: ReasonView
    moves: list[MoveView]
    as_of: Instant


class ChangeView(Shape):
    at: Instant
    entered: int
    left: int
    members: int


class RuleSegmentAnswer(SegmentView):
    tree: JsonObject = Field(description="The rule as JSON.")
    changes: list[ChangeView] = Field(description="Whenever somebody entered or left.")


class OverlapAnswer(Shape):
    segments: list[SegmentView]
    both: list[list[int]] = Field(
        description="`both[i][j]` people are in segment i and in segment j; `both[i][i]` in i."
    )


class SuggestionView(Shape):
    name: str
    rule: str = Field(description="In words, as a preview and a new segment take it.")
    purpose: str
    count: int
    mailable: int
    spent: float = Field(description="What these people spent so far, in `currency`.")
    spent_share: Rate
    currency: str
    evidence: str


class SuggestionsAnswer(Shape):
    suggestions: list[SuggestionView]
    people: int
    as_of: Instant


class SchemaAnswer(Shape):
    """JSON Schema, draft 2020-12."""

    title: str


def rule_of(given: object) -> Rule:
    """From JSON or words. Raises InvalidInput at the place that is not understood."""
    if given is None:
        raise InvalidInput("rule: say which people: a rule as JSON or in words.", field="rule")
    return parse_rule(given) if isinstance(given, str) else read_rule(given)


def segment_row(segment: Segment) -> JsonObject:
    return {**asdict(segment), "taken_at": segment.taken_at.isoformat()}


def preview_answer(found: Preview, keys: KeyRing) -> JsonObject:
    return {
        "rule": rule_json(found.rule),
        "sentence": found.sentence,
        "count": found.count,
        "people": found.people,
        "mailable": found.mailable,
        "parts": [asdict(part) for part in found.parts],
        "sample": [_named(contact, keys) for contact in found.sample],
        "as_of": found.as_of.isoformat(),
    }


def explain_answer(found: Explanation, keys: KeyRing) -> JsonObject:
    return {
        **_named(found.contact, keys),
        "member": found.reason.holds,
        "why": _why(found.reason),
        "moves": [{"at": at.isoformat(), "entered": entered} for at, entered in found.moves],
        "as_of": found.as_of.isoformat(),
    }


def _why(reason: Reason) -> JsonObject:
    parts = [_why(part) for part in reason.parts]
    return {
        "holds": reason.holds,
        "sentence": reason.sentence,
        "seen": reason.seen,
        "parts": parts,
    }


def _named(contact: Contact, keys: KeyRing) -> JsonObject:
    return {"contact_id": contact_id_of(contact.contact_no, keys), "email": contact.address}
