"""Five people, a letter for them, and hands that take a campaign from step to step."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.campaigns import settle_exhausted
from drumbeat.engine.facts import fold
from drumbeat.engine.loop import sending_engine
from drumbeat.kit.actor import Actor
from drumbeat.kit.ids import CampaignId
from drumbeat.kit.result import Again, NeedsApproval
from drumbeat.marketing.audience import Consent, ContactRow, MergePolicy
from drumbeat.marketing.campaigns import (
    Brief,
    Campaign,
    ExperimentWish,
    Kind,
    Launch,
    State,
    TimingWish,
)
from drumbeat.marketing.campaigns.pipeline import advance, proceed

NAMES = ("ada", "grace", "edsger", "barbara", "donald")
LETTER = Brief(
    name="Spring letter",
    kind=Kind.NEWSLETTER,
    subject_line="What we planted",
    content_html="<p>Hello {{ first_name }}, <a href='https://shop.example/x'>look</a>.</p>",
    timing=TimingWish(Launch.NOW),
)
TESTED = replace(LETTER, test=ExperimentWish("subject_line", ("What we planted", "Come and see")))


@pytest.fixture
def owner(house: Drumbeat) -> Actor:
    return house.owner()


@pytest.fixture
def people(house: Drumbeat, owner: Actor) -> tuple[str, ...]:
    """Five subscribers, and one who never confirmed."""
    return invite(house, owner)


def invite(house: Drumbeat, owner: Actor, names: Sequence[str] = NAMES) -> tuple[str, ...]:
    addresses = tuple(f"{name}@example.com" for name in names)
    rows = [ContactRow(each, consent=Consent.subscribed) for each in addresses]
    with house.begin(owner) as department:
        department.audience.merge_contacts(
            [*rows, ContactRow("silent@example.com")], MergePolicy.overwrite
        )
    return addresses


def create(house: Drumbeat, owner: Actor, brief: Brief = LETTER) -> CampaignId:
    with house.begin(owner) as department:
        return department.campaigns.create(brief).id


def planned(house: Drumbeat, owner: Actor, brief: Brief = LETTER) -> CampaignId:
    """As far as it gets without a person."""
    campaign_id = create(house, owner, brief)
    proceed(house, campaign_id)
    return campaign_id


def say_yes(house: Drumbeat, owner: Actor, campaign_id: CampaignId) -> Campaign | NeedsApproval:
    with house.begin(owner) as department:
        department.campaigns.approve(campaign_id)
        return department.campaigns.ask_launch(campaign_id)


def bring_to(house: Drumbeat, owner: Actor, state: State, brief: Brief = LETTER) -> CampaignId:
    """A campaign that has just come to this state, by the steps that lead there."""
    campaign_id = create(house, owner, brief)
    if state is State.DRAFT:
        return campaign_id
    while state_of(house, campaign_id) is State.DRAFT:
        advance(house, campaign_id)
    if state is State.PLANNED:
        return campaign_id
    proceed(house, campaign_id)
    if state is State.AWAITING_APPROVAL:
        return campaign_id
    say_yes(house, owner, campaign_id)
    proceed(house, campaign_id)
    if state in (State.CANCELLED, State.PAUSED):
        with house.begin(owner) as department:
            verb = {State.CANCELLED: department.campaigns.cancel}
            verb.get(state, department.campaigns.pause)(campaign_id)
        return campaign_id
    while state_of(house, campaign_id) is not state:
        work(house, campaign_id)
    return campaign_id


def work(house: Drumbeat, campaign_id: CampaignId) -> bool:
    """The engine's next deed for this campaign; False when it has none now."""
    if isinstance(advance(house, campaign_id), Again):
        return True
    if state_of(house, campaign_id) is State.SENDING:
        engine = sending_engine(house)
        engine.run_until_idle()
        engine.close()
        while fold(house):
            pass
        return settle_exhausted(house)
    return False


def work_off(house: Drumbeat, campaign_id: CampaignId) -> None:
    while work(house, campaign_id):
        pass


def get(house: Drumbeat, campaign_id: CampaignId) -> Campaign:
    with house.look(house.owner()) as department:
        return department.campaigns.get(campaign_id)


def state_of(house: Drumbeat, campaign_id: CampaignId) -> State:
    return get(house, campaign_id).state


def ledger(house: Drumbeat, campaign_id: CampaignId) -> dict[str, object]:
    with house.look(house.owner()) as department:
        return department.campaigns.ledger(campaign_id)


def rows(house: Drumbeat, campaign_id: CampaignId) -> list[dict[str, object]]:
    with house.look(house.owner()) as department:
        listed = department.campaigns.ledger_rows(campaign_id, None, 2_000)["rows"]
    assert isinstance(listed, list)
    return listed
