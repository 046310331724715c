"""Passwords: what they must be, how guesses are counted, and what a new one ends."""

from datetime import timedelta
from pathlib import Path

import pytest

from drumbeat.bootstrap import Drumbeat, open_folder
from drumbeat.kit.actor import NOBODY, SYSTEM_ACCOUNTS, Actor
from drumbeat.kit.errors import Conflict, InvalidInput, NotPermitted
from drumbeat.marketing.accounts import (
    Attempt,
    Newcomer,
    PasswordHash,
    Role,
    TryLater,
    Visitor,
    hash_password,
    passwords,
    rules,
)
from tests.conftest import HandClock

ADA = "ada@example.com"
WORDS = "correct horse battery"
HERE = Visitor("192.0.2.7")


@pytest.fixture
def hash() -> PasswordHash:
    return hash_password(WORDS, email=ADA)


@pytest.fixture
def ada(house: Drumbeat, hash: PasswordHash) -> Actor:
    with house.begin(SYSTEM_ACCOUNTS) as department:
        person, _ = department.signing_in.found(Newcomer(ADA, Role.OWNER, "Ada"), hash)
        return department.accounts.actor_of(person.person_no)


def guess(house: Drumbeat, email: str = ADA, visitor: Visitor = HERE) -> Attempt | TryLater:
    with house.begin(NOBODY) as department:
        return department.signing_in.attempt(email, visitor)


def sign_in(
    house: Drumbeat, password: str, email: str = ADA, visitor: Visitor = HERE
) -> str | TryLater | None:
    attempt = guess(house, email, visitor)
    if isinstance(attempt, TryLater):
        return attempt
    proof = attempt.prove(password)
    if proof is None:
        return None
    with house.begin(NOBODY) as department:
        return department.signing_in.sign_in(proof, visitor)


def is_in(house: Drumbeat, session: object) -> bool:
    with house.look(NOBODY) as department:
        return department.accounts.actor_for_session(str(session)) is not None


@pytest.mark.parametrize(
    "password",
    ["", "eleven char", "x" * 1_001, "ä" * 501 + "bcd", "ADA@example.com", "aaaaaaaaaaaaaaaa"],
)
def test_a_password_that_is_easy_or_endless_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        hash_password(password, email=ADA)
    assert refused.value.field == "password"


def test_the_longest_and_the_shortest_password_are_taken() -> None:
    assert hash_password("abcd" * 250, email=ADA).startswith("$argon2id$")
    assert hash_password("abcdefghijkl", email=ADA) != hash_password("abcdefghijkl", email=ADA)


def test_the_same_signs_typed_differently_are_one_password(hash: PasswordHash) -> None:
    composed, decomposed = "caf\u00e9 au lait at noon", "cafe\u0301 au lait at noon"
    kept = hash_password(composed, email=ADA)
    assert passwords.is_password(decomposed, kept)
    assert not passwords.is_password("cafe au lait at noon", kept)
    assert not passwords.is_password("x" * 1_000_000, kept)


def test_nobodys_hash_costs_what_everybodys_costs(hash: PasswordHash) -> None:
    assert hash.split("$")[:4] == passwords._NOBODYS.split("$")[:4]
    assert not passwords.is_password(WORDS, None)


def test_the_right_password_opens_a_session(house: Drumbeat, ada: Actor) -> None:
    session = sign_in(house, WORDS, " ADA@Example.com")
    assert is_in(house, session)
    assert sign_in(house, WORDS + "!") is None
    assert sign_in(house, WORDS, "nobody@example.com") is None


def test_guesses_at_one_address_wait_longer_and_longer(
    house: Drumbeat, ada: Actor, clock: HandClock
) -> None:
    waits = []
    for number in range(rules.BY_ADDRESS.free + 4):
        elsewhere = Visitor(f"198.51.100.{number}")
        assert sign_in(house, "wrong wrong wrong", visitor=elsewhere) is None
        blocked = guess(house)
        if isinstance(blocked, TryLater):
            waits.append((blocked.until - clock()).total_seconds())
            assert isinstance(sign_in(house, WORDS), TryLater)
            clock.now = blocked.until
    assert waits == [2.0**step for step in range(1, len(waits) + 1)]
    assert len(waits) > 4
    assert is_in(house, sign_in(house, WORDS))


def test_a_wait_ends_at_a_quarter_of_an_hour() -> None:
    for throttle in rules.THROTTLES:
        assert throttle.wait(throttle.free - 1) == timedelta()
        assert throttle.wait(throttle.free) == timedelta(seconds=2)
        assert throttle.wait(10_000) == timedelta(minutes=15)


