"""How answers about segments and events look."""

from pydantic import Field

from drumbeat.interfaces.api.shape import Instant, NextCursor, Rate, Shape


class SegmentView(Shape):
    id: str
    name: str
    criterion: str
    rule: str = Field(description="The rule as a sentence.")
    subscriber_count: int
    engagement_rate: Rate
    taken_at: Instant


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
