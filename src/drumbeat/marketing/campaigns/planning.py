"""The steps before a person is asked: segments, content, experiment, send times, one at a time.

Each step reads in one unit, computes in none, and saves in another, if nothing changed meanwhile.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience import (
    UNIT_ROWS,
    AudienceArrays,
    Segment,
    audience_units,
    refresh_segment,
    segment_audience,
    segment_units,
)
from drumbeat.marketing.campaigns.model import Brief, Campaign, ExperimentWish, TimingWish
from drumbeat.marketing.campaigns.ports import House, Unit
from drumbeat.marketing.campaigns.rules import arm_weights
from drumbeat.marketing.content import EmailTemplate, Level, check_templates
from drumbeat.marketing.experiments import Arm, Design, Element, Metric
from drumbeat.marketing.senders import Sender, require_real
from drumbeat.marketing.timing import Mode, SendWish


def plan_segments(house: House, campaign: Campaign, actor: Actor) -> bool:
    """Segment everyone by the brief's criterion and check that the audience it names exists."""
    if campaign.plan.segments is not None:
        return False
    segments = segment_audience(
        audience_units(partial(house.look, actor)),
        audience_units(partial(house.begin, actor)),
        campaign.brief.segment_by,
    )
    with house.begin(actor) as unit:
        unit.audience.audience_members(campaign.brief.audience)
        unit.topics.get_topic(campaign.brief.topic)
        rows = tuple(_segment_row(segment) for segment in segments)
        unit.campaigns.save_plan(campaign, replace(campaign.plan, segments=rows))
    return True


def plan_content(house: House, campaign: Campaign, actor: Actor) -> bool:
    """Keep one revision of what every arm will say."""
    if campaign.plan.content_hash is not None:
        return False
    with house.look(actor) as unit:
        sender = sender_to_send_as(unit, campaign.brief)
        context = unit.content.mail_context(sender)
        known = unit.audience.known_fields() | {"cta_button"}
    arms = templates_of(campaign.brief, sender)
    checked = check_templates(arms, context, known_fields=known)
    for check in checked.checks:
        if check.level is Level.ERROR:
            raise InvalidInput(check.message, field=check.field)
    with house.begin(actor) as unit:
        piece = unit.content.save_email(campaign.no, checked)
        plan = replace(
            campaign.plan,
            piece_no=piece.piece_no,
            piece_revision=piece.revision,
            content_hash=piece.content_hash,
            postal_address=sender.postal_address,
            checks=tuple(asdict(check) for check in checked.checks),
        )
        unit.campaigns.save_plan(campaign, plan)
    return True


def plan_experiment(house: House, campaign: Campaign, actor: Actor) -> bool:
    """Fix what is compared, by which measure, and who takes part."""
    test = campaign.brief.test
    if test is None or campaign.plan.experiment_id is not None:
        return False
    with house.begin(actor) as unit:
        experiment = unit.experiments.design(campaign.no, _design(test))
        plan = replace(campaign.plan, experiment_id=experiment.id)
        unit.campaigns.save_plan(campaign, plan)
    return True


def plan_timing(house: House, campaign: Campaign, actor: Actor) -> bool:
    """Choose hours as if it were launched now, and count who may be mailed."""
    if campaign.plan.timing is not None:
        return False
    _count_anew(house, campaign, actor)
    with house.look(actor) as unit:
        members = unit.audience.audience_members(campaign.brief.audience)
        wish = send_wish(campaign.launch or campaign.brief.timing, campaign.brief)
        plan = unit.timing.plan_instants(members.zones, members.zone_names, wish)
        barred = barred_of(unit, members, campaign.brief.topic)
    decided = replace(
        campaign.plan,
        timing=dict(plan.send_optimization()),
        audience_size=len(members),
        mailable=len(members) - len(barred),
        cut=members.cut,
        excluded=dict(Counter(barred.values())),
    )
    with house.begin(actor) as unit:
        unit.campaigns.save_plan(campaign, decided)
    return True


def _count_anew(house: House, campaign: Campaign, actor: Actor) -> None:
    """Segments by rule are planned with whom they hold for now, not since the engine looked last.

    Whoever may not keep a segment plans with whom it was taken to be.
    """
    if Scope.AUDIENCE_WRITE not in actor.scopes:
        return
    with house.look(actor) as unit:
        names = unit.segments.named_by_rule(campaign.brief.audience)
        keep = {at for each in unit.campaigns.list_unsent() for _, at in each.plan.cut}
    opened = segment_units(partial(house.look, actor)), segment_units(partial(house.begin, actor))
    for name in names:
        refresh_segment(*opened, name, keep)


