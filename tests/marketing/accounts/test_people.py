"""Inviting, changing and removing people; the house never stays without an owner."""

from threading import Barrier, Thread

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import NOBODY, SYSTEM_ACCOUNTS, Actor, Scope
from drumbeat.kit.errors import Conflict, InvalidInput, NotFound, NotPermitted
from drumbeat.kit.ids import PersonNo
from drumbeat.marketing.accounts import Attempt, Newcomer, Role, Visitor, hash_password
from tests.conftest import HandClock

HERE = Visitor("192.0.2.7", "Firefox on Linux")
WORDS = "correct horse battery"


@pytest.fixture
def owner(house: Drumbeat) -> Actor:
    return house.owner()


def add(house: Drumbeat, owner: Actor, email: str, role: Role) -> tuple[str, str]:
    """(id, invitation)"""
    with house.begin(owner) as department:
        person, invitation = department.people.add(Newcomer(email, role))
    return person.id, invitation


def accept(house: Drumbeat, invitation: str) -> str | None:
    hash = hash_password(WORDS, email="")
    with house.begin(NOBODY) as department:
        return department.signing_in.accept(invitation, hash, HERE)


def who(house: Drumbeat, session: str) -> Actor | None:
    with house.look(NOBODY) as department:
        return department.accounts.actor_for_session(session)


def test_an_invited_person_chooses_a_password_and_is_in(house: Drumbeat, owner: Actor) -> None:
    person_id, invitation = add(house, owner, " Bob@Example.com ", Role.MARKETER)
    with house.look(NOBODY) as department:
        invited = department.signing_in.invited(invitation)
    assert invited is not None
    assert (invited.id, invited.email, invited.name) == (
        person_id,
        "bob@example.com",
        invited.email,
    )
    session = accept(house, invitation)
    actor = who(house, session or "")
    assert actor is not None
    assert Scope.CAMPAIGNS_SEND in actor.scopes
    assert accept(house, invitation) is None


def test_a_fresh_invitation_ends_the_one_before(house: Drumbeat, owner: Actor) -> None:
    _, first = add(house, owner, "bob@example.com", Role.VIEWER)
    with house.begin(owner) as department:
        _, second = department.people.invite("BOB@example.com")
    assert accept(house, first) is None
    assert accept(house, second) is not None


def test_an_invitation_lives_a_week(house: Drumbeat, owner: Actor, clock: HandClock) -> None:
    _, invitation = add(house, owner, "bob@example.com", Role.VIEWER)
    clock.advance(days=7)
    assert accept(house, invitation) is None


def test_an_address_has_one_account(house: Drumbeat, owner: Actor) -> None:
    add(house, owner, "bob@example.com", Role.VIEWER)
    with house.begin(owner) as department, pytest.raises(InvalidInput, match="already"):
        department.people.add(Newcomer("BOB@example.com", Role.OWNER))


@pytest.mark.parametrize("email", ["", "bob", "a b@example.com", "@x", "a@", "a@b\n", "x" * 400])
def test_what_is_no_address_is_refused(house: Drumbeat, owner: Actor, email: str) -> None:
    with house.begin(owner) as department, pytest.raises(InvalidInput):
        department.people.add(Newcomer(email.replace("\n", "\0"), Role.VIEWER))


def test_a_new_role_ends_sessions_and_keeps_keys_within_it(house: Drumbeat, owner: Actor) -> None:
    person_id, invitation = add(house, owner, "bob@example.com", Role.MARKETER)
    session = accept(house, invitation) or ""
    bob = who(house, session)
    assert bob is not None
    with house.begin(bob) as department:
        key = department.accounts.issue_key("script")
    with house.begin(owner) as department:
        department.people.change_role(person_id, Role.VIEWER)
    assert who(house, session) is None
    with house.look(NOBODY) as department:
        script = department.accounts.actor_for_key(key)
    assert script is not None
    assert Scope.CAMPAIGNS_SEND not in script.scopes


