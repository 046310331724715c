"""The shapes of answers, as the API's description shows them.

Rates are fractions, money is in major units, instants are UTC; what is not known is null.
"""

from pydantic import BaseModel, Field

from drumbeat.interfaces.api.shape import NextCursor

Scalar = str | int | float | bool


class PutProblemAnswer(BaseModel):
    index: int = Field(description="The row's place in the request, from 0.")
    field: str = Field(description="What of the row is at fault.")
    reason: str


class PutAnswer(BaseModel):
    """`rows` = added + updated + unchanged + rejected."""

    rows: int
    added: int
    updated: int
    unchanged: int
    rejected: int
    problems: list[PutProblemAnswer] = Field(description="One for each rejected row.")


class ContactRow(BaseModel):
    contact_id: str = Field(examples=["con_aaaaaaaqlzq6q"])
    email: str
    external_id: str | None
    timezone: str | None
    timezone_source: str = Field(description="column, country, phone or none.")
    attributes: dict[str, Scalar]
    consent: str = Field(description="subscribed, unsubscribed or unconfirmed.")
    may_mail: bool
    reason: str | None = Field(
        description="Why not: no_consent, unsubscribed or suppressed: and its reason."
    )
    created_at: str
    changed_at: str


class ContactPage(BaseModel):
    contacts: list[ContactRow]
    next_cursor: str | None


class ConsentProofAnswer(BaseModel):
    state: str
    topic: str = Field(description="The key of the topic it is about.")
    wording: str | None = Field(description="The words they were asked in, where they are known.")
    source: str = Field(description="How we know: an import, an API, a page, a mail's link.")
    by: str
    occurred_at: str


class SegmentName(BaseModel):
    segment_id: str
    name: str
    criterion: str


class ContactMailing(BaseModel):
    campaign_id: str | None
    campaign_name: str | None
    state: str = Field(description="planned, claimed, sent, failed, suppressed or uncertain.")
    reason: str | None
    variant: str | None
    planned_at: str | None
    sent_at: str | None


class Happened(BaseModel):
    at: str
    kind: str
    campaign_id: str | None
    campaign_name: str | None
    link_no: int | None
    by_machine: bool = Field(description="A scanner's or proxy's deed: in no figure.")
    verdict: str | None = Field(
        description="Of an open or a click: human, machine or unsure, which counts."
    )
    why: str | None = Field(description="The reason of the verdict, or of a bounce, in words.")
    value: float | None
    currency: str | None


class MergedContact(BaseModel):
    contact_id: str
    email: str
    merged_at: str
    by: str


class ContactAnswer(ContactRow):
    last_open: str | None = Field(description="By a person, never by a machine.")
    last_click: str | None
    last_purchase: str | None
    total_opens: int = Field(description="By a person, never by a machine.")
    total_clicks: int
    total_purchases: int = Field(description="Distinct orders.")
    lifetime_value: float | None = Field(
        description="What they spent so far in the currency they bought in most; no forecast."
    )
    lifetime_value_currency: str | None
    lifetime_value_by_currency: dict[str, float]
    preferences: dict[str, str] = Field(description="What they said to each topic.")
    consent_proofs: list[ConsentProofAnswer] = Field(description="Oldest first.")
    segments: list[SegmentName]
    mailings: list[ContactMailing] = Field(description="Newest first.")
    merged: list[MergedContact] = Field(description="Whom this contact was made of besides.")
    timeline: list[Happened] = Field(description="Newest first, at most 200.")
    as_of: str


class TimelineAnswer(BaseModel):
    timeline: list[Happened] = Field(description="Newest first.")
    next_cursor: NextCursor


class Unsubscribed(BaseModel):
    contact_id: str
    may_mail: bool
    reason: str
    changed: bool = Field(description="False if they had said so before.")


class ApprovalCampaign(BaseModel):
    campaign_id: str
    name: str
    type: str
    status: str
    subject_line: str
    audience_size: int | None
    mailable: int | None


