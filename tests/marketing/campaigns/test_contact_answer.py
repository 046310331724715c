"""What a contact is told to have had: every mailing by its campaign's name, however old."""

from typing import Any

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import Actor
from drumbeat.marketing.campaigns import State
from drumbeat.marketing.campaigns.contact_answer import WhichContacts, contact_answer, contact_page
from tests.conftest import HandClock
from tests.marketing.campaigns.conftest import LETTER, bring_to, work_off


def test_a_campaign_is_named_though_hundreds_came_after_it(
    house: Drumbeat, owner: Actor, clock: HandClock, people: tuple[str, ...]
) -> None:
    campaign_id = bring_to(house, owner, State.SENDING)
    work_off(house, campaign_id)
    clock.advance(seconds=1)
    with house.begin(owner) as department:
        for _ in range(500):
            department.campaigns.create(LETTER)
    with house.look(owner) as department:
        page: dict[str, Any] = contact_page(department, WhichContacts(people[0]), None, 1)
        told: dict[str, Any] = contact_answer(department, page["contacts"][0]["contact_id"])
    [had] = told["mailings"]
    assert (had["campaign_id"], had["campaign_name"]) == (campaign_id, LETTER.name)
