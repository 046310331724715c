"""How answers about segments and events look."""

from pydantic import ConfigDict, Field

from drumbeat.interfaces.api.shape import Instant, NextCursor, Rate, Shape
from drumbeat.interfaces.api.strict import Strict


class SegmentView(Shape):
    id: str
    name: str
    criterion: str
    rule: str = Field(description="The rule as a sentence.")
    subscriber_count: int
    engagement_rate: Rate
    taken_at: Instant


class SegmentChange(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Keen buyers"}]})

    name: str = Field(max_length=400, description="What it is called from now on.")


class SegmentRemoved(Shape):
    removed: str


class Segments(Shape):
    segments: list[SegmentView]


class SegmentPage(Segments):
    next_cursor: NextCursor


class RowProblem(Shape):
    row: int
    reason: str


class EventReport(Shape):
    """What became of each event. A repeated one was recorded before and changes nothing."""

    rows: int
    added: int
    repeated: int
    rejected: int
    problems: list[RowProblem]


class JudgedBy(Shape):
    verdict: str = Field(description="human, machine or unsure.")
    reason: str | None
    why: str | None = Field(description="The reason as a sentence.")
    facts: int


class JudgedReport(Shape):
    """What came of judging again. `changed` counts verdicts and reasons that are others now."""

    rules_version: int
    files: int
    facts: int = Field(description="Opens and clicks that were judged.")
    changed: int
    without_evidence: int = Field(
        description="Of these, how many keep what their own request said: its evidence is gone."
    )
    verdicts: list[JudgedBy]
