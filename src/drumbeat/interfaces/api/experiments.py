"""REST: /experiments, tests of campaigns, and what anybody's counts allow to say."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from drumbeat.interfaces.api.answers import ExperimentAnswer, ExperimentPage, JudgementAnswer
from drumbeat.interfaces.api.identity import Caller
from drumbeat.interfaces.api.paging import Cursor, id_of_cursor
from drumbeat.interfaces.api.strict import Strict
from drumbeat.kit.ids import ExperimentId
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.campaigns.experiment_answer import experiment_answer, experiment_rows
from drumbeat.marketing.experiments import Counted, CountedArm

router = APIRouter(prefix="/experiments", tags=["experiments"])

Limit = Annotated[int, Query(ge=1, le=200, description="Tests looked through for a page.")]
_EXAMPLE: JsonDict = {
    "arms": [
        {"name": "A", "n": 5000, "conversions": 1000},
        {"name": "B", "n": 5000, "conversions": 1120},
    ],
    "alpha": 0.05,
    "metric": "open_rate",
    "minimum_effect": 0.05,
}


class CountedArmRequest(Strict):
    """One arm: `conversions` of `n` people did what is measured."""

    name: str = Field(min_length=1, max_length=200)
    n: int = Field(description="People who got it, at most 100 million.")
    conversions: int = Field(description="How many of them did what is measured.")
    weight: float = Field(1.0, description="Its share of the split as designed.")


class CountsRequest(Strict):
    """The counts of a test that ran anywhere; the first arm is the control."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    arms: list[CountedArmRequest] = Field(description="2 to 26 of them.")
    alpha: float = Field(0.05, description="The chance of a false alarm that you accept.")
    metric: str = Field("", max_length=200, description="What is measured, for the answer.")
    effect: Literal["absolute"] = Field("absolute", description="Differences of rates.")
    method: Literal["fixed"] = Field(
        "fixed",
        description="Judged once, at the planned end: pooled z test (Fisher's exact test below 10 "
        "in a cell) with Newcombe's interval.",
    )
    minimum_effect: float = Field(
        0.1, description="What would matter, relative to the control's rate: 0.1 is 10 %."
    )

    def counted(self) -> Counted:
        arms = tuple(
            CountedArm(each.name, each.n, each.conversions, each.weight) for each in self.arms
        )
        return Counted(arms, self.alpha, self.minimum_effect, self.metric)


@router.get("", response_model=ExperimentPage)
def list_experiments(caller: Caller, cursor: Cursor = None, limit: Limit = 50) -> JsonObject:
    """The tests of campaigns, newest first; those that an edit replaced are passed over."""
    known = id_of_cursor(cursor, "exp")
    before = None if known is None else ExperimentId(known)
    with caller.look() as department:
        listed = department.experiments.list_experiments(limit=limit, before=before)
        rows = experiment_rows(department, listed)
    return {"experiments": rows, "next_cursor": listed[-1].id if len(listed) == limit else None}


@router.get("/{experiment_id}", response_model=ExperimentAnswer)
def show_experiment(experiment_id: ExperimentId, caller: Caller) -> JsonObject:
    """One test, with what its counts say today, or what was decided."""
    with caller.look() as department:
        return experiment_answer(department, experiment_id)


@router.post("/analyze", response_model=JudgementAnswer)
def analyze_counts(request: CountsRequest, caller: Caller) -> JsonObject:
    """What counts allow to say: differences, intervals, p-values, and a verdict in words."""
    with caller.look() as department:
        return department.experiments.judge_counts(request.counted()).to_json()
