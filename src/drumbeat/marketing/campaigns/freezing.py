"""From approved to sending: the mailing, its plan file, its ledger, unit by unit.

Who is in, which arm and which instant are fixed here for ever, with their probabilities.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from drumbeat.kit.actor import Actor
from drumbeat.kit.clock import epoch
from drumbeat.kit.errors import NotFound
from drumbeat.kit.ids import MailingNo
from drumbeat.marketing.audience import AudienceArrays
from drumbeat.marketing.campaigns.model import Campaign, State
from drumbeat.marketing.campaigns.planning import approved_sender, barred_of, send_wish
from drumbeat.marketing.campaigns.ports import House, Unit
from drumbeat.marketing.campaigns.rules import has_outgrown, read_wall_time
from drumbeat.marketing.delivery import (
    LedgerPlan,
    Mailing,
    MailingState,
    NewMailing,
    plan_file_name,
    plan_ledger,
)
from drumbeat.marketing.experiments import Element, Experiment
from drumbeat.marketing.timing import SendWish
from drumbeat.storage.files import SealedFiles


def freeze_step(house: House, campaign: Campaign, actor: Actor) -> Mailing | None:
    """One bounded step; None while there is another one, the mailing once it is ready.

    An audience that outgrew its approval sends the campaign back to ask again.
    """
    number = campaign.plan.mailing_no
    if number is None:
        _open(house, campaign, actor)
        return None
    with house.look(actor) as unit:
        mailing, files = unit.delivery.get(number), unit.office.files
    if mailing.state is MailingState.draft:
        _plan(house, campaign, actor, mailing)
        return None
    if mailing.state is MailingState.freezing:
        _insert(house, actor, mailing, files)
        return None
    return mailing


def _open(house: House, campaign: Campaign, actor: Actor) -> None:
    """A mailing of the approved revision, with the targets of its links."""
    plan = campaign.plan
    with house.look(actor) as unit:
        sender = approved_sender(unit, campaign)
        compiled = unit.content.compile_piece(campaign.no, sender, revision=plan.piece_revision)
    with house.begin(actor) as unit:
        number = unit.delivery.open_mailing(
            NewMailing(
                campaign_no=campaign.no,
                kind=campaign.brief.kind.value,
                sender_name=sender.name,
                sender_email=sender.email,
                piece_no=plan.piece_no or 0,
                piece_revision=plan.piece_revision or 0,
                decided_by=campaign.owner_no,
                pace=campaign.brief.timing.pace,
                topic_no=unit.topics.get_topic(campaign.brief.topic).topic_no,
            )
        )
        unit.delivery.save_links(number, compiled.links)
        unit.campaigns.save_plan(campaign, replace(plan, mailing_no=number))


def _plan(house: House, campaign: Campaign, actor: Actor, mailing: Mailing) -> None:
    with house.look(actor) as unit:
        members = _find_members(unit, campaign)
        planned = None if members is None else _ledger(unit, campaign, members)
        files = unit.office.files
    if planned is None:
        _ask_again(house, campaign, actor, mailing, campaign.plan.outgrown)
        return
    ledger, optimization = planned
    if has_outgrown(campaign.plan, ledger.mailable):
        _ask_again(house, campaign, actor, mailing, campaign.plan.mailable)
        return
    content = ledger.to_bytes()
    name = plan_file_name(mailing.mailing_no, content)
    files.write(name, content)
    due = ledger.due[ledger.barred < 0]
    with house.begin(actor) as unit:
        unit.delivery.accept_plan(mailing.mailing_no, name, len(ledger), mailing.revision)
        if campaign.plan.experiment_id is not None:
            unit.experiments.start(campaign.plan.experiment_id)
        plan = replace(
            campaign.plan,
            timing=optimization,
            audience_size=len(ledger),
            mailable=ledger.mailable,
            first_due=int(due.min()) if len(due) else epoch(unit.office.clock()),
        )
        unit.campaigns.save_plan(campaign, plan)


def _find_members(unit: Unit, campaign: Campaign) -> AudienceArrays | None:
    """Whom the yes was for, however the segments were cut since; None if nobody knows any more."""
    try:
        return unit.audience.audience_members(campaign.brief.audience, cut=campaign.plan.cut)
    except NotFound:
        return None


def _ask_again(
    house: House, campaign: Campaign, actor: Actor, mailing: Mailing, outgrown: int | None
) -> None:
    """The yes was for far fewer people, or others: it is planned and asked for anew."""
    plan = campaign.plan
    fresh = replace(plan, mailing_no=None, timing=None, approval_hash=None, outgrown=outgrown)
    with house.begin(actor) as unit:
        unit.delivery.discard(mailing.mailing_no)
        unit.campaigns.move(replace(campaign, plan=fresh), State.PLANNED)


def _ledger(
    unit: Unit, campaign: Campaign, members: AudienceArrays
) -> tuple[LedgerPlan, dict[str, object]]:
    wish = send_wish(campaign.launch or campaign.brief.timing, campaign.brief)
    timing = unit.timing.plan_instants(members.zones, members.zone_names, wish)
    instants = timing.instants
    arms: NDArray[np.integer] = np.full(len(members), -1, dtype=np.int8)
    chances: NDArray[np.float64] | None = None
    if campaign.plan.experiment_id is not None:
        experiment = unit.experiments.get_experiment(campaign.plan.experiment_id)
        drawn = unit.experiments.assign(experiment.id, members.contact_nos)
        arms, chances = np.where(drawn.in_test, drawn.arms, -1), drawn.propensities
        instants = _arm_instants(unit, wish, members, experiment, arms, instants)
    barred = barred_of(unit, members, campaign.brief.topic)
    plan = plan_ledger(members, instants, arms, barred, chances)
    return plan, dict(timing.send_optimization())


def _arm_instants(
    unit: Unit,
    wish: SendWish,
    members: AudienceArrays,
    experiment: Experiment,
    arms: NDArray[np.integer],
    instants: NDArray[np.int64],
) -> NDArray[np.int64]:
    """In a send-time test each arm has a wall time of its own; everybody else keeps theirs."""
    if experiment.design.element is not Element.SEND_TIME:
        return instants
    for number, arm in enumerate(experiment.design.arms):
        wall = read_wall_time(arm.value)
        walls = unit.timing.plan_wall_time(members.zones, members.zone_names, wall, wish)
        instants = np.where(arms == number, walls, instants)
    return instants


def _insert(house: House, actor: Actor, mailing: Mailing, files: SealedFiles) -> None:
    plan = _plan_of(files, str(mailing.plan_file))
    with house.begin(actor) as unit:
        unit.delivery.freeze_next(MailingNo(mailing.mailing_no), plan)


@lru_cache(maxsize=1)
def _plan_of(files: SealedFiles, name: str) -> LedgerPlan:
    """Unsealed once for all its units: a plan file never changes."""
    return LedgerPlan.from_bytes(files.read(name))
