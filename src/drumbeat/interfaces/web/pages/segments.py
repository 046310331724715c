"""Segments: who falls into which, by what rule, and how engaged they are; made by a criterion."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup
from starlette.responses import Response

from drumbeat.interfaces.web import charts
from drumbeat.interfaces.web.forms import text
from drumbeat.interfaces.web.rfm_grid import Grid, grid_of
from drumbeat.interfaces.web.visits import Visit
from drumbeat.interfaces.web.wording import count, percent
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.audience import Criterion, Segment, audience_units, segment_audience

_TITLES = {
    "rule": ("By rule", "Whoever its rule is true of; one person may be in several."),
    "engagement": ("Engagement", "How much they open, click and reply, newer counting more."),
    "rfm": ("Buying (RFM)", "How recently, how often and for how much they bought."),
    "lifecycle_stage": ("Lifecycle", "Where they stand between first hello and long silence."),
    "behavioral": ("Behaviour", "What they do with the mail they get."),
    "demographic": ("Country", "Where they live, as far as they said."),
}


@dataclass(frozen=True)
class Line:
    segment: Segment
    people: str
    engaged: str
    drawing: Markup


@dataclass(frozen=True)
class Group:
    criterion: str
    title: str
    about: str
    taken_at: object
    lines: Sequence[Line]
    grid: Grid | None


def list_segments(visit: Visit) -> Response:
    return _shown(visit)


def show_live(visit: Visit) -> Response:
    """Only the counts, for a page that keeps them fresh."""
    return visit.page("segments_live.html", groups=_groups(visit))


def create_segments(visit: Visit) -> Response:
    wanted = text(visit.form(), "by")
    visit.actor.require(Scope.AUDIENCE_WRITE)

    try:
        segment_audience(audience_units(visit.look), audience_units(visit.begin), wanted)
    except InvalidInput as error:
        return _shown(visit, 422, problem=str(error))
    return visit.go("/audience/segments", "segmented")


def _shown(visit: Visit, status: int = 200, problem: str = "") -> Response:
    return visit.page(
        "segments.html",
        status,
        groups=_groups(visit),
        criteria=[(each.value, _TITLES[each.value][0]) for each in Criterion],
        problem=problem,
    )


def _groups(visit: Visit) -> list[Group]:
    with visit.look() as department:
        segments = department.audience.list_segments()
    by_criterion = groupby(segments, key=lambda segment: segment.criterion)
    return [_group(criterion, list(found)) for criterion, found in by_criterion]


def _group(criterion: str, segments: list[Segment]) -> Group:
    title, about = _TITLES.get(criterion, (criterion.capitalize(), ""))
    kept = criterion == "rule"
    held = [segment for segment in segments if segment.subscriber_count or kept]
    sizes = [segment.subscriber_count for segment in held]
    whole = max(sizes, default=0) if kept else sum(sizes)
    return Group(
        criterion=criterion,
        title=title,
        about=about,
        taken_at=max(segment.taken_at for segment in segments),
        lines=[_line(segment, whole) for segment in held],
        grid=grid_of(held) if criterion == Criterion.rfm and not _too_few(held) else None,
    )


def _too_few(segments: Sequence[Segment]) -> bool:
    """Whether nobody can be placed in the grid yet; the one segment's rule says why."""
    from drumbeat.science.segmentation import TOO_FEW

    return any(segment.name == TOO_FEW for segment in segments)


def _line(segment: Segment, whole: int) -> Line:
    share = segment.subscriber_count / whole if whole else 0.0
    return Line(
        segment=segment,
        people=count(segment.subscriber_count),
        engaged=percent(segment.engagement_rate),
        drawing=charts.bar(share, f"{percent(share)} of {_whole(segment)}"),
    )


def _whole(segment: Segment) -> str:
    by_rule = segment.criterion == "rule"
    return "the largest of them" if by_rule else "everybody in this way of cutting"