def test_the_right_password_clears_the_counters(house: Drumbeat, ada: Actor) -> None:
    for number in range(10):
        place = Visitor(f"192.0.2.{number}")
        for _ in range(rules.BY_ADDRESS.free - 2):
            assert sign_in(house, "wrong wrong wrong", visitor=place) is None
        assert is_in(house, sign_in(house, WORDS, visitor=Visitor("198.51.100.9")))


def test_guesses_from_one_place_wait_whomever_they_try(house: Drumbeat, ada: Actor) -> None:
    for number in range(rules.BY_PLACE.free):
        household = Visitor(f"2001:db8:0:1::{number:x}")
        assert not isinstance(guess(house, f"p{number}@example.com", household), TryLater)
    assert isinstance(guess(house, ADA, Visitor("2001:db8:0:1:ffff::1")), TryLater)
    assert not isinstance(guess(house, ADA, Visitor("2001:db8:0:2::1")), TryLater)


def test_counters_outlive_a_restart_and_are_forgotten_after_an_hour(
    tmp_path: Path, clock: HandClock
) -> None:
    home, key = tmp_path / "home", tmp_path / "key"
    for _ in range(2):
        house = open_folder(home, key, clock=clock)
        for _ in range(3):
            latest = guess(house)
        house.close()
    assert isinstance(latest, TryLater)
    clock.advance(hours=1, seconds=1)
    house = open_folder(home, key, clock=clock)
    assert all(isinstance(guess(house), Attempt) for _ in range(rules.BY_ADDRESS.free))
    house.close()


def test_the_table_of_guesses_names_nobody(house: Drumbeat, ada: Actor) -> None:
    guess(house)
    with house.database.look() as connection:
        rows = repr(connection.exec_driver_sql("SELECT * FROM guess").all())
    assert ADA not in rows
    assert HERE.ip not in rows


def test_the_house_is_founded_once(house: Drumbeat, hash: PasswordHash) -> None:
    house.owner()
    with house.begin(SYSTEM_ACCOUNTS) as department:
        signing_in = department.signing_in
        assert signing_in.needs_founder()
        person, session = signing_in.found(Newcomer("Ada@Example.com", Role.OWNER), hash, HERE)
        assert (person.email, person.role) == (ADA, Role.OWNER)
        assert not signing_in.needs_founder()
        assert [each.email for each in department.people.list_()] == [ADA]
        assert signing_in.found(Newcomer(ADA, Role.OWNER), None)[0] == person
        for email in (ADA, "eve@example.com"):
            with pytest.raises(Conflict):
                signing_in.found(Newcomer(email, Role.OWNER), hash)
    assert is_in(house, session)


def test_the_founder_cannot_take_somebody_elses_address(
    house: Drumbeat, hash: PasswordHash
) -> None:
    owner = house.owner()
    with house.begin(owner) as department:
        department.people.add(Newcomer("bob@example.com", Role.VIEWER))
        with pytest.raises(InvalidInput):
            department.signing_in.found(Newcomer("bob@example.com", Role.OWNER), hash)


def test_a_new_password_ends_every_session_and_the_old_word(house: Drumbeat, ada: Actor) -> None:
    former = [sign_in(house, WORDS), sign_in(house, WORDS)]
    attempt = guess(house)
    assert isinstance(attempt, Attempt)
    proof = attempt.prove(WORDS)
    fresh = hash_password("a longer set of words", email=ADA)
    with house.begin(ada) as department:
        with pytest.raises(NotPermitted):
            department.signing_in.change_password(None, fresh, HERE)
        session = department.signing_in.change_password(proof, fresh, HERE)
    assert is_in(house, session)
    assert not any(is_in(house, each) for each in former)
    assert sign_in(house, WORDS) is None
    assert proof is not None
    with house.begin(NOBODY) as department:
        assert department.signing_in.sign_in(proof, HERE) is None


def test_a_first_password_needs_no_other(house: Drumbeat) -> None:
    owner = house.owner()
    with house.begin(owner) as department:
        assert not department.signing_in.has_password()
        hash = hash_password(WORDS, email="owner@localhost")
        department.signing_in.change_password(None, hash, HERE)
        assert department.signing_in.has_password()
    assert is_in(house, sign_in(house, WORDS, "owner@localhost"))


def test_no_password_is_kept(house: Drumbeat, ada: Actor) -> None:
    with house.database.look() as connection:
        rows = repr(connection.exec_driver_sql("SELECT * FROM password").all())
        trail = repr(connection.exec_driver_sql("SELECT * FROM audit").all())
    assert WORDS not in rows + trail
    assert "argon2id" not in trail