def test_a_removed_person_is_out_with_everything(house: Drumbeat, owner: Actor) -> None:
    person_id, invitation = add(house, owner, "bob@example.com", Role.MARKETER)
    session = accept(house, invitation) or ""
    bob = who(house, session)
    assert bob is not None
    with house.begin(bob) as department:
        key = department.accounts.issue_key("script")
    with house.begin(owner) as department:
        department.people.remove("bob@example.com")
        assert [each.id for each in department.people.list_()] != [person_id]
        with pytest.raises(NotFound):
            department.people.remove(person_id)
    assert who(house, session) is None
    with house.begin(NOBODY) as department:
        assert department.accounts.actor_for_key(key) is None
        attempt = department.signing_in.attempt("bob@example.com", HERE)
    assert isinstance(attempt, Attempt)
    assert attempt.prove(WORDS) is None


def test_the_last_owner_stays(house: Drumbeat, owner: Actor) -> None:
    with house.begin(owner) as department:
        with pytest.raises(Conflict, match="last owner"):
            department.people.remove("owner@localhost")
        with pytest.raises(Conflict, match="last owner"):
            department.people.change_role("owner@localhost", Role.VIEWER)
        department.people.add(Newcomer("eve@example.com", Role.OWNER))
        department.people.remove("owner@localhost")
        with pytest.raises(Conflict, match="last owner"):
            department.people.remove("eve@example.com")


def test_two_owners_who_remove_each_other_leave_one(house: Drumbeat, owner: Actor) -> None:
    second, _ = add(house, owner, "eve@example.com", Role.OWNER)
    start, refused = Barrier(2), list[Conflict]()

    def remove(named: str) -> None:
        start.wait()
        try:
            with house.begin(owner) as department:
                department.people.remove(named)
        except Conflict as error:
            refused.append(error)

    racers = [Thread(target=remove, args=(named,)) for named in ("owner@localhost", second)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(refused) == 1
    with house.look(SYSTEM_ACCOUNTS) as department:
        assert len(department.people.list_()) == 1


def test_people_see_their_own_keys_and_sessions_and_an_owner_everybodys_keys(
    house: Drumbeat, owner: Actor
) -> None:
    _, invitation = add(house, owner, "bob@example.com", Role.VIEWER)
    bob = who(house, accept(house, invitation) or "")
    assert bob is not None
    with house.begin(owner) as department:
        department.accounts.issue_key("owners")
    with house.begin(bob) as department:
        department.accounts.issue_key("bobs")
        assert [key.label for key in department.accounts.list_keys()] == ["bobs"]
        (session,) = department.accounts.list_sessions()
        assert session.label == "Firefox on Linux"
    with house.begin(owner) as department:
        keys = {key.label: key for key in department.accounts.list_keys()}
        assert keys.keys() == {"owners", "bobs"}
        department.accounts.end_key(keys["bobs"].id)
    with house.begin(bob) as department:
        assert department.accounts.list_keys() == []
        with pytest.raises(NotFound):
            department.accounts.end_key(keys["owners"].id)
        department.accounts.end_session(session.id)
        assert department.accounts.list_sessions() == []


def test_no_agent_manages_what_is_a_persons_own(house: Drumbeat, owner: Actor) -> None:
    with house.begin(owner.through("engine")) as department:
        for refused in (department.people.me, department.accounts.list_sessions):
            with pytest.raises(NotPermitted):
                refused()


def test_whoever_was_removed_has_no_page(house: Drumbeat) -> None:
    ghost = Actor("ghost", frozenset({Scope.ACCOUNTS_OWN}), person_no=PersonNo(999))
    with house.begin(ghost) as department:
        with pytest.raises(NotFound):
            department.people.me()
        with pytest.raises(NotFound):
            department.signing_in.change_password(None, hash_password(WORDS, email=""), HERE)