PLANNING: Sequence[Callable[[House, Campaign, Actor], bool]] = (
    plan_segments,
    plan_content,
    plan_experiment,
    plan_timing,
)
"""In this order; each answers whether it did something."""


def barred_of(unit: Unit, members: AudienceArrays, topic: str) -> dict[ContactNo, str]:
    """Who of an audience may not be mailed about this topic today, and why."""
    barred: dict[ContactNo, str] = {}
    topic_no = unit.topics.get_topic(topic).topic_no
    numbers = [ContactNo(number) for number in members.contact_nos.tolist()]
    for start in range(0, len(numbers), UNIT_ROWS):
        answers = unit.audience.permissions(numbers[start : start + UNIT_ROWS], topic_no)
        barred |= {no: answer.reason for no, answer in answers.items() if not answer.may_mail}
    return barred


def send_wish(timing: TimingWish, brief: Brief) -> SendWish:
    window = None if timing.window_hours is None else timedelta(hours=timing.window_hours)
    return SendWish(
        mode=Mode(timing.mode.value), campaign_type=brief.kind.value, at=timing.at, window=window
    )


def sender_of(unit: Unit, brief: Brief) -> Sender:
    """Whose name the mail carries. Raises InvalidInput naming the field or setting."""
    return unit.senders.resolve(brief.sender_name, brief.sender_email)


def approved_sender(unit: Unit, campaign: Campaign) -> Sender:
    """Whom the approved mail is from, whatever the settings have become since.

    Raises InvalidInput if it is a placeholder and mail would leave the house.
    """
    version = unit.content.version(campaign.no, campaign.plan.piece_revision)
    senders = [
        as_planned(unit.senders.resolve(arm.sender_name, arm.sender_email), campaign)
        for arm in version.arms
    ]
    _require_fit(unit, senders)
    return senders[0]


def as_planned(sender: Sender, campaign: Campaign) -> Sender:
    """With the postal address that the plan fixed, whatever the house's has become since."""
    fixed = campaign.plan.postal_address
    return sender if fixed is None else replace(sender, postal_address=fixed)


def sender_to_send_as(unit: Unit, brief: Brief) -> Sender:
    """Raises InvalidInput naming the unset settings of a sender that may not leave the sandbox."""
    sender = sender_of(unit, brief)
    _require_fit(unit, [sender])
    return sender


def _require_fit(unit: Unit, senders: Sequence[Sender]) -> None:
    if unit.office.real_messenger:
        for sender in senders:
            require_real(sender)
    if unit.office.dead_links:
        message = (
            f"Every link in this mail, the unsubscribe link too, would lead to "
            f"{unit.office.public_url}, which only this machine can reach: set DRUMBEAT_PUBLIC_URL."
        )
        raise InvalidInput(message, field="DRUMBEAT_PUBLIC_URL")


def templates_of(brief: Brief, sender: Sender) -> list[EmailTemplate]:
    """One template an arm, the control first; a campaign without a test has one.

    Raises InvalidInput for a button test whose HTML does not show `{{ cta_button }}`.
    """
    base = EmailTemplate(
        subject=brief.subject_line,
        html=brief.content_html,
        text=brief.content_text,
        sender_name=sender.name,
        sender_email=sender.email,
        reply_to=sender.reply_to,
        preheader=brief.preheader,
    )
    test = brief.test
    if test is None:
        return [base]
    if test.element == Element.CTA_BUTTON and "cta_button" not in brief.content_html:
        message = "A button test needs {{ cta_button }} where the button's words go."
        raise InvalidInput(message, field="content_html")
    return [_variant(base, test.element, text) for text in test.variants]


def _variant(base: EmailTemplate, element: str, text: str) -> EmailTemplate:
    if element == Element.SUBJECT_LINE:
        return replace(base, subject=text)
    if element == Element.CONTENT:
        return replace(base, html=text, text=None)
    if element == Element.SENDER_NAME:
        return replace(base, sender_name=text)
    if element == Element.CTA_BUTTON:
        return replace(base, fields={"cta_button": text})
    return base  # a send-time arm differs in its instant alone


def _design(test: ExperimentWish) -> Design:
    arms = tuple(
        Arm(name=chr(ord("A") + number), value=text, weight=weight)
        for number, (text, weight) in enumerate(zip(test.variants, arm_weights(test), strict=True))
    )
    return Design(
        element=Element(test.element),
        metric=Metric(test.metric),
        arms=arms,
        sample_size=test.sample_size,
        confidence_level=test.confidence_level,
    )


def _segment_row(segment: Segment) -> dict[str, object]:
    row = asdict(segment)
    return {name: row[name] for name in ("name", "rule", "subscriber_count", "engagement_rate")}
