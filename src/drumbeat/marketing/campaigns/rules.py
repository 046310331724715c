"""Which states a campaign may pass to, and which briefs make sense."""

import hashlib
import json
import re
from datetime import time

from drumbeat.kit.errors import Conflict, InvalidInput
from drumbeat.marketing.approvals import Approval, ApprovalState
from drumbeat.marketing.campaigns.model import (
    Brief,
    Campaign,
    ExperimentWish,
    Launch,
    Plan,
    State,
    TimingWish,
)

MEASURING_DAYS = 7
"""How long results are collected after the last mail: the attribution window."""

SLOWEST, FASTEST = 0.001, 1_000_000  # messages a second

TRANSITIONS: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.PLANNED, State.CANCELLED}),
    State.PLANNED: frozenset({State.AWAITING_APPROVAL, State.DRAFT, State.CANCELLED}),
    State.AWAITING_APPROVAL: frozenset(
        {State.SCHEDULED, State.PLANNED, State.DRAFT, State.CANCELLED}
    ),
    State.SCHEDULED: frozenset({State.SENDING, State.PLANNED, State.PAUSED, State.CANCELLED}),
    State.SENDING: frozenset({State.MEASURING, State.PAUSED, State.CANCELLED}),
    State.MEASURING: frozenset({State.FINISHED, State.SENDING}),  # sent again, by a person
    State.PAUSED: frozenset({State.SCHEDULED, State.SENDING, State.CANCELLED}),
    State.FINISHED: frozenset(),
    State.CANCELLED: frozenset(),
}

_UNASKED = (State.DRAFT, State.PLANNED)
ELEMENTS = ("subject_line", "content", "send_time", "sender_name", "cta_button")
METRICS = ("open_rate", "click_rate", "engagement_rate", "conversion_rate")
_MAX_VARIANTS = 8
_WALL_TIME = re.compile(r"([01]?\d|2[0-3])(?::([0-5]\d))?", re.ASCII)


def check_transition(campaign: Campaign, wanted: State, verb: str) -> None:
    """Raises Conflict that says which states would have allowed it."""
    if wanted in TRANSITIONS[campaign.state]:
        return
    allowing = [state.value for state, leads in TRANSITIONS.items() if wanted in leads]
    raise Conflict(
        f"Campaign {campaign.id} is {campaign.state.value}: it cannot {verb}. "
        f"That works from: {', '.join(allowing)}."
    )


def check_brief(brief: Brief) -> None:
    """Raises InvalidInput naming the field."""
    if not brief.name.strip():
        raise InvalidInput("The campaign needs a name.", field="name")
    if not brief.subject_line.strip():
        raise InvalidInput("The campaign needs a subject line.", field="subject_line")
    if not brief.content_html.strip():
        raise InvalidInput("The campaign needs content.", field="content_html")
    if brief.timing.mode is Launch.AT and brief.timing.at is None:
        raise InvalidInput('Timing "at" needs an instant in timing.at.', field="timing.at")
    window = brief.timing.window_hours
    if window is not None and not 0 < window <= 24 * 7:
        raise InvalidInput("The window is between 0 and 168 hours.", field="timing.window")
    pace = brief.timing.pace
    if pace is not None and not SLOWEST <= pace <= FASTEST:
        problem = f"The pace is between {SLOWEST:g} and {FASTEST:,.0f} messages a second."
        raise InvalidInput(problem, field="timing.pace")
    if brief.test is not None:
        _check_test(brief.test)
    check_launch(brief, brief.timing)


def check_launch(brief: Brief, launch: TimingWish) -> None:
    """Raises InvalidInput for a test of send times that would all be the same moment."""
    if brief.test is not None and brief.test.element == "send_time" and launch.mode is Launch.NOW:
        message = "A test of send times cannot be launched now: its times are what is tested."
        raise InvalidInput(message, field="timing.mode")


