"""After a restore nothing is sent until a person says so, whatever state a campaign was in."""

from datetime import UTC, datetime

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.campaigns import settle_exhausted
from drumbeat.engine.loop import sending_engine
from drumbeat.kit.actor import Actor
from drumbeat.marketing.campaigns import State
from drumbeat.marketing.campaigns.restoring import hold_restored
from tests.marketing.campaigns.conftest import bring_to, get, rows, say_yes, work_off

TAKEN_AT = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
DONE = (State.MEASURING, State.CANCELLED)
AFTER = {
    State.DRAFT: State.AWAITING_APPROVAL,
    State.PLANNED: State.AWAITING_APPROVAL,
    State.AWAITING_APPROVAL: State.AWAITING_APPROVAL,
    State.SCHEDULED: State.PAUSED,
    State.SENDING: State.PAUSED,
    State.PAUSED: State.PAUSED,
    State.MEASURING: State.MEASURING,
    State.CANCELLED: State.CANCELLED,
}


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("state", AFTER)
def test_no_state_sends_by_itself(house: Drumbeat, owner: Actor, state: State) -> None:
    campaign_id = bring_to(house, owner, state)
    if state in (State.DRAFT, State.PLANNED, State.AWAITING_APPROVAL):
        with house.begin(owner) as department:
            department.campaigns.ask_launch(campaign_id)
    sent = [row["sent_at"] for row in rows(house, campaign_id)]
    held = hold_restored(house, TAKEN_AT)
    assert [each.id for each in held] == ([] if state in DONE else [campaign_id])
    work_off(house, campaign_id)
    after = get(house, campaign_id)
    assert after.state is AFTER[state]
    assert ("2026-11-02 08:30" in (after.trouble or "")) == (after.state is State.PAUSED)
    if state is not State.MEASURING:
        assert [row["sent_at"] for row in rows(house, campaign_id)] == sent


@pytest.mark.usefixtures("people")
def test_a_yes_given_before_waits_for_a_launch_asked_for_after(
    house: Drumbeat, owner: Actor
) -> None:
    campaign_id = bring_to(house, owner, State.AWAITING_APPROVAL)
    say_yes(house, owner, campaign_id)
    hold_restored(house, TAKEN_AT)
    work_off(house, campaign_id)
    assert get(house, campaign_id).state is State.AWAITING_APPROVAL
    with house.begin(owner) as department:
        department.campaigns.ask_launch(campaign_id)
    work_off(house, campaign_id)
    assert get(house, campaign_id).state is State.MEASURING


@pytest.mark.usefixtures("people")
def test_who_resumes_goes_on_where_it_was(house: Drumbeat, owner: Actor) -> None:
    campaign_id = bring_to(house, owner, State.SENDING)
    hold_restored(house, TAKEN_AT)
    with house.begin(owner) as department:
        resumed = department.campaigns.resume(campaign_id)
        trail = department.campaigns.list_transitions(campaign_id)
    assert (resumed.state, resumed.trouble) == (State.SENDING, None)
    assert any("restored from a backup" in step.note for step in trail)
    work_off(house, campaign_id)
    assert {row["state"] for row in rows(house, campaign_id)} == {"sent", "suppressed"}


@pytest.mark.usefixtures("people")
def test_a_settled_mailing_goes_on_to_its_results(house: Drumbeat, owner: Actor) -> None:
    campaign_id = bring_to(house, owner, State.SENDING)
    engine = sending_engine(house)
    engine.run_until_idle()
    engine.close()
    assert settle_exhausted(house)
    assert get(house, campaign_id).state is State.SENDING
    assert hold_restored(house, TAKEN_AT) == []
    work_off(house, campaign_id)
    assert get(house, campaign_id).state is State.MEASURING
