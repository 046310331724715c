"""How answers about campaigns look: the view, the workflow, the ledger, the figures, the tests."""

from typing import Literal

from pydantic import Field

from drumbeat.interfaces.api.shape import Count, Instant, NextCursor, Rate, Shape
from drumbeat.marketing.campaigns import Kind, State


class CampaignHead(Shape):
    campaign_id: str
    name: str
    type: Kind
    status: State
    scheduled_time: Instant | None = Field(description="Null until the send times are fixed.")
    created_at: Instant


class Check(Shape):
    level: Literal["error", "warning"]
    field: str
    message: str


class Step(Shape):
    state: State
    at: Instant
    by: str
    through: str | None = Field(description="`engine` when the engine took the step for them.")
    note: str | None


class CampaignView(CampaignHead):
    """A campaign as it stands: its state, its plan, and what it waits for."""

    approval_needed: bool
    approval_id: str | None = Field(description="There as long as a person has to say yes.")
    approval_effect: str | None = Field(None, description="What a yes will do, in words.")
    subject_line: str
    audience: list[str]
    audience_size: int | None
    mailable: int | None = Field(description="How many of them may be mailed.")
    waiting_for: str | None
    checks: list[Check]
    next_due: Instant | None
    trouble: str | None = Field(description="Why the next step cannot be taken.")
    history: list[Step]


class CampaignPage(Shape):
    campaigns: list[CampaignView]
    next_cursor: NextCursor


class ChecklistItem(Shape):
    name: str
    level: Literal["ok", "warning", "blocks", "not_checked"]
    message: str
    mend: str = Field(description="What to do about it; empty when there is nothing to do.")
    details: list[str]


class Checklist(Shape):
    """What stands between a campaign and its readers, before anybody is mailed."""

    campaign_id: str
    verdict: Literal["ok", "warning", "blocks", "not_checked"] = Field(
        description="The worst of the items."
    )
    items: list[ChecklistItem]
    seen_by: str | None = Field(description="The contact whom the mail was built for.")
    as_of: Instant
    looked_outside_at: Instant | None = Field(
        description="When links were followed and DNS was asked; null if they were not."
    )


class Ledger(Shape):
    """Counts that sum to the frozen audience: everyone the segment named, mailed or not."""

    campaign_id: str
    frozen: int
    states: dict[str, int] = Field(
        description="planned, claimed, sent, failed, suppressed, uncertain."
    )
    reasons: dict[str, int] = Field(description="Why rows are failed or suppressed.")


class LedgerRow(Shape):
    email: str | None
    step: str
    state: str
    reason: str
    message_id: str
    variant: str
    planned_at: Instant | None
    sent_at: Instant | None
    provider: str


class LedgerPage(Shape):
    rows: list[LedgerRow]
    next_cursor: NextCursor


class DecidedRows(Shape):
    """A step takes up to 1,000 rows: ask again while any are `left` of those you mean."""

    campaign_id: str
    decision: str
    rows: Count
    left: Count


class Metrics(Shape):
    """docs/metrics.md says what each of them counts."""

    sent: Count
    bounced: Count
    delivered: Count
    opens: Count
    machine_opens: Count
    clicks: Count
    machine_clicks: Count
    conversions: Count
    unsubscribes: Count
    complaints: Count
    delivery_rate: Rate
    bounce_rate: Rate
    open_rate: Rate
    click_rate: Rate
    click_to_open_ratio: Rate
    conversion_rate: Rate
    unsubscribe_rate: Rate
    complaint_rate: Rate
    revenue_generated: float | None = Field(description="In major units of the currency.")
    revenue_per_email: float | None


class Summary(Shape):
    sent_count: Count
    open_rate: Rate
    click_rate: Rate
    conversion_rate: Rate
    revenue_generated: float | None


class Analysis(Shape):
    performance_metrics: Metrics
    benchmark_comparison: dict[str, object]
    engagement_analysis: dict[str, object]
    revenue_analysis: dict[str, object]
    recommendations: list[dict[str, object]]


class Stage(Shape):
    name: str
    n: int
    share: Rate
    step_rate: Rate


class MachinesDeeds(Shape):
    """What is in no rate: a recipient whose machines acted for several reasons counts in each."""

    kind: str = Field(description="opened or clicked.")
    reason: str
    why: str = Field(description="The reason as a sentence.")
    recipients: int


class ExperimentSoFar(Shape):
    """A test of variants: `outcome` is null or `inconclusive` until the numbers say more."""

    enabled: bool


class Figures(Shape):
    performance_metrics: Summary
    performance_analysis: Analysis
    funnel: list[Stage]
    left_out: list[MachinesDeeds]
    ab_testing: ExperimentSoFar
    simulated: bool = Field(description="True: the people are a model's, and so is every figure.")
    as_of: Instant


class Hour(Shape):
    hour: int
    opens: int
    clicks: int


class Hourly(Shape):
    after_send: list[Hour]
    by_utc_hour: list[Hour]


class CampaignAnalytics(Figures):
    """What a campaign brought, counted from recorded events."""

    campaign: CampaignHead
    arms: list[dict[str, object]]
    hourly: Hourly


class Segmentation(Shape):
    criterion: str
    segments_created: int | None
    total_subscribers: int | None
    segment_details: list[dict[str, object]]


class WorkflowAnswer(Figures):
    """The whole email workflow as it stands now; every figure is null before its first event."""

    success: bool
    campaign: CampaignHead
    approval_needed: bool
    approval_id: str | None
    segmentation: Segmentation
    send_optimization: dict[str, object] | None
    ledger: Ledger
    trouble: str | None
    due_now: bool
    next_due: Instant | None
