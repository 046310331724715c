"""What the engine sends it sends as the person who decided: gone or without the right, it stops."""

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.loop import Engine
from drumbeat.kit.actor import Actor
from drumbeat.marketing.campaigns import State
from drumbeat.marketing.campaigns.answer import campaign_view
from tests.marketing.campaigns.conftest import bring_to, get, ledger, state_of


def demote(house: Drumbeat, owner: Actor, change: str) -> None:
    """As no use case does yet: the person's row is changed under them."""
    with house.database.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE person SET {change} WHERE person_no = {owner.person_no}"
        )


def trouble(house: Drumbeat, owner: Actor, campaign_id: object) -> str:
    with house.look(owner) as department:
        [campaign] = department.campaigns.list_()
        assert campaign.id == campaign_id
        return str(campaign_view(department, campaign)["trouble"])


@pytest.mark.parametrize("state", [State.AWAITING_APPROVAL, State.SCHEDULED, State.SENDING])
@pytest.mark.parametrize("change", ["role = 'viewer'", "removed_at = 1"])
def test_it_stops_says_why_and_goes_on_when_the_right_is_back(
    house: Drumbeat, owner: Actor, people: tuple[str, ...], state: State, change: str
) -> None:
    campaign_id = bring_to(house, owner, state)
    if state is State.AWAITING_APPROVAL:
        with house.begin(owner) as department:
            department.campaigns.approve(campaign_id)
            department.campaigns.ask_launch(campaign_id)
    demote(house, owner, change)
    Engine(house).run(until_idle=True)
    assert state_of_owner(house, owner, campaign_id) is state
    assert house.sandbox.count() == 0
    said = trouble(house, owner, campaign_id)
    assert ("may not do this" if "viewer" in change else "no account here") in said
    demote(house, owner, "role = 'owner', removed_at = NULL")
    if state is State.SENDING:
        with house.begin(owner) as department:
            department.campaigns.resume(campaign_id)
    Engine(house).run(until_idle=True)
    assert state_of(house, campaign_id) is State.MEASURING
    assert get(house, campaign_id).trouble is None
    assert trouble(house, owner, campaign_id) == "None"
    assert house.sandbox.count() == len(people)
    states = ledger(house, campaign_id)["states"]
    assert isinstance(states, dict)
    assert states["sent"] == len(people)


def state_of_owner(house: Drumbeat, owner: Actor, campaign_id: object) -> State:
    """Asked as somebody who kept their rights: looking must not make a new owner."""
    with house.look(owner) as department:
        [campaign] = department.campaigns.list_()
    assert campaign.id == campaign_id
    return campaign.state
