"""What a caller may ask for: the request bodies, translated into marketing's own values."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field, field_validator
from pydantic.config import JsonDict

from drumbeat.interfaces.api.strict import Strict
from drumbeat.kit.clock import parse_instant
from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.campaigns import Brief, ExperimentWish, Kind, Launch, TimingWish
from drumbeat.marketing.campaigns.row_decisions import WhichRows
from drumbeat.marketing.delivery import Decision


class ExperimentRequest(Strict):
    element: str = Field(
        default="subject_line",
        description="subject_line, content, sender_name, send_time or cta_button.",
    )
    metric: str = Field(
        default="open_rate",
        description="open_rate, click_rate, engagement_rate or conversion_rate.",
    )
    variants: list[str] = Field(
        default_factory=list,
        max_length=8,
        description="What is tried. What the campaign says itself is the control.",
    )


class TimingRequest(Strict):
    mode: Literal["now", "best", "at"] | None = Field(
        default=None, description="now; best: each time zone's best hour; at: the instant in `at`."
    )
    at: datetime | None = Field(default=None, description="With its offset, or UTC.")
    window: float | None = Field(default=None, description="Hours to spread the launch over.")
    pace: float | None = Field(
        default=None, description="Messages a second at most; never more than the house allows."
    )

    def wish(self, default: Launch) -> TimingWish:
        mode = Launch(self.mode) if self.mode else (Launch.AT if self.at else default)
        at = None if self.at is None else parse_instant(self.at.isoformat(), field="timing.at")
        return TimingWish(mode, at, self.window, self.pace)


_EXAMPLE: JsonDict = {
    "name": "Spring letter",
    "type": "newsletter",
    "subject_line": "What we planted",
    "content_html": '<p>Hello {{ first_name | default: "there" }}, '
    '<a href="https://example.com/spring">see the garden</a>.</p>',
    "audience": "all",
}


_WORDS = ("subject_line", "content_html")


class EmailCampaignRequest(Strict):
    """An email campaign, as `campaigns create --file` and the email workflow send it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _EXAMPLE,
                _EXAMPLE
                | {
                    "test": {
                        "element": "subject_line",
                        "metric": "open_rate",
                        "variants": ["What we planted", "Spring is in the ground"],
                    },
                    "timing": {"mode": "at", "at": "2027-03-01T08:00:00Z"},
                },
            ]
        }
    )

    name: str = Field(max_length=200, description="What you call it; nobody else sees it.")
    type: Kind = Kind.NEWSLETTER
    subject_line: str = Field("", max_length=500, description="May hold {{ fields }}.")
    alt_subject_line: str | None = Field(
        None, max_length=500, description="A second subject: the two are tested."
    )
    content_html: str = Field(
        max_length=1_000_000, description="A Liquid template; links in it are tracked."
    )
    content_text: str | None = Field(
        None, max_length=1_000_000, description="Left out, it is made from the HTML."
    )
    preheader: str = Field(
        "", max_length=500, description="What an inbox shows behind the subject; {{ fields }} too."
    )
    enable_ab_testing: bool | None = Field(
        None, description="false: no test, though a second subject is given."
    )
    sender_name: str | None = Field(None, max_length=200, description="Left out, the house's.")
    sender_email: str | None = Field(None, max_length=320, description="Left out, the house's.")
    audience: str | list[str] | None = Field(
        None, description="all, or segments by name, id or `criterion:name`."
    )
    topic: str = Field(
        "",
        max_length=60,
        description="The key of what its readers must have allowed; left out, mail in general.",
    )
    segment_by: str = Field(
        "engagement",
        description="engagement, rfm, lifecycle_stage, behavioral or demographic.",
    )
    target_segments: list[str] | None = Field(None, description="Instead of `audience`.")
    traffic_split: float = Field(0.5, description="Of a test: what goes to the variants together.")
    sample_size: int | None = Field(
        None, description="People in the test, over all variants; left out, all."
    )
    confidence_level: float = 0.95
    test: ExperimentRequest | None = Field(None, description="A test of anything else.")
    timing: TimingRequest = Field(TimingRequest(), description="When it is sent.")
    launch: Literal["best", "now"] | None = Field(None, description="Short for `timing.mode`.")

    @field_validator("content_html", "content_text", "subject_line", "preheader")
    @classmethod
    def _no_nul(cls, text: str | None) -> str | None:
        if text is not None and "\x00" in text:
            raise ValueError("contains a NUL byte")
        return text

    def brief(self) -> Brief:
        """Raises InvalidInput naming the field."""
        test = self._test()
        subject = self.subject_line
        if not subject and test is not None and test.element == "subject_line":
            subject = test.variants[0]
        return Brief(
            name=self.name,
            kind=self.type,
            subject_line=subject,
            content_html=self.content_html,
            content_text=self.content_text,
            preheader=self.preheader,
            sender_name=self.sender_name,
            sender_email=self.sender_email,
            audience=self._audience(),
            segment_by=self.segment_by,
            topic=self.topic.strip().casefold(),
            test=test,
            timing=self.timing.wish(Launch(self.launch or "best")),
        )

    def _audience(self) -> tuple[str, ...]:
        if self.target_segments:
            return tuple(self.target_segments)
        if self.audience is None or self.audience == []:
            return ("all",)
        return (self.audience,) if isinstance(self.audience, str) else tuple(self.audience)

    def _test(self) -> ExperimentWish | None:
        """The control is what the campaign says itself, unless `variants` names it too."""
        wish = self.test
        if wish is None:
            if self.alt_subject_line is None and self.enable_ab_testing:
                message = "enable_ab_testing needs a second subject in alt_subject_line."
                raise InvalidInput(message, field="alt_subject_line")
            if self.alt_subject_line is None or self.enable_ab_testing is False:
                return None
            wish = ExperimentRequest(variants=[self.alt_subject_line])
        own = {
            "subject_line": self.subject_line,
            "content": self.content_html,
            "sender_name": self.sender_name or "",
        }.get(wish.element, "")
        named = [own] if own and own not in wish.variants else []
        return ExperimentWish(
            element=wish.element,
            variants=tuple(dict.fromkeys([*named, *wish.variants])),
            metric=wish.metric,
            traffic_split=self.traffic_split,
            sample_size=self.sample_size,
            confidence_level=self.confidence_level,
        )


