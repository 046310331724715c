"""Step by step on a real database, and killed between any two units: the row is the counter."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from drumbeat.bootstrap import Drumbeat, open_folder
from drumbeat.kit.actor import Actor
from drumbeat.kit.errors import InvalidInput, NotPermitted, Overtaken
from drumbeat.kit.ids import CampaignId
from drumbeat.kit.result import Again, Done, Waiting
from drumbeat.marketing.campaigns import Brief, Campaign, Launch, State, TimingWish
from drumbeat.marketing.campaigns.pipeline import advance, due_of, next_due, proceed
from drumbeat.marketing.department import Department
from tests.conftest import MONDAY_9, HandClock
from tests.marketing.campaigns.conftest import (
    LETTER,
    NAMES,
    TESTED,
    bring_to,
    create,
    get,
    invite,
    planned,
    rows,
    say_yes,
    state_of,
    work_off,
)


def test_every_step_decides_one_thing_and_keeps_it(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = create(house, owner, TESTED)
    decided = []
    while advance(house, campaign_id) == Again():
        campaign = get(house, campaign_id)
        plan = campaign.plan
        known = (plan.segments, plan.content_hash, plan.experiment_id, plan.timing)
        decided.append((campaign.state.value, sum(each is not None for each in known)))
    assert decided == [
        ("draft", 1),
        ("draft", 2),
        ("draft", 3),
        ("draft", 4),
        ("planned", 4),
        ("awaiting_approval", 4),
    ]
    assert advance(house, campaign_id) == Waiting("approval")
    plan = get(house, campaign_id).plan
    assert (plan.audience_size, plan.mailable) == (len(people) + 1, len(people))


def test_the_whole_line_is_walked_and_every_hand_is_noted(
    house: Drumbeat, owner: Actor, clock: HandClock, people: tuple[str, ...]
) -> None:
    campaign_id = planned(house, owner)
    say_yes(house, owner, campaign_id)
    work_off(house, campaign_id)
    assert isinstance(advance(house, campaign_id), Waiting)
    assert clock.advance(days=7)
    work_off(house, campaign_id)
    assert advance(house, campaign_id) == Done()
    with house.look(owner) as department:
        trail = department.campaigns.list_transitions(campaign_id)
    assert [(step.now.value, step.agent) for step in trail] == [
        ("draft", None),
        ("planned", "engine"),
        ("awaiting_approval", "engine"),
        ("awaiting_approval", None),
        ("scheduled", "engine"),
        ("sending", "engine"),
        ("measuring", "engine"),
        ("finished", "engine"),
    ]
    assert {step.actor for step in trail} == {owner.name}


def test_an_instant_is_waited_for_and_told(
    house: Drumbeat, owner: Actor, clock: HandClock, people: tuple[str, ...]
) -> None:
    at = MONDAY_9 + timedelta(hours=5)
    brief = replace(LETTER, timing=TimingWish(Launch.AT, at))
    campaign_id = bring_to(house, owner, State.SCHEDULED, brief)
    work_off(house, campaign_id)
    assert advance(house, campaign_id) == Waiting("the first send time", at)
    with house.look(owner) as department:
        assert due_of(department, get(house, campaign_id)) == next_due(department) == at
    assert house.sandbox.count() == 0
    clock.now = at
    work_off(house, campaign_id)
    assert house.sandbox.count() == len(people)


def test_a_refused_plan_names_the_field_and_may_be_taken_back(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = create(house, owner, replace(LETTER, audience=("Champignons",)))
    with pytest.raises(InvalidInput) as refused:
        proceed(house, campaign_id)
    assert refused.value.field == "audience"
    with house.begin(owner) as department:
        department.campaigns.drop(department.campaigns.get(campaign_id))
        assert department.campaigns.list_() == []


def test_whoever_comes_second_with_a_decision_is_told_so(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = create(house, owner)
    stale = get(house, campaign_id)
    advance(house, campaign_id)
    with pytest.raises(Overtaken), house.begin(owner) as department:
        department.campaigns.save_plan(stale, stale.plan)


def test_the_owner_alone_is_who_it_runs_as(house: Drumbeat, owner: Actor) -> None:
    campaign_id = create(house, owner)
    with house.database.begin() as connection:
        connection.exec_driver_sql("UPDATE person SET role = 'viewer'")
    with pytest.raises(NotPermitted):
        advance(house, campaign_id)


# killed between two units --------------------------------------------------------------------


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs."""


@dataclass
class Dying:
    """A house whose process ends when so many writing units were committed."""

    drumbeat: Drumbeat
    units: int

    @contextmanager
    def begin(self, actor: Actor) -> Iterator[Department]:
        if self.units == 0:
            raise Killed
        with self.drumbeat.begin(actor) as department:
            yield department
        self.units -= 1

    def look(self, actor: Actor) -> AbstractContextManager[Department]:
        return self.drumbeat.look(actor)


@dataclass
class Folder:
    """One data folder, opened anew by every process."""

    path: Path

    @contextmanager
    def opened(self) -> Iterator[Drumbeat]:
        drumbeat = open_folder(self.path / "home", self.path / "key", clock=HandClock())
        yield drumbeat
        drumbeat.close()


@pytest.mark.slow
def test_killed_between_any_two_units_it_ends_the_same(tmp_path: Path) -> None:
    whole = outcome(Folder(tmp_path / "whole"), 1_000)
    assert sorted(whole) == [
        *((f"{name}@example.com", "sent", "") for name in sorted(NAMES)),
        ("silent@example.com", "suppressed", "no_consent"),
    ]
    for units in range(1, 10):
        assert outcome(Folder(tmp_path / str(units)), units) == whole, units


def outcome(folder: Folder, units: int) -> list[tuple[object, ...]]:
    """Every recipient's end, when planning and freezing are each killed after so many units."""
    with folder.opened() as house:
        invite(house, house.owner())
        campaign_id = create(house, house.owner(), TESTED)
    die_and_go_on(folder, campaign_id, units)
    with folder.opened() as house:
        assert state_of(house, campaign_id) is State.AWAITING_APPROVAL
        say_yes(house, house.owner(), campaign_id)
    die_and_go_on(folder, campaign_id, units)
    with folder.opened() as house:
        assert state_of(house, campaign_id) is State.SENDING
        work_off(house, campaign_id)
        assert state_of(house, campaign_id) is State.MEASURING
        assert house.sandbox.count() == len(NAMES)
        return [(row["email"], row["state"], row["reason"]) for row in rows(house, campaign_id)]


def die_and_go_on(folder: Folder, campaign_id: CampaignId, units: int) -> None:
    for allowed in (units, 1_000):
        with folder.opened() as house, suppress(Killed):
            mortal = Dying(house, allowed)
            while advance(mortal, campaign_id) == Again():
                pass


def test_the_brief_that_was_kept_is_the_one_that_was_given(house: Drumbeat, owner: Actor) -> None:
    given: Brief = replace(TESTED, timing=TimingWish(Launch.AT, MONDAY_9, 3.5))
    kept: Campaign = get(house, create(house, owner, given))
    assert kept.brief == given