class ApprovalAnswer(BaseModel):
    approval_id: str
    state: str = Field(description="waiting, approved, declined or superseded.")
    effect: str = Field(description="What a yes will do, in words.")
    asked_by: str
    asked_at: str
    decided_by: str | None
    decided_at: str | None
    campaign: ApprovalCampaign


class ApprovalPage(BaseModel):
    approvals: list[ApprovalAnswer]
    next_cursor: str | None


class ContentArm(BaseModel):
    variant: int = Field(description="The number that a preview takes.")
    name: str | None = Field(description="Its letter in the test.")
    value: str | None = Field(description="What the test varies, as this arm has it.")
    weight: float | None = Field(description="Its share of the test.")
    subject_line: str
    preheader: str = Field(description="Empty: none.")
    content_html: str
    content_text: str | None = Field(description="Null: made from the HTML.")
    sender_name: str
    sender_email: str
    reply_to: str | None
    fields: dict[str, str] = Field(description="Values that this arm's templates have for all.")


class ContentLink(BaseModel):
    link_no: int
    url: str


class ContentCheck(BaseModel):
    level: str = Field(description="error or warning.")
    field: str
    message: str


class ContentAnswer(BaseModel):
    campaign_id: str
    status: str
    revision: int | None
    content_hash: str | None = Field(description="Names exactly this content.")
    created_at: str | None
    arms: list[ContentArm]
    links: list[ContentLink] = Field(description="Where tracked links lead, by number.")
    checks: list[ContentCheck]


class MissingField(BaseModel):
    name: str
    field: str = Field(description="Which part says it: subject_line, preheader, content_html, …")
    line: int = Field(description="The first line that says it, from 1.")


class ContentPreview(BaseModel):
    message: str = Field(description="RFC 5322, as it would leave.")
    missing: list[MissingField] = Field(description="What it says and the contact does not have.")
    checks: list[ContentCheck]
    links: list[str] = Field(description="Where its tracked links lead, by number.")


class ExperimentArm(BaseModel):
    name: str
    value: str
    weight: float


class ExperimentRow(BaseModel):
    experiment_id: str
    campaign_id: str
    campaign_name: str
    state: str = Field(description="designed, running or decided.")
    element: str
    metric: str
    arms: list[ExperimentArm] = Field(description="The first is the control.")
    sample_size: int | None = Field(description="People in the test, over all arms; null: all.")
    confidence_level: float
    minimum_effect: float = Field(description="Relative: 0.1 is 10 % of the control's rate.")
    created_at: str
    decided_at: str | None


class ExperimentPage(BaseModel):
    experiments: list[ExperimentRow]
    next_cursor: str | None


class ExperimentAnswer(ExperimentRow):
    analysis: dict[str, object] | None = Field(
        description="As `ab_testing` of its campaign: outcome, winner, reason, and for each arm "
        "against the control difference, interval, relative lift, p-value and method."
    )
    simulated: bool
    as_of: str


class ComparisonAnswer(BaseModel):
    arm: str
    against: str
    estimate: float | None = Field(description="The arm's rate minus the control's.")
    interval: tuple[float, float] | None = Field(description="Newcombe's, at 1 - alpha.")
    p_value: float | None
    chance_to_beat: float | None = Field(description="Null: this method has none.")
    expected_loss: float | None = Field(description="Null: this method has none.")


class SampleRatioAnswer(BaseModel):
    p_value: float
    ok: bool = Field(description="False: the split itself went wrong.")


class VerdictAnswer(BaseModel):
    kind: str = Field(description="winner, no_difference or inconclusive.")
    arm: str | None
    reason: str


class JudgementAnswer(BaseModel):
    method: str
    effect: str
    alpha: float
    metric: str | None
    comparisons: list[ComparisonAnswer]
    sample_ratio: SampleRatioAnswer | None = Field(description="Null: too few people to tell.")
    verdict: VerdictAnswer
