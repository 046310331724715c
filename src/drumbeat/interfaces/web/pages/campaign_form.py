"""The form that a campaign is written and changed in; what is wrong is said at its field."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from starlette.responses import Response

from drumbeat.interfaces.web.dossier import list_faces
from drumbeat.interfaces.web.draft_look import Look, look_at
from drumbeat.interfaces.web.drafting import (
    EMPTY,
    Draft,
    brief_of,
    draft_of_brief,
    draft_of_form,
    is_formed,
    known_zones,
    said_at,
    shown_at,
)
from drumbeat.interfaces.web.forms import text
from drumbeat.interfaces.web.pages.preview import arm_of
from drumbeat.interfaces.web.source import patient
from drumbeat.interfaces.web.visits import Visit
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import InvalidInput, NotFound
from drumbeat.kit.ids import CampaignId
from drumbeat.marketing.audience import Segment
from drumbeat.marketing.campaigns import Kind
from drumbeat.marketing.campaigns.pipeline import create_and_plan, proceed

FORM_BYTES = 2 << 20


@dataclass(frozen=True)
class Sight:
    """As whom the draft is looked at, and how it looked; None before somebody has."""

    seen_by: str
    variant: int = 0
    look: Look | None = None


def show_new(visit: Visit) -> Response:
    visit.actor.require(Scope.CAMPAIGNS_WRITE)
    return _form(visit, EMPTY)


def create(visit: Visit) -> Response:
    """As far as it gets without a person; a draft whose plan is refused does not linger."""
    draft = draft_of_form(visit.form(at_most=FORM_BYTES))

    def save() -> CampaignId:
        return create_and_plan(visit.drumbeat, brief_of(draft), visit.begin)

    return _saved(visit, draft, save, "created")


def show_edit(visit: Visit) -> Response:
    visit.actor.require(Scope.CAMPAIGNS_WRITE)
    with visit.look() as department:
        brief = department.campaigns.get(CampaignId(visit.path("campaign_id"))).brief
    if not is_formed(brief):
        detail = (
            "This campaign says more than the form can show, such as its own plain text or more "
            "than two variants. Change it where it was made: by a file or by REST."
        )
        return visit.page("error.html", 409, title="Edit it where it was made", detail=detail)
    return _form(visit, draft_of_brief(brief), editing=visit.path("campaign_id"))


def change(visit: Visit) -> Response:
    draft = draft_of_form(visit.form(at_most=FORM_BYTES))
    campaign_id = CampaignId(visit.path("campaign_id"))

    def save() -> CampaignId:
        with visit.begin() as department:
            kept = department.campaigns.get(campaign_id).brief
            if not is_formed(kept):
                raise InvalidInput("This campaign says more than the form can.", field="form")
            wanted = brief_of(draft, segment_by=kept.segment_by)
            department.campaigns.change(campaign_id, wanted)
        proceed(visit.drumbeat, campaign_id)
        return campaign_id

    return _saved(visit, draft, save, "changed")


def see(visit: Visit) -> Response:
    """The form as it was sent, with the mail as one contact would get it; nothing is saved."""
    form = visit.form(at_most=FORM_BYTES)
    draft, seen_by = draft_of_form(form), text(form, "as")
    editing = visit.request.path_params.get("campaign_id", "")
    sight = Sight(seen_by, arm_of(text(form, "variant")))
    try:
        look = look_at(
            visit.drumbeat,
            visit.actor,
            visit.source.drafts,
            draft,
            seen_by=seen_by,
            variant=sight.variant,
        )
    except InvalidInput as error:
        return _form(visit, draft, editing=editing, error=error, sight=sight)
    except NotFound as error:
        unknown = InvalidInput(str(error), field="as")
        return _form(visit, draft, editing=editing, error=unknown, sight=sight)
    return _form(visit, draft, editing=editing, sight=replace(sight, look=look))


def _saved(visit: Visit, draft: Draft, save: Callable[[], CampaignId], said: str) -> Response:
    try:
        campaign_id = save()
    except InvalidInput as error:
        editing = visit.request.path_params.get("campaign_id", "")
        return _form(visit, draft, editing=editing, error=error)
    return visit.go(f"/campaigns/{campaign_id}", said)


def _form(
    visit: Visit,
    draft: Draft,
    *,
    editing: str = "",
    error: InvalidInput | None = None,
    sight: Sight | None = None,
) -> Response:
    """`sight` is there when the form was sent to be looked at: then nothing was to be saved."""
    segments: list[Segment] = []
    faces: Sequence[str] = ()
    subscribers = None
    with visit.look() as department:
        topics = department.topics.list_topics()
    if visit.may(Scope.AUDIENCE_READ):
        with visit.look() as department:
            segments = [each for each in department.audience.list_segments()]
            subscribers = patient(department).audience.count_audience().subscribers
            faces = list_faces(department)
    return visit.page(
        "campaign_form.html",
        422 if error is not None else 200,
        draft=draft,
        editing=editing,
        segments=_named([each for each in segments if each.subscriber_count]),
        subscribers=subscribers,
        topics=topics,
        kinds=[kind.value for kind in Kind],
        zones=sorted(zone for zone in known_zones() if "/" in zone or zone == "UTC"),
        wrong={} if error is None else {_place_of(error): said_at(error)},
        unsaved=error is not None and sight is None,
        sight=sight or Sight(faces[0] if faces else ""),
        faces=faces,
    )


def _place_of(error: InvalidInput) -> str:
    return "as" if error.field == "as" else shown_at(error)


def _named(segments: list[Segment]) -> list[tuple[str, Segment]]:
    """Each with the name that an audience calls it by: with its criterion where two share one."""
    names = [segment.name for segment in segments]
    return [
        (each.name if names.count(each.name) == 1 else f"{each.criterion}:{each.name}", each)
        for each in segments
    ]
