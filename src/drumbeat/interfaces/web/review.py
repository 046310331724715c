"""What somebody who says yes should have seen: words, people, test, time and checks, as shown.

Pure: a dossier in, values out; the template only places them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup

from drumbeat.interfaces.web import charts
from drumbeat.interfaces.web.best_hours import list_zones, overall_hour
from drumbeat.interfaces.web.dossier import Dossier
from drumbeat.interfaces.web.reading import text
from drumbeat.interfaces.web.wording import (
    count,
    counted,
    instant,
    number_of,
    percent,
    spoken,
    words,
)
from drumbeat.kit.clock import from_epoch
from drumbeat.marketing.approvals import Approval, ApprovalState
from drumbeat.marketing.campaigns import Launch, State, TimingWish
from drumbeat.marketing.experiments import Design

CLIPPED_AT = 102 * 1024
_REASONS = {
    "no_consent": "have not confirmed that they want mail",
    "unsubscribed": "unsubscribed",
    "unsubscribed_topic": "said no to mail about this",
    "paused": "asked for a pause",
    "suppressed:unsubscribed": "unsubscribed",
    "suppressed:complained": "marked our mail as spam",
    "suppressed:bounced": "address does not exist",
    "suppressed:requested": "asked never to be mailed",
    "suppressed:erased": "were erased",
    "suppressed:cancelled": "cancelled before it left",
    "cancelled": "cancelled before it left",
}
_ELEMENTS = {
    "subject_line": "subject line",
    "content": "content",
    "send_time": "send time",
    "sender_name": "sender name",
    "cta_button": "button",
}


@dataclass(frozen=True)
class Share:
    """A number of people, what part of the whole they are, and a bar of it."""

    label: str
    amount: str
    share: str
    drawing: Markup


@dataclass(frozen=True)
class People:
    named: str
    size: int
    mailable: int
    bars: Sequence[Share]
    frozen: bool


@dataclass(frozen=True)
class Checked:
    """`tone` is good, warn or bad."""

    tone: str
    title: str
    detail: str = ""


@dataclass(frozen=True)
class Decision:
    """`id` is set while somebody has to say yes or no to exactly this."""

    id: str
    effect: str
    said: str


@dataclass(frozen=True)
class Review:
    decision: Decision | None
    arms: Sequence[tuple[str, str, str]]
    people: People | None
    test: Sequence[tuple[str, str]]
    timing: str
    timing_basis: str
    zones: Sequence[tuple[str, str, str]]
    checks: Sequence[Checked]
    sender: str
    segments: Sequence[Share]
    as_of: datetime | None


def review_of(dossier: Dossier) -> Review:
    experiment = dossier.experiment
    timing = dossier.campaign.plan.timing or {}
    wish = dossier.campaign.launch or dossier.campaign.brief.timing
    taken = [at for _, at in dossier.campaign.plan.cut]
    return Review(
        decision=_decision(dossier),
        arms=_arms(dossier),
        people=_people(dossier),
        test=_test(experiment.design) if experiment else (),
        timing=_timing(wish),
        timing_basis=overall_hour(timing) if wish.mode is Launch.BEST else "",
        zones=list_zones(timing.get("timezone_specific")) if wish.mode is Launch.BEST else (),
        checks=_checks(dossier),
        sender=f"{dossier.sender.name} <{dossier.sender.email}>",
        segments=_segments(dossier.campaign.plan.segments or ()),
        as_of=from_epoch(min(taken)) if taken else None,
    )


def reason_in_words(reason: str) -> str:
    return _REASONS.get(reason, words(reason.removeprefix("suppressed:")))


def _decision(dossier: Dossier) -> Decision | None:
    approval = dossier.approval
    if approval is None:
        return None
    open_ = (
        approval.state is ApprovalState.WAITING
        and dossier.campaign.state is State.AWAITING_APPROVAL
    )
    effect = approval.effect[:1].upper() + approval.effect[1:]
    return Decision(approval.id if open_ else "", effect, _said(approval))


def _said(approval: Approval) -> str:
    if approval.decided_at is None:
        return f"Asked by {approval.asked_by} on {instant(approval.asked_at)}."
    verb = approval.state.value.capitalize()
    return f"{verb} by {approval.decided_by} on {instant(approval.decided_at)}."


def _arms(dossier: Dossier) -> list[tuple[str, str, str]]:
    """Letter, what the variant says, and its share of the test."""
    if dossier.experiment is None:
        return [("", spoken(dossier.campaign.brief.subject_line), "")]
    design = dossier.experiment.design
    shown = [(arm.name, spoken(arm.value), percent(arm.weight, 0)) for arm in design.arms]
    if design.element == "content":
        return [(letter, f"Content {letter}", share) for letter, _, share in shown]
    return shown


def _people(dossier: Dossier) -> People | None:
    plan, counts = dossier.campaign.plan, dossier.counts
    size, mailable = plan.audience_size, plan.mailable
    excluded: Mapping[str, int] = plan.excluded
    frozen = counts is not None and counts.frozen > 0
    if counts is not None and frozen:
        size, kept = counts.frozen, counts.states["suppressed"]
        mailable = size - kept
        excluded = counts.reasons
    if size is None or mailable is None:
        return None
    names = dossier.campaign.brief.audience
    named = " and ".join("everyone" if name == "all" else name for name in names)
    rows = [("may be mailed", mailable, "bar"), *_reason_rows(excluded)]
    return People(named, size, mailable, [_share(*row, size) for row in rows], frozen)


def _reason_rows(excluded: Mapping[str, int]) -> list[tuple[str, int, str]]:
    merged: dict[str, int] = {}
    for reason, n in excluded.items():
        merged[reason_in_words(reason)] = merged.get(reason_in_words(reason), 0) + n
    ordered = sorted(merged.items(), key=lambda row: -row[1])
    return [(reason, n, "bar quiet-bar") for reason, n in ordered]


def _share(label: str, amount: int, css: str, whole: int) -> Share:
    part_of = amount / whole if whole else 0.0
    said = f"{count(amount)} {label}"
    return Share(label, count(amount), percent(part_of), charts.bar(part_of, said, css))


def _segments(rows: Sequence[Mapping[str, object]]) -> list[Share]:
    whole = sum(int(number_of(row["subscriber_count"]) or 0) for row in rows)
    return [
        _share(text(row["name"]), int(number_of(row["subscriber_count"]) or 0), "bar", whole)
        for row in rows
    ]


def _test(design: Design) -> list[tuple[str, str]]:
    takes = "everybody" if design.sample_size is None else count(design.sample_size)
    return [
        ("What differs", _ELEMENTS.get(design.element, words(design.element))),
        ("Judged by", words(design.metric)),
        ("Takes part", takes),
        ("Certainty asked for", percent(design.confidence_level, 0)),
        ("A difference that matters", f"{percent(design.minimum_effect, 0)} of the first's rate"),
        (
            "Who gets which",
            "drawn by lot, once, when sending begins; everybody keeps their variant",
        ),
    ]


def _timing(wish: TimingWish) -> str:
    if wish.pace is not None:
        freely = _timing(replace(wish, pace=None)).removesuffix(".")
        return f"{freely}, at most {wish.pace:g} messages a second."
    spread = ""
    if wish.window_hours:
        spread = f", spread over {counted(wish.window_hours, 'hour')}"
    if wish.mode is Launch.NOW:
        return f"As soon as it is approved and launched{spread}."
    if wish.mode is Launch.AT:
        return f"On {instant(wish.at)}{spread}."
    return "At the best hour of each time zone" + (
        f", within {counted(wish.window_hours, 'hour')}." if wish.window_hours else "."
    )


def _checks(dossier: Dossier) -> list[Checked]:
    plan = dossier.campaign.plan
    if plan.content_hash is None:
        return []
    return [_people_check(dossier), _sender_check(dossier), *_content_checks(dossier)]


def _people_check(dossier: Dossier) -> Checked:
    mailable = dossier.campaign.plan.mailable
    if mailable:
        return Checked("good", f"{counted(mailable, 'person')} may be mailed")
    detail = "Nobody of this audience has said yes to mail, so nothing would leave."
    return Checked("bad", "Nobody may be mailed", detail)


def _sender_check(dossier: Dossier) -> Checked:
    sender = dossier.sender
    if not sender.placeholders:
        where = "" if dossier.real_messenger else "Until a mail server is set, it stays here."
        return Checked("good", f"Comes from {sender.email}", where)
    names = " and ".join(sender.placeholders)
    if dossier.real_messenger:
        return Checked("bad", "The sender is a placeholder", f"Set {names}.")
    detail = f"Fine for the sandbox, where mail stays. Before real mail, set {names}."
    return Checked("warn", "The sender is the sandbox's", detail)


def _content_checks(dossier: Dossier) -> list[Checked]:
    said = [text(check.get("message")) for check in dossier.campaign.plan.checks]
    shown = []
    footer = [message for message in said if "standard footer" in message]
    if footer:
        detail = "The standard footer adds what your HTML leaves out."
        shown.append(Checked("good", "Unsubscribe link and postal address are in", detail))
    else:
        shown.append(Checked("good", "Unsubscribe link and postal address are in your own HTML"))
    size = len(dossier.campaign.brief.content_html.encode())
    tone = "good" if size <= CLIPPED_AT else "warn"
    shown.append(Checked(tone, f"{max(size // 1024, 1)} KB of HTML; Gmail cuts at 102 KB"))
    others = dict.fromkeys(message for message in said if message not in footer)
    return shown + [Checked("warn", message) for message in others]
