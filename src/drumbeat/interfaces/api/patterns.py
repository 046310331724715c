"""REST: /audience, what people's behaviour says: groups, propensity, look-alikes, the journey."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from drumbeat.interfaces.api.buyers import AsOf
from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.pattern_answers import (
    ClustersAnswer,
    EngagementAnswer,
    JourneyAnswer,
    LookalikesAnswer,
    PropensityAnswer,
    cluster_row,
    clusters_answer,
    engagement_answer,
    journey_answer,
    likeness_row,
    lookalikes_answer,
    propensity_answer,
    propensity_row,
)
from drumbeat.interfaces.api.people_lines import rows_of, stream_people
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience import (
    Alike,
    Deed,
    contact_no_of,
    find_alike,
    foretell_audience,
    group_audience,
    trace_audience,
)
from drumbeat.science.segmentation import MOST_CLUSTERS, Clusters, Propensity

router = APIRouter(prefix="/audience", tags=["audience"])

LONGEST_HORIZON = 366
MOST_ALIKE = 100_000
_ROWS = rows_of("a person")
Groups = Annotated[
    int | None,
    Query(ge=2, le=MOST_CLUSTERS, description="How many groups; left out, those that fit best."),
]
Horizon = Annotated[int, Query(ge=1, le=LONGEST_HORIZON, description="Days ahead, from `as_of`.")]
Step = Annotated[int, Query(ge=1, le=366, description="Days from one moment to the next.")]
Moments = Annotated[int, Query(ge=2, le=60, description="How many moments, the last is `as_of`.")]
Top = Annotated[int, Query(ge=1, le=MOST_ALIKE, description="How many, the likest first.")]
SegmentName = Annotated[str, Query(min_length=1, max_length=200, description="A segment's name.")]


@router.get("/clusters", response_model=ClustersAnswer)
def show_clusters(caller: Caller, as_of: AsOf = None, clusters: Groups = None) -> JsonObject:
    """Groups of people who behave alike, and how much of a group they are."""
    return clusters_answer(group_audience(caller.look, clusters, as_of))


@router.get("/clusters/rows", **_ROWS)
def stream_clusters(
    caller: Caller, as_of: AsOf = None, clusters: Groups = None
) -> StreamingResponse:
    """The same with a line for everybody before it."""
    grouped = group_audience(caller.look, clusters, as_of)
    row = cluster_row(grouped.found) if isinstance(grouped.found, Clusters) else None
    numbers = grouped.behaviour.contact_nos
    return stream_people(caller, numbers, row, clusters_answer(grouped))


@router.get("/propensity", response_model=PropensityAnswer)
def show_propensity(
    caller: Caller, deed: Deed, as_of: AsOf = None, horizon: Horizon = 30
) -> JsonObject:
    """How many will do it in the days to come, and how such a forecast did before."""
    return propensity_answer(foretell_audience(caller.look, deed, horizon, as_of))


@router.get("/propensity/rows", **_ROWS)
def stream_propensity(
    caller: Caller, deed: Deed, as_of: AsOf = None, horizon: Horizon = 30
) -> StreamingResponse:
    """The same with a line for everybody before it; none where there is no forecast."""
    told = foretell_audience(caller.look, deed, horizon, as_of)
    row = propensity_row(told.learnt) if isinstance(told.learnt, Propensity) else None
    return stream_people(caller, told.behaviour.contact_nos, row, propensity_answer(told))


@router.get("/lookalikes", response_model=LookalikesAnswer)
def show_lookalikes(caller: Caller, segment: SegmentName, as_of: AsOf = None) -> JsonObject:
    """Whether people like those of a segment can be told, by hiding some of its own."""
    return lookalikes_answer(segment, _alike(caller, segment, as_of))


@router.get("/lookalikes/rows", **_ROWS)
def stream_lookalikes(
    caller: Caller, segment: SegmentName, as_of: AsOf = None, top: Top = 1_000
) -> StreamingResponse:
    """The likest people who are not in it, the likest first, and last the same answer."""
    alike = _alike(caller, segment, as_of)
    answer = lookalikes_answer(segment, alike)
    return stream_people(caller, alike.contact_nos[:top], likeness_row(alike), answer)


@router.get("/journey", response_model=JourneyAnswer)
def show_journey(
    caller: Caller, as_of: AsOf = None, step: Step = 30, moments: Moments = 13
) -> JsonObject:
    """How people move between lifecycle stages: how many, and how long it takes."""
    return journey_answer(trace_audience(caller.look, step, moments, as_of))


@router.get("/engagement/{contact_id}", response_model=EngagementAnswer)
def show_engagement(contact_id: str, caller: Caller, as_of: AsOf = None) -> JsonObject:
    """Why one contact is as engaged as they are: the deeds that their score is made of."""
    with caller.look() as department:
        number = contact_no_of(contact_id, department.office.keys)
        number = department.audience.get_contact(number).contact_no  # who was kept
        return engagement_answer(contact_id, department.behaviour.explain_engagement(number, as_of))


def _alike(caller: Caller, segment: str, as_of: AsOf) -> Alike:
    with caller.look() as department:
        behaviour = department.behaviour.read(as_of)
        members = department.behaviour.find_members(segment)
    return find_alike(behaviour, members)
