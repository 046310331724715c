"""A segment by saying what people did and did not do: its form, its count, and its own page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import Response

from drumbeat.interfaces.web import rule_form
from drumbeat.interfaces.web.forms import text
from drumbeat.interfaces.web.growth_view import CHANGES, growth_of
from drumbeat.interfaces.web.rule_form import RuleForm, form_of, place_of, read_form, rule_of
from drumbeat.interfaces.web.visits import Visit
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import Conflict, InvalidInput
from drumbeat.marketing.audience import RFM_SEGMENTS, define_segment, segment_units
from drumbeat.marketing.audience.rule_tree import LONGEST
from drumbeat.marketing.campaigns.segment_use import remove_segment, rename_segment


@dataclass(frozen=True)
class Wrong:
    """What is wrong with which line; with none of them `whole`, with the name `name`."""

    lines: Mapping[int, str] = field(default_factory=dict)
    whole: str = ""
    name: str = ""


def show_form(visit: Visit) -> Response:
    """Empty, or with the rule of the segment that is to be changed."""
    visit.actor.require(Scope.AUDIENCE_READ)
    named = visit.query("segment")
    if not named:
        words = visit.query("words")[:LONGEST]
        return _shown(visit, RuleForm(name=visit.query("name")[:120], words=words))
    with visit.look() as department:
        found = department.segments.get(named)
        rule = department.segments.rule_of(named)
    form = form_of(found.name, rule, found.rule)
    return _shown(visit, form, deep="" if form.lines[0].fields else found.rule)


def take_form(visit: Visit) -> Response:
    """`do`: add, drop-N and see show the form again; save keeps the segment."""
    sent = visit.form()
    form = read_form(sent)
    if sent.get("do") != "save":
        return _shown(visit, form)
    visit.actor.require(Scope.AUDIENCE_WRITE)
    try:
        made = define_segment(
            segment_units(visit.look), segment_units(visit.begin), form.name, rule_of(form)
        )
    except InvalidInput as error:
        return _shown(visit, form, 422, refused=error)
    return visit.go(f"/audience/segments/{made.id}", "segment-saved")


def show_segment(visit: Visit) -> Response:
    """One segment with a rule: who is in, how it grew, and why somebody is in or is not."""
    return _one(visit)


def _one(visit: Visit, status: int = 200, problem: str = "") -> Response:
    named, address = visit.path("segment"), visit.query("why")
    with visit.look() as department:
        segments = department.segments
        found = segments.get(named)
        preview = segments.preview(segments.rule_of(named), sample=8)
        changes = segments.list_changes(named, limit=CHANGES)
        today = department.office.clock().date()
        person = department.audience.find_contact(address) if address else None
        told = None if person is None else segments.explain_segment(named, person.contact_no)
    return visit.page(
        "segment.html",
        status,
        problem=problem,
        segment=found,
        preview=preview,
        growth=growth_of(changes, today),
        address=address,
        told=told,
    )


def rename(visit: Visit) -> Response:
    named = visit.path("segment")
    try:
        with visit.begin() as department:
            kept = rename_segment(department, named, text(visit.form(), "name"))
    except (Conflict, InvalidInput) as error:
        return _one(visit, 409 if isinstance(error, Conflict) else 422, str(error))
    return visit.go(f"/audience/segments/{kept.id}", "choice-kept")


def remove(visit: Visit) -> Response:
    visit.form()
    try:
        with visit.begin() as department:
            remove_segment(department, visit.path("segment"))
    except Conflict as error:
        return _one(visit, 409, str(error))
    return visit.go("/audience/segments", "segment-removed")


def compare_segments(visit: Visit) -> Response:
    """Which segments are worth making, and who is in two of those there are."""
    with visit.look() as department:
        suggestions = department.comparing.suggest()
        overlap = department.comparing.overlap()
    return visit.page("segment_compare.html", suggestions=suggestions, overlap=overlap)


def _shown(
    visit: Visit,
    form: RuleForm,
    status: int = 200,
    *,
    refused: InvalidInput | None = None,
    deep: str = "",
) -> Response:
    with visit.look() as department:
        attributes = department.segments.known_attributes()
        segments = [each.name for each in department.audience.list_segments()]
        preview, wrong = None, Wrong() if refused is None else _wrong(refused)
        if (refused is None and any(line.fields for line in form.lines)) or form.words:
            try:
                preview = department.segments.preview(rule_of(form))
            except InvalidInput as error:
                wrong = _wrong(error)
    return visit.page(
        "segment_form.html",
        status,
        draft=form,
        preview=preview,
        wrong=wrong,
        deep=deep,
        attributes=attributes,
        segments=segments,
        rfm_segments=RFM_SEGMENTS,
        rule=rule_form,
    )


def _wrong(error: InvalidInput) -> Wrong:
    said = str(error).partition(": ")[2] if error.field.startswith("rule") else str(error)
    said = (said or str(error))[:1].upper() + (said or str(error))[1:]
    if error.field == "name":
        return Wrong(name=said)
    place = place_of(error.field)
    return Wrong(whole=said) if place is None else Wrong(lines={place: said})