class EmailWorkflowRequest(EmailCampaignRequest):
    """`approve`: the caller says yes to exactly this content; without it the workflow waits."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_EXAMPLE, _EXAMPLE | {"approve": True, "launch": "now"}]}
    )

    approve: bool = False


class ContentPreviewRequest(EmailCampaignRequest):
    """A campaign as it would be created, with whom it is looked at as."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{key: _EXAMPLE[key] for key in _WORDS}]}
    )

    name: str = Field("", max_length=200, description="Not needed to look at it.")
    contact: str | None = Field(
        None, max_length=320, description="Their address; left out, somebody without any field."
    )
    variant: int = Field(0, ge=0, description="Which one, from 0: the control.")


class LaunchRequest(Strict):
    """`now`: send at once, whatever the brief says."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"now": True}]})

    now: bool = False


class DecisionRequest(Strict):
    """About recipients by address or id, or about all that are uncertain or were given up."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"decision": "arrived", "emails": ["ada@example.com"]},
                {"decision": "send_again", "all": "given_up"},
            ]
        }
    )

    decision: Decision = Field(
        description="arrived: it counts as sent. give_up: it failed. send_again: it may come twice."
    )
    emails: list[str] = Field(default_factory=list, max_length=500)
    contact_ids: list[str] = Field(default_factory=list, max_length=500)
    all: Literal["uncertain", "given_up"] | None = Field(
        default=None,
        description="uncertain: nobody saw how they ended. given_up: their servers kept saying "
        "later; only send_again.",
    )

    def which(self) -> WhichRows:
        return WhichRows(tuple(self.emails), tuple(self.contact_ids), self.all or "")
