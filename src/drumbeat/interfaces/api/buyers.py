"""REST: /audience, what purchases say of those who made them: RFM and worth."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from drumbeat.interfaces.api.buyer_answers import (
    RfmAnswer,
    ValueAnswer,
    rfm_answer,
    rfm_row,
    value_answer,
    value_row,
)
from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.people_lines import rows_of, stream_people
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience import (
    LONGEST_HORIZON,
    Bought,
    Scored,
    Valuation,
    read_cuts,
    score_buyers,
    value_audience,
)
from drumbeat.science.experiments import Inconclusive

router = APIRouter(prefix="/audience", tags=["audience"])

AsOf = Annotated[
    date | None, Query(description="The last day (UTC) that counts; today if left out.")
]
Cuts = Annotated[list[float], Query(description="Four rising cut points; none is quintiles.")]
Horizon = Annotated[int, Query(ge=1, le=LONGEST_HORIZON, description="Days ahead, from `as_of`.")]
_ROWS = rows_of("a buyer")


@router.get("/rfm", response_model=RfmAnswer)
def show_rfm(
    caller: Caller,
    as_of: AsOf = None,
    recency_days: Cuts = [],  # noqa: B006 — read only
    frequency: Cuts = [],  # noqa: B006
    monetary: Cuts = [],  # noqa: B006
) -> JsonObject:
    """How recently, how often and for how much people bought: cut points, scores, segments."""
    return rfm_answer(*_scored(caller, as_of, recency_days, frequency, monetary))


@router.get("/rfm/rows", **_ROWS)
def stream_rfm(
    caller: Caller,
    as_of: AsOf = None,
    recency_days: Cuts = [],  # noqa: B006
    frequency: Cuts = [],  # noqa: B006
    monetary: Cuts = [],  # noqa: B006
) -> StreamingResponse:
    """The same with a line for every buyer before it; none where nobody can be scored yet."""
    buyers, scored = _scored(caller, as_of, recency_days, frequency, monetary)
    answer = rfm_answer(buyers, scored)
    if not isinstance(scored, Scored):
        return stream_people(caller, (), None, answer)
    return stream_people(caller, buyers.contact_nos, rfm_row(scored), answer)


@router.get("/value", response_model=ValueAnswer)
def show_value(caller: Caller, as_of: AsOf = None, horizon: Horizon = 365) -> JsonObject:
    """A forecast of who still is a customer and what they will buy and spend, and how it did."""
    return value_answer(value_audience(caller.look, horizon, as_of))


@router.get("/value/rows", **_ROWS)
def stream_value(caller: Caller, as_of: AsOf = None, horizon: Horizon = 365) -> StreamingResponse:
    """The same with a line for every buyer before it; none where there is no forecast."""
    told = value_audience(caller.look, horizon, as_of)
    if not isinstance(told.valued, Valuation):
        return stream_people(caller, (), None, value_answer(told))
    numbers, row = told.buyers.contact_nos, value_row(told.valued)
    return stream_people(caller, numbers, row, value_answer(told))


def _scored(
    caller: Caller,
    as_of: date | None,
    recency_days: list[float],
    frequency: list[float],
    monetary: list[float],
) -> tuple[Bought, Scored | Inconclusive]:
    with caller.look() as department:
        buyers = department.buyers.read_bought(as_of)
    cuts = read_cuts(recency_days, frequency, monetary, buyers.currency)
    return buyers, score_buyers(buyers, cuts)
