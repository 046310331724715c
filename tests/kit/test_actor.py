"""Who asks: a missing scope is told by name, and an agent is never more than its person."""

import pytest

from drumbeat.kit import actor as cast
from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.errors import NotPermitted
from tests.conftest import GUEST, MARIA


@pytest.mark.parametrize("scope", list(Scope))
def test_somebody_without_a_scope_is_told_which(scope: Scope) -> None:
    MARIA.require(scope)
    with pytest.raises(NotPermitted, match=f"guest may not do this.*'{scope.value}'"):
        GUEST.require(scope)


def test_an_agent_has_its_persons_rights_and_no_more() -> None:
    analyst = Actor("ana", frozenset({Scope.CAMPAIGNS_READ}), person_no=4)
    through = analyst.through("engine")
    assert (through.scopes, through.person_no, through.agent) == (analyst.scopes, 4, "engine")
    with pytest.raises(NotPermitted):
        through.require(Scope.CAMPAIGNS_SEND)


def test_nobody_in_the_house_holds_every_scope() -> None:
    chores = [each for each in vars(cast).values() if isinstance(each, Actor)]
    assert len(chores) >= 5
    for chore in chores:
        assert chore.person_no is None
        assert chore.scopes < frozenset(Scope), chore.name
        assert Scope.CAMPAIGNS_APPROVE not in chore.scopes, chore.name
        assert Scope.CAMPAIGNS_SEND not in chore.scopes, chore.name
