"""The line from brief to result, as a literal: which step each state waits on.

`advance` takes one bounded step; the campaign's row is the program counter, so a killed process
goes on from where the row stands. Engine, demo, REST and command line call the same function.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime, timedelta

from drumbeat.kit.actor import GATEKEEPER, SYSTEM_CLEARING, SYSTEM_UPKEEP, Actor
from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.errors import Conflict, DrumbeatError, NotFound, Overtaken
from drumbeat.kit.ids import CampaignId, MailingNo
from drumbeat.kit.result import Again, Done, Progress, Waiting
from drumbeat.marketing.approvals import ApprovalState
from drumbeat.marketing.campaigns.freezing import freeze_step
from drumbeat.marketing.campaigns.judging import decide_experiment
from drumbeat.marketing.campaigns.model import Brief, Campaign, State
from drumbeat.marketing.campaigns.planning import PLANNING, plan_content, plan_timing
from drumbeat.marketing.campaigns.ports import House, Unit
from drumbeat.marketing.campaigns.rules import MEASURING_DAYS, approval_hash, check_messenger
from drumbeat.marketing.delivery import MailingState

Step = Callable[[House, Campaign, Actor], Progress]


def advance(house: House, campaign_id: CampaignId) -> Progress:
    """Take the campaign's next step, as its owner through the engine.

    Raises what the step refuses (InvalidInput, NotPermitted, Conflict); nothing is half done.
    """
    with house.look(SYSTEM_UPKEEP) as unit:
        campaign = unit.campaigns.get(campaign_id)
    if campaign.state is State.CANCELLED:
        return clear_cancelled(house, campaign, SYSTEM_CLEARING)
    step = PIPELINE.get(campaign.state)
    if step is None:
        return Done() if campaign.state is State.FINISHED else Waiting("resume")
    with house.look(GATEKEEPER) as unit:
        actor = unit.accounts.actor_of(campaign.owner_no).through("engine")
    return step(house, campaign, actor)


def proceed(house: House, campaign_id: CampaignId) -> None:
    """Advance until the campaign waits for a person; freezing and sending are the engine's.

    An engine may take the same steps at the same time: whoever comes second reads anew.
    """
    overtaken = 0
    while True:
        with house.look(SYSTEM_UPKEEP) as unit:
            state = unit.campaigns.get(campaign_id).state
        try:
            if state not in _BEFORE_SCHEDULE or advance(house, campaign_id) != Again():
                return
        except Overtaken:
            overtaken += 1
            if overtaken > _PATIENCE:
                raise


def create_and_plan(
    house: House,
    brief: Brief,
    begin: Callable[[], AbstractContextManager[Unit]],
    campaign_id: CampaignId | None = None,
) -> CampaignId:
    """A campaign as far as it gets without a person; one of that id is gone on with.

    One that was made here and whose plan is refused is taken back, unless somebody has touched it
    since: whoever asked was told, and no draft may linger. `begin` opens the caller's own units.
    """
    with begin() as unit:
        known = None if campaign_id is None else unit.campaigns.find(campaign_id)
        campaign = known or unit.campaigns.create(brief, campaign_id)
    try:
        proceed(house, campaign.id)
    except Overtaken:  # somebody else is at work on it
        raise
    except DrumbeatError:
        if known is None:
            with suppress(Conflict, NotFound), begin() as unit:
                unit.campaigns.drop(campaign)
        raise
    return campaign.id


def plan_next(house: House, campaign: Campaign, actor: Actor) -> Progress:
    """draft → planned: the first planning step that has something to do."""
    if not any(step(house, campaign, actor) for step in PLANNING):
        with house.begin(actor) as unit:
            unit.campaigns.move(campaign, State.PLANNED)
    return Again()


def ask_approval(house: House, campaign: Campaign, actor: Actor) -> Progress:
    """planned → awaiting_approval: a question bound to these words and this many people."""
    if plan_content(house, campaign, actor) or plan_timing(house, campaign, actor):
        return Again()
    plan = campaign.plan
    with house.begin(actor) as unit:
        real = unit.office.real_messenger
        named = approval_hash(campaign.brief, plan, real=real)
        unit.approvals.ask(campaign.id, named, effect=_effect(campaign, real=real))
        asked = replace(campaign, plan=replace(plan, approval_hash=named, real=real))
        unit.campaigns.move(asked, State.AWAITING_APPROVAL)
    return Again()


def await_approval(house: House, campaign: Campaign, actor: Actor) -> Progress:
    """awaiting_approval → scheduled: once a person said yes and somebody asked for the launch."""
    if _asked_for_elsewhere(house, campaign, actor):
        return Again()
    with house.look(actor) as unit:
        approval = unit.campaigns.approval_of(campaign)
    if approval is None or approval.state is not ApprovalState.APPROVED:
        declined = approval is not None and approval.state is ApprovalState.DECLINED
        return Waiting("an edit: the approval was declined" if declined else "approval")
    if campaign.launch is None:
        return Waiting("launch")
    with house.begin(actor) as unit:
        unit.campaigns.move(campaign, State.SCHEDULED)
    return Again()


def freeze(house: House, campaign: Campaign, actor: Actor) -> Progress:
    """scheduled → sending: the audience is frozen, and its first moment has come."""
    if campaign.plan.mailing_no is None and _asked_for_elsewhere(house, campaign, actor):
        return Again()
    mailing = freeze_step(house, campaign, actor)
    if mailing is None:
        return Again()
    with house.begin(actor) as unit:
        first = from_epoch(campaign.plan.first_due or 0)
        if first > unit.office.clock():
            return Waiting("the first send time", first)
        check_messenger(campaign, real=unit.office.real_messenger)
        unit.delivery.start(mailing.mailing_no)
        unit.campaigns.move(campaign, State.SENDING)
    return Again()


def _asked_for_elsewhere(house: House, campaign: Campaign, actor: Actor) -> bool:
    """A yes to the sandbox is no yes to mail that leaves the house: then it is planned anew."""
    with house.look(actor) as unit:
        real = unit.office.real_messenger
    named = approval_hash(campaign.brief, campaign.plan, real=real)
    if named == campaign.plan.approval_hash:
        return False
    with house.begin(actor) as unit:
        fresh = replace(campaign.plan, content_hash=None, approval_hash=None)
        unit.campaigns.move(replace(campaign, plan=fresh), State.PLANNED)
    return True


def watch_delivery(house: House, campaign: Campaign, actor: Actor) -> Progress:
    """sending → measuring: every row of the ledger has ended and was recounted."""
    with house.look(actor) as unit:
        mailing = unit.delivery.get(_mailing(campaign))
        due = unit.delivery.next_due()
    if mailing.state is not MailingState.settled:
        return Waiting("delivery", due)
    with house.begin(actor) as unit:
        plan = replace(campaign.plan, settled_at=epoch(unit.office.clock()))
        unit.campaigns.move(replace(campaign, plan=plan), State.MEASURING)
    return Again()


def measure(house: House, campaign: Campaign, actor: Actor) -> Progress:
    """measuring → finished: the attribution window is over, the experiment is judged.

    → sending, should its mailing send: before that was one unit, sending again left it measuring.
    """
    with house.look(actor) as unit:
        now, settled = unit.office.clock(), _is_settled(unit, campaign)
    if not settled:
        with house.begin(actor) as unit:
            plan = replace(campaign.plan, settled_at=None)
            unit.campaigns.move(replace(campaign, plan=plan), State.SENDING)
        return Again()
    over = measured_until(campaign)
    if now < over:
        return Waiting("results", over)
    decide_experiment(house, campaign, actor)
    with house.begin(actor) as unit:
        unit.campaigns.move(campaign, State.FINISHED)
    return Again()


def clear_cancelled(house: House, campaign: Campaign, actor: Actor) -> Progress:
    """cancelled: every row that still waits becomes suppressed(cancelled).

    Done as the house itself: a person decided it, and may be gone by now.
    """
    number = campaign.plan.mailing_no
    if number is None or campaign.plan.settled_at is not None:
        return Done()
    with house.begin(actor) as unit:
        if unit.delivery.cancel_next(number) == 0:
            plan = replace(campaign.plan, settled_at=epoch(unit.office.clock()))
            unit.campaigns.save_plan(campaign, plan)
    return Again()


PIPELINE: Mapping[State, Step] = {
    State.DRAFT: plan_next,
    State.PLANNED: ask_approval,
    State.AWAITING_APPROVAL: await_approval,
    State.SCHEDULED: freeze,
    State.SENDING: watch_delivery,
    State.MEASURING: measure,
}

_PATIENCE = 20
_BEFORE_SCHEDULE = (State.DRAFT, State.PLANNED, State.AWAITING_APPROVAL)


def measured_until(campaign: Campaign) -> datetime:
    return from_epoch(campaign.plan.settled_at or 0) + timedelta(days=MEASURING_DAYS)


def next_due(unit: Unit) -> datetime | None:
    """When any campaign has a next step, perhaps in the past; None when all wait for people."""
    steps = (due_of(unit, campaign) for campaign in unit.campaigns.list_advancing())
    return min((due for due in steps if due is not None), default=None)


def cuts_in_use(unit: Unit) -> set[int]:
    """When the segments were taken that a campaign, which may still send, was planned with."""
    return {at for campaign in unit.campaigns.list_unsent() for _, at in campaign.plan.cut}


def due_of(unit: Unit, campaign: Campaign) -> datetime | None:
    """When this campaign's next step can be taken; None while it waits for a person."""
    now = unit.office.clock()
    if campaign.trouble is not None:
        return None
    if campaign.state in (State.DRAFT, State.PLANNED):
        return now
    if campaign.state is State.AWAITING_APPROVAL:
        approval = unit.campaigns.approval_of(campaign)
        given = approval is not None and approval.state is ApprovalState.APPROVED
        return now if given and campaign.launch is not None else None
    if campaign.state is State.SCHEDULED:
        first = campaign.plan.first_due
        return now if first is None or not _is_frozen(unit, campaign) else from_epoch(first)
    if campaign.state is State.SENDING:
        number = _mailing(campaign)
        if unit.delivery.get(number).state is MailingState.paused:
            return None  # nobody answers for it any more; `trouble` says why
        # What engines hold is due until they have said what became of it.
        held = unit.delivery.ledger(number).states["claimed"] > 0
        return now if held else unit.delivery.next_due_of(number) or now
    if campaign.state is State.MEASURING:
        return measured_until(campaign) if _is_settled(unit, campaign) else now
    if campaign.state is State.CANCELLED:
        waiting = campaign.plan.mailing_no is not None and campaign.plan.settled_at is None
        return now if waiting else None
    return None


def _is_settled(unit: Unit, campaign: Campaign) -> bool:
    return unit.delivery.get(_mailing(campaign)).state is MailingState.settled


def _is_frozen(unit: Unit, campaign: Campaign) -> bool:
    number = campaign.plan.mailing_no
    return number is not None and unit.delivery.get(number).state is MailingState.ready


def _effect(campaign: Campaign, *, real: bool) -> str:
    """What a yes will do, in words."""
    brief, mailable = campaign.brief, campaign.plan.mailable or 0
    names = " and ".join("everyone" if name == "all" else name for name in brief.audience)
    test = "" if brief.test is None else f", testing {brief.test.element.replace('_', ' ')}"
    where = "" if real else ", into the sandbox"
    before = campaign.plan.outgrown
    grown = "" if before is None else f" (the audience grew: the yes was for {before:,})"
    taken = [at for _, at in campaign.plan.cut]
    as_of = f" as of {from_epoch(min(taken)):%Y-%m-%d %H:%M} UTC" if taken else ""
    return f"send {brief.name!r} to {mailable:,} of {names}{as_of}{test}{where}{grown}"


def _mailing(campaign: Campaign) -> MailingNo:
    assert campaign.plan.mailing_no is not None
    return campaign.plan.mailing_no