def _check_test(test: ExperimentWish) -> None:
    if test.element not in ELEMENTS:
        _refuse("test.element", test.element, ELEMENTS)
    if test.metric not in METRICS:
        _refuse("test.metric", test.metric, METRICS)
    if not 2 <= len(test.variants) <= _MAX_VARIANTS:
        message = f"A test compares 2 to {_MAX_VARIANTS} variants, not {len(test.variants)}."
        raise InvalidInput(message, field="test.variants")
    if not 0 < test.traffic_split < 1:
        message = "traffic_split is a share between 0 and 1, such as 0.5."
        raise InvalidInput(message, field="traffic_split")
    if not 0.5 <= test.confidence_level < 1:
        message = "confidence_level is between 0.5 and 1, such as 0.95."
        raise InvalidInput(message, field="confidence_level")
    if test.sample_size is not None and test.sample_size < 2:
        raise InvalidInput("sample_size is at least 2.", field="sample_size")
    if test.element == "send_time":
        _check_wall_times(test.variants)


def _check_wall_times(variants: tuple[str, ...]) -> None:
    """Now, and not when the audience is frozen: by then a person approved it."""
    if len({read_wall_time(text) for text in variants}) < len(variants):
        message = "Two send-time variants are the same time of day: there is nothing to test."
        raise InvalidInput(message, field="test.variants")


def read_wall_time(text: str) -> time:
    """ "9", "9:30", "09:00" or "17:30". Raises InvalidInput."""
    found = _WALL_TIME.fullmatch(text.strip())
    if found is None:
        message = f"A send-time variant is a time of day such as 09:00, not {text[:40]!r}."
        raise InvalidInput(message, field="test.variants")
    return time(int(found[1]), int(found[2] or 0))


def _refuse(field: str, value: str, allowed: tuple[str, ...]) -> None:
    message = f"{field} {value!r} is unknown; use one of {', '.join(allowed)}."
    raise InvalidInput(message, field=field)


def is_asked(approval: Approval, campaign: Campaign) -> bool:
    """Whether this approval asks about the campaign as it stands, and waits for an answer."""
    return (
        approval.state is ApprovalState.WAITING
        and campaign.state is State.AWAITING_APPROVAL
        and campaign.plan.approval_hash == approval.content_hash
    )


def is_planned_from(read: Campaign, now: Campaign) -> bool:
    """Whether only planning lies between the two: nobody was asked when the first was read, and
    the second says and wants the same."""
    same = (now.brief, now.launch) == (read.brief, read.launch)
    return same and read.state in _UNASKED and now.state in (*_UNASKED, State.AWAITING_APPROVAL)


def arm_weights(test: ExperimentWish) -> tuple[float, ...]:
    """`traffic_split` goes to the variants in equal parts, the rest to the control."""
    others = len(test.variants) - 1
    return (1 - test.traffic_split, *([test.traffic_split / others] * others))


def approval_hash(brief: Brief, plan: Plan, *, real: bool = False) -> str:
    """Names exactly what a person approves: words, who is meant and how many, test, timing, whether
    mail leaves the house or stays in the sandbox."""
    named: list[object] = [brief.to_json(), plan.content_hash, plan.mailable, real]
    if plan.cut:  # a plan for everybody has none, nor has one of before
        named.append(plan.cut)
    text = json.dumps(named, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()


def check_messenger(campaign: Campaign, *, real: bool) -> None:
    """Raises Conflict if its mail would go elsewhere than a person was told when asked.

    Before its audience is frozen it is asked for anew instead.
    """
    if campaign.plan.real is real:
        return
    told, now = ("a real mail server", "the sandbox")[:: 1 if campaign.plan.real else -1]
    raise Conflict(
        f"Campaign {campaign.id} was approved for {told}, and mail goes to {now} now:"
        " change that back, or cancel it and plan it anew."
    )


def has_outgrown(plan: Plan, mailable: int) -> bool:
    """Whether `mailable` people are so many more than were approved that a person is asked again.

    A list grows a little every day: up to a tenth more, or ten people, are within the yes.
    """
    approved = plan.mailable or 0
    return mailable > approved + max(10, approved // 10)
