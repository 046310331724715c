"""Signing in, keys and the audit trail, on a real database."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import text

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import NOBODY, SYSTEM_ACCOUNTS, Actor, Scope
from drumbeat.kit.errors import InvalidInput, NotFound, NotPermitted
from drumbeat.kit.ids import PersonNo
from drumbeat.marketing.accounts import Role, scopes_of
from tests.conftest import GUEST, HandClock


@pytest.fixture
def owner(house: Drumbeat) -> Actor:
    with house.begin(SYSTEM_ACCOUNTS) as department:
        person = department.accounts.ensure_owner("Ada@Example.com", "Ada")
        return department.accounts.actor_of(person.person_no)


def link_for(house: Drumbeat, actor: Actor) -> str:
    with house.begin(actor) as department:
        return department.accounts.issue_sign_in_link()


def redeem(house: Drumbeat, link: str) -> str | None:
    with house.begin(NOBODY) as department:
        return department.accounts.redeem_link(link)


def remove(house: Drumbeat, person_no: int | None) -> None:
    with house.database.begin() as connection:
        gone = text("UPDATE person SET removed_at = 1 WHERE person_no = :person_no")
        connection.execute(gone, {"person_no": person_no})


def test_an_empty_folder_has_no_owner(house: Drumbeat) -> None:
    with house.look(SYSTEM_ACCOUNTS) as department:
        assert department.accounts.owner() is None


def test_the_owner_is_made_once_and_stays_who_they_are(house: Drumbeat, owner: Actor) -> None:
    with house.begin(SYSTEM_ACCOUNTS) as department:
        again = department.accounts.ensure_owner("eve@example.com", "Eve")
        assert (again.email, again.name, again.role) == ("ada@example.com", "Ada", Role.OWNER)
        assert again == department.accounts.owner()
        assert again.id.startswith("per_")


def test_accounts_are_closed_to_whoever_lacks_the_scope(house: Drumbeat) -> None:
    with house.begin(GUEST) as department:
        for refused in (
            department.accounts.ensure_owner,
            department.accounts.owner,
            department.accounts.issue_sign_in_link,
            department.accounts.list_audit,
        ):
            with pytest.raises(NotPermitted):
                refused()
        with pytest.raises(NotPermitted):
            department.accounts.actor_of(PersonNo(1))


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (
            Role.OWNER,
            {Scope.ACCOUNTS_WRITE, Scope.CAMPAIGNS_SEND},
            {Scope.FACTS_FOLD, Scope.UPKEEP},
        ),
        (Role.MARKETER, {Scope.CAMPAIGNS_SEND, Scope.AUDIENCE_WRITE}, {Scope.ACCOUNTS_READ}),
        (Role.ANALYST, {Scope.EVENTS_READ, Scope.AUDIENCE_READ}, {Scope.CAMPAIGNS_WRITE}),
        (
            Role.VIEWER,
            {Scope.CAMPAIGNS_READ, Scope.EVENTS_READ},
            {Scope.AUDIENCE_READ, Scope.CAMPAIGNS_APPROVE, Scope.CAMPAIGNS_SEND},
        ),
    ],
)
def test_a_role_gives_its_scopes(role: Role, may: set[Scope], may_not: set[Scope]) -> None:
    assert may <= scopes_of(role)
    assert not may_not & scopes_of(role)


def test_only_readers_scopes_are_given_to_those_who_only_read() -> None:
    for role in (Role.ANALYST, Role.VIEWER):
        assert all(s.value.endswith(":read") for s in scopes_of(role) - {Scope.ACCOUNTS_OWN})


def test_a_link_signs_its_person_in_once(house: Drumbeat, owner: Actor) -> None:
    link = link_for(house, owner)
    session = redeem(house, link)
    assert session is not None
    assert redeem(house, link) is None
    with house.look(NOBODY) as department:
        assert department.accounts.actor_for_session(session) == owner
        assert department.accounts.actor_for_session(link) is None
        assert department.accounts.actor_for_key(session) is None


def test_two_browsers_that_race_for_a_link_get_one_session(house: Drumbeat, owner: Actor) -> None:
    link, start, won = link_for(house, owner), Barrier(4), list[str | None]()

    def race() -> None:
        start.wait()
        won.append(redeem(house, link))

    racers = [Thread(target=race) for _ in range(4)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len([session for session in won if session]) == 1


def test_a_link_lives_ten_minutes_and_a_session_two_weeks(
    house: Drumbeat, owner: Actor, clock: HandClock
) -> None:
    late, in_time = link_for(house, owner), link_for(house, owner)
    clock.advance(minutes=9, seconds=59)
    session = redeem(house, in_time)
    assert session is not None
    clock.advance(seconds=1)
    assert redeem(house, late) is None
    clock.advance(days=13)
    with house.look(NOBODY) as department:
        assert department.accounts.actor_for_session(session) is not None
    clock.advance(days=1)
    with house.look(NOBODY) as department:
        assert department.accounts.actor_for_session(session) is None


def test_signing_out_ends_the_session(house: Drumbeat, owner: Actor) -> None:
    session = redeem(house, link_for(house, owner)) or ""
    with house.begin(NOBODY) as department:
        assert department.accounts.sign_out(session)
        assert not department.accounts.sign_out(session)
        assert department.accounts.actor_for_session(session) is None


@pytest.mark.parametrize("secret", ["", "dbsession_", "x" * 100_000, "\ud800", "dblink_\0", "é'--"])
def test_a_made_up_secret_is_nobody(house: Drumbeat, owner: Actor, secret: str) -> None:
    with house.begin(NOBODY) as department:
        assert department.accounts.redeem_link(secret) is None
        assert department.accounts.actor_for_session(secret) is None
        assert department.accounts.actor_for_key(secret) is None
        assert not department.accounts.sign_out(secret)


def test_a_removed_person_is_out_at_once(house: Drumbeat, owner: Actor) -> None:
    session = redeem(house, link_for(house, owner)) or ""
    link = link_for(house, owner)
    remove(house, owner.person_no)
    assert redeem(house, link) is None
    with house.look(NOBODY) as department:
        assert department.accounts.actor_for_session(session) is None
    with house.look(SYSTEM_ACCOUNTS) as department, pytest.raises(NotFound):
        department.accounts.actor_of(PersonNo(owner.person_no or 0))


def test_the_address_of_somebody_who_left_is_free_again(house: Drumbeat, owner: Actor) -> None:
    remove(house, owner.person_no)
    with house.begin(SYSTEM_ACCOUNTS) as department:
        successor = department.accounts.ensure_owner("ada@example.com", "Ada the second")
        assert successor.person_no != owner.person_no


def test_a_key_is_narrowed_by_its_scopes_and_its_person(house: Drumbeat, owner: Actor) -> None:
    with house.begin(owner) as department:
        narrow = department.accounts.issue_key("report", frozenset({Scope.CAMPAIGNS_READ}))
        wide = department.accounts.issue_key("all")
    with house.database.begin() as connection:
        connection.exec_driver_sql("UPDATE person SET role = 'analyst'")
    with house.look(NOBODY) as department:
        reader = department.accounts.actor_for_key(narrow)
        analyst = department.accounts.actor_for_key(wide)
    assert reader is not None
    assert reader.scopes == {Scope.CAMPAIGNS_READ}
    assert analyst is not None
    assert analyst.scopes == scopes_of(Role.ANALYST)


def test_a_key_cannot_exceed_its_person(house: Drumbeat, owner: Actor) -> None:
    with house.begin(owner) as department, pytest.raises(NotPermitted, match="upkeep"):
        department.accounts.issue_key("chore", frozenset({Scope.UPKEEP}))


def test_a_key_expires_and_can_be_revoked(house: Drumbeat, owner: Actor, clock: HandClock) -> None:
    with house.begin(owner) as department:
        accounts = department.accounts
        short = accounts.issue_key("short", expires=clock() + timedelta(hours=1))
        leaked = accounts.issue_key("leaked")
        accounts.revoke_key("leaked")
        with pytest.raises(NotFound):
            accounts.revoke_key("leaked")
        with pytest.raises(InvalidInput):
            accounts.issue_key("stillborn", expires=clock())
        assert accounts.actor_for_key(leaked) is None
        assert accounts.actor_for_key(short) is not None
        clock.advance(hours=1)
        assert accounts.actor_for_key(short) is None


def test_neither_a_chore_nor_an_agent_makes_credentials(house: Drumbeat, owner: Actor) -> None:
    for actor in (SYSTEM_ACCOUNTS, owner.through("engine")):
        with house.begin(actor) as department, pytest.raises(NotPermitted):
            department.accounts.issue_key("mine")


def test_no_secret_is_kept(house: Drumbeat, owner: Actor) -> None:
    link = link_for(house, owner)
    with house.database.look() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM credential").all()
        trail = connection.exec_driver_sql("SELECT * FROM audit").all()
    assert link not in repr(rows) + repr(trail)


def test_the_audit_trail_names_who_did_what(house: Drumbeat, owner: Actor) -> None:
    redeem(house, link_for(house, owner))
    with house.begin(owner.through("engine")) as department:
        department.accounts.record("campaign.launched", "cmp_1", {"recipients": 3})
        newest = department.accounts.list_audit()
        of_one = department.accounts.list_audit("cmp_1")
    assert [entry.action for entry in newest] == [
        "campaign.launched",
        "session.started",
        "link.issued",
        "person.added",
    ]
    entry = of_one[0]
    assert (entry.actor, entry.person_no, entry.agent) == ("Ada", owner.person_no, "engine")
    assert entry.detail == {"recipients": 3}
    assert newest[-1].actor == "system:accounts"
