"""Identifiers: what is shown goes back to what is stored, and nothing can be guessed."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.kit.errors import NotFound
from drumbeat.kit.ids import new_id, number_of, public_id

KEY = bytes(range(32))
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@given(st.integers(0, 2**32 - 1))
def test_a_public_id_leads_back_to_its_number(number: int) -> None:
    assert number_of(public_id("con", number, KEY), "con", KEY) == number


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_two_numbers_never_share_an_id(one: int, other: int) -> None:
    assert (one == other) == (public_id("con", one, KEY) == public_id("con", other, KEY))


@given(st.integers(0, 2**32 - 1))
def test_an_id_of_another_noun_or_another_key_is_not_found(number: int) -> None:
    contact = public_id("con", number, KEY)
    with pytest.raises(NotFound):
        number_of(contact, "msg", KEY)
    with pytest.raises(NotFound):
        number_of(contact.replace("con_", "msg_"), "msg", KEY)
    with pytest.raises(NotFound):
        number_of(contact, "con", bytes(32))


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz234567", min_size=13, max_size=13))
def test_a_guess_is_not_found(body: str) -> None:
    with pytest.raises(NotFound):
        number_of(f"con_{body}", "con", KEY)


@given(st.text(max_size=40))
def test_any_other_text_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        number_of(f"con_{text}!", "con", KEY)


def test_neighbours_do_not_look_alike() -> None:
    shown = [public_id("con", number, KEY) for number in range(200)]
    assert len({text[:8] for text in shown}) > 190
    assert shown != sorted(shown)


def test_a_new_id_is_a_uuid_of_version_7() -> None:
    made = uuid.UUID(new_id("cmp", NOON).removeprefix("cmp_"))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


@given(st.lists(st.integers(0, 10**12), min_size=2, max_size=20, unique=True))
def test_new_ids_sort_by_the_time_they_were_made(millis: list[int]) -> None:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    ids = [new_id("cmp", start + timedelta(milliseconds=at)) for at in sorted(millis)]
    assert ids == sorted(ids)


def test_two_ids_of_the_same_instant_differ() -> None:
    assert len({new_id("cmp", NOON) for _ in range(1_000)}) == 1_000
