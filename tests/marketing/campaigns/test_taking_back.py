"""A new campaign whose plan is refused is taken back; one that people have touched never is."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import Actor
from drumbeat.kit.errors import DrumbeatError, InvalidInput, Overtaken
from drumbeat.kit.ids import CampaignId
from drumbeat.marketing.approvals import ApprovalState
from drumbeat.marketing.campaigns.pipeline import create_and_plan
from drumbeat.marketing.department import Department
from tests.marketing.campaigns.conftest import LETTER, get, say_yes

REFUSED = InvalidInput("No such segment.", field="audience")
OVERTAKEN = Overtaken("It was changed by somebody else meanwhile.")
NAMED = CampaignId("cmp_0123456789abcdef0123456789abcdef")


@dataclass
class Refusing:
    """A house that writes no step of the engine; `before` is what somebody does just then."""

    drumbeat: Drumbeat
    refusal: DrumbeatError
    before: Callable[[], object] = bool

    @contextmanager
    def begin(self, actor: Actor) -> Iterator[Department]:
        if actor.agent == "engine":
            self.before()
            raise self.refusal
        with self.drumbeat.begin(actor) as department:
            yield department

    def look(self, actor: Actor) -> AbstractContextManager[Department]:
        return self.drumbeat.look(actor)


def campaigns(house: Drumbeat) -> list[str]:
    with house.look(house.owner()) as department:
        return [each.id for each in department.campaigns.list_()]


@pytest.mark.parametrize("refusal", [REFUSED, OVERTAKEN])
def test_what_an_earlier_run_made_and_people_approved_stays(
    house: Drumbeat, owner: Actor, people: tuple[str, ...], refusal: DrumbeatError
) -> None:
    begin = partial(house.begin, owner)
    create_and_plan(house, LETTER, begin, NAMED)
    say_yes(house, owner, NAMED)
    with pytest.raises(type(refusal)):
        create_and_plan(Refusing(house, refusal), LETTER, begin, NAMED)
    with house.look(owner) as department:
        approval = department.campaigns.approval_of(department.campaigns.get(NAMED))
    assert approval is not None
    assert approval.state is ApprovalState.APPROVED


def test_a_new_one_is_taken_back_when_its_plan_is_refused_and_not_when_overtaken(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    begin = partial(house.begin, owner)
    with pytest.raises(InvalidInput):
        create_and_plan(Refusing(house, REFUSED), LETTER, begin, NAMED)
    assert campaigns(house) == []
    with pytest.raises(InvalidInput, match="Champignons"):
        create_and_plan(house, replace(LETTER, audience=("Champignons",)), begin, NAMED)
    assert campaigns(house) == []
    with pytest.raises(Overtaken):
        create_and_plan(Refusing(house, OVERTAKEN), LETTER, begin, NAMED)
    assert campaigns(house) == [NAMED]


def test_a_new_one_that_somebody_has_edited_meanwhile_stays(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    edited = replace(LETTER, name="A better name")

    def edit() -> None:
        with house.begin(owner) as department:
            department.campaigns.change(NAMED, edited)

    with pytest.raises(InvalidInput):
        create_and_plan(Refusing(house, REFUSED, edit), LETTER, partial(house.begin, owner), NAMED)
    assert get(house, NAMED).brief == edited
