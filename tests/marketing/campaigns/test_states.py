"""Every verb in every state: what is allowed leads where it should, the rest is refused and why."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import Actor
from drumbeat.kit.errors import Conflict
from drumbeat.kit.ids import CampaignId
from drumbeat.marketing.campaigns import CampaignsService, State
from drumbeat.marketing.campaigns.pipeline import advance
from drumbeat.marketing.campaigns.rules import TRANSITIONS
from tests.conftest import HandClock
from tests.marketing.campaigns.conftest import (
    LETTER,
    bring_to,
    get,
    ledger,
    state_of,
    work_off,
)

Verb = Callable[[CampaignsService, CampaignId], object]

VERBS: dict[str, Verb] = {
    "approve": CampaignsService.approve,
    "decline": CampaignsService.decline,
    "launch": CampaignsService.ask_launch,
    "pause": CampaignsService.pause,
    "resume": CampaignsService.resume,
    "cancel": CampaignsService.cancel,
    "edit": lambda service, campaign_id: service.change(campaign_id, LETTER),
}

ALLOWED: dict[State, dict[str, State]] = {
    State.DRAFT: {"launch": State.DRAFT, "cancel": State.CANCELLED, "edit": State.DRAFT},
    State.PLANNED: {"launch": State.PLANNED, "cancel": State.CANCELLED, "edit": State.DRAFT},
    State.AWAITING_APPROVAL: {
        "approve": State.AWAITING_APPROVAL,
        "decline": State.AWAITING_APPROVAL,
        "launch": State.AWAITING_APPROVAL,
        "cancel": State.CANCELLED,
        "edit": State.DRAFT,
    },
    State.SCHEDULED: {
        "approve": State.SCHEDULED,
        "launch": State.SCHEDULED,
        "pause": State.PAUSED,
        "cancel": State.CANCELLED,
    },
    State.SENDING: {
        "approve": State.SENDING,
        "pause": State.PAUSED,
        "cancel": State.CANCELLED,
    },
    State.MEASURING: {"approve": State.MEASURING},
    State.FINISHED: {"approve": State.FINISHED},
    State.PAUSED: {
        "approve": State.PAUSED,
        "launch": State.PAUSED,
        "resume": State.SCHEDULED,
        "cancel": State.CANCELLED,
    },
    State.CANCELLED: {},
}


@pytest.mark.parametrize("state", list(State))
def test_every_verb_is_allowed_or_refused_with_the_reason(
    house: Drumbeat, owner: Actor, clock: HandClock, people: tuple[str, ...], state: State
) -> None:
    campaign_id = None
    for name, verb in VERBS.items():
        campaign_id = campaign_id or come_to(house, owner, clock, state)
        before, leads = get(house, campaign_id), ALLOWED[state].get(name)
        if leads is not None:
            with house.begin(owner) as department:
                verb(department.campaigns, campaign_id)
            assert state_of(house, campaign_id) is leads, name
            campaign_id = None
            continue
        with pytest.raises(Conflict) as refused, house.begin(owner) as department:
            verb(department.campaigns, campaign_id)
        assert campaign_id in str(refused.value)
        assert state.value in str(refused.value), (name, str(refused.value))
        assert get(house, campaign_id) == before, name


def come_to(house: Drumbeat, owner: Actor, clock: HandClock, state: State) -> CampaignId:
    if state is not State.FINISHED:
        return bring_to(house, owner, state)
    campaign_id = bring_to(house, owner, State.MEASURING)
    clock.advance(days=7)
    work_off(house, campaign_id)
    assert state_of(house, campaign_id) is state
    return campaign_id


def test_the_allowed_ways_are_those_of_the_design() -> None:
    """draft → planned → awaiting_approval → scheduled → sending → measuring → finished."""
    ways = {(was, now) for was, leads in TRANSITIONS.items() for now in leads}
    line = [each for each in State if each not in (State.PAUSED, State.CANCELLED)]
    assert set(pairwise(line)) <= ways
    assert not TRANSITIONS[State.FINISHED] | TRANSITIONS[State.CANCELLED]
    back = {(now, was) for was, now in pairwise(line)} & ways
    planned_anew = (State.AWAITING_APPROVAL, State.PLANNED)
    sent_again = (State.MEASURING, State.SENDING)
    assert back == {(State.PLANNED, State.DRAFT), planned_anew, sent_again}


def test_paused_while_sending_nothing_leaves_and_resumed_everything_does(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = bring_to(house, owner, State.SENDING)
    with house.begin(owner) as department:
        assert department.campaigns.pause(campaign_id).held is State.SENDING
    work_off(house, campaign_id)
    assert house.sandbox.count() == 0
    with house.begin(owner) as department:
        assert department.campaigns.resume(campaign_id).state is State.SENDING
    work_off(house, campaign_id)
    assert house.sandbox.count() == len(people)


def test_paused_while_it_is_frozen_it_goes_on_where_it_was(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = bring_to(house, owner, State.SCHEDULED)
    for _ in range(4):  # the mailing, its plan, its rows, the start
        with house.begin(owner) as department:
            department.campaigns.pause(campaign_id)
        work_off(house, campaign_id)
        assert state_of(house, campaign_id) is State.PAUSED
        with house.begin(owner) as department:
            department.campaigns.resume(campaign_id)
        advance(house, campaign_id)
    work_off(house, campaign_id)
    assert house.sandbox.count() == len(people)


@pytest.mark.parametrize("state", [State.SCHEDULED, State.SENDING, State.PAUSED])
def test_cancelled_what_was_not_sent_ends_as_suppressed_cancelled(
    house: Drumbeat, owner: Actor, people: tuple[str, ...], state: State
) -> None:
    campaign_id = bring_to(house, owner, state)
    with house.begin(owner) as department:
        department.campaigns.cancel(campaign_id)
    work_off(house, campaign_id)
    told = ledger(house, campaign_id)
    states = told["states"]
    assert isinstance(states, dict)
    frozen = len(people) + 1 if state is State.SENDING else 0
    assert sum(states.values()) == told["frozen"] == states["suppressed"] == frozen
    reasons = {"cancelled": len(people), "no_consent": 1}
    assert told["reasons"] == (reasons if frozen else {})
    assert house.sandbox.count() == 0
