"""A campaign that names a topic reaches those who allowed it, whichever way it came in."""

from dataclasses import replace

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import PUBLIC_CHOICES, Actor
from drumbeat.marketing.audience import Asked
from drumbeat.marketing.campaigns import Brief, State
from drumbeat.marketing.campaigns.pipeline import advance, proceed
from tests.marketing.campaigns.conftest import (
    LETTER,
    bring_to,
    create,
    get,
    ledger,
    planned,
    rows,
    say_yes,
    work_off,
)

ABOUT = replace(LETTER, topic="garden-tips")


@pytest.fixture
def gardeners(house: Drumbeat, owner: Actor, people: tuple[str, ...]) -> tuple[str, ...]:
    """The first two allowed a topic; the third refused it; all five allowed mail in general."""
    asked = Asked("form")
    with house.begin(owner) as d:
        d.topics.add_topic("Garden tips")
        numbers = d.audience.contact_numbers(people)
        for address in people[:2]:
            d.topics.choose(numbers[address], {"garden-tips": True}, asked)
        d.topics.choose(numbers[people[2]], {"garden-tips": False}, asked)
    return people[:2]


def test_those_without_permission_are_frozen_as_such_and_never_planned(
    house: Drumbeat, owner: Actor, people: tuple[str, ...], gardeners: tuple[str, ...]
) -> None:
    campaign_id = planned(house, owner, ABOUT)
    assert get(house, campaign_id).plan.excluded == {"no_consent": 3, "unsubscribed_topic": 1}
    say_yes(house, owner, campaign_id)
    work_off(house, campaign_id)
    counted = ledger(house, campaign_id)
    assert counted["frozen"] == len(people) + 1
    assert counted["reasons"] == {"no_consent": 3, "unsubscribed_topic": 1}
    sent = [row["email"] for row in rows(house, campaign_id) if row["state"] == "sent"]
    assert sorted(str(each) for each in sent) == sorted(gardeners)
    assert house.sandbox.count() == len(gardeners)


def test_a_campaign_without_a_topic_asks_for_mail_in_general(
    house: Drumbeat, owner: Actor, people: tuple[str, ...], gardeners: tuple[str, ...]
) -> None:
    campaign_id = planned(house, owner)
    assert get(house, campaign_id).plan.excluded == {"no_consent": 1}
    assert "topic" not in get(house, campaign_id).brief.to_json()


def test_a_change_of_mind_after_the_freeze_stops_that_topics_mail(
    house: Drumbeat, owner: Actor, gardeners: tuple[str, ...]
) -> None:
    campaign_id = bring_to(house, owner, State.SENDING, ABOUT)
    with house.begin(PUBLIC_CHOICES) as d:
        first = d.audience.stores.contacts.numbers_by_keys(
            [house.office.keys.address_key(gardeners[0])]
        )
        [number] = first.values()
        d.topics.choose(number, {"garden-tips": False}, Asked("page"), own=True)
    work_off(house, campaign_id)
    states = {row["email"]: (row["state"], row["reason"]) for row in rows(house, campaign_id)}
    assert states[gardeners[0]] == ("suppressed", "unsubscribed_topic")
    assert states[gardeners[1]][0] == "sent"


def test_who_paused_is_frozen_as_paused(
    house: Drumbeat, owner: Actor, gardeners: tuple[str, ...]
) -> None:
    with house.begin(owner) as d:
        number = d.audience.contact_numbers(gardeners)[gardeners[0]]
        d.topics.pause(number, source="page")
    campaign_id = planned(house, owner, ABOUT)
    assert get(house, campaign_id).plan.excluded["paused"] == 1


def test_an_unknown_topic_is_told_where_it_is_planned(
    house: Drumbeat, owner: Actor, gardeners: tuple[str, ...]
) -> None:
    campaign_id = create(house, owner, replace(LETTER, topic="garden-tip"))
    with pytest.raises(Exception, match="garden-tips"):
        proceed(house, campaign_id)


def test_a_brief_with_a_topic_comes_back_as_it_was_kept(
    house: Drumbeat, owner: Actor, gardeners: tuple[str, ...]
) -> None:
    assert Brief.from_json(ABOUT.to_json()) == ABOUT
    campaign_id = create(house, owner, ABOUT)
    advance(house, campaign_id)
    assert get(house, campaign_id).brief == ABOUT
