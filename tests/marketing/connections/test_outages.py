"""A provider that failed is left alone: longer each time, as long as it asks, for all engines."""

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_SENDING
from drumbeat.kit.errors import NotPermitted
from drumbeat.marketing.connections import Outage
from tests.conftest import GUEST

NOW = 1_800_000_000.0


def note(house: Drumbeat, *, asked: float = 0.0, now: float = NOW, trouble: str = "down") -> Outage:
    with house.begin(SYSTEM_SENDING) as department:
        return department.connections.note_outage("mx", trouble, asked=asked, now=now)


def found(house: Drumbeat) -> Outage | None:
    with house.look(SYSTEM_SENDING) as department:
        return department.connections.find_outage("mx")


def test_each_outage_in_a_row_rests_twice_as_long_up_to_five_minutes(house: Drumbeat) -> None:
    rests, now = [], NOW
    for _ in range(12):
        until = note(house, now=now).until
        rests.append(until - now)
        now = until
    assert rests[:4] == [1.0, 2.0, 4.0, 8.0]
    assert rests[-2:] == [300.0, 300.0]


def test_two_engines_that_meet_the_same_outage_are_one(house: Drumbeat) -> None:
    first = note(house)
    assert note(house, now=NOW + 0.2) == first
    assert note(house, now=NOW + 0.3, asked=60.0).until == NOW + 60.3


def test_it_rests_as_long_as_it_asks_but_at_most_a_day(house: Drumbeat) -> None:
    assert note(house, asked=90.0).until == NOW + 90
    assert note(house, asked=1e9, now=NOW + 90).until == NOW + 90 + 86_400


def test_it_is_kept_until_mail_is_taken_again_and_then_begins_anew(house: Drumbeat) -> None:
    note(house, trouble="421 too many")
    note(house, trouble="421 too many", now=NOW + 5)
    assert found(house) == Outage("mx", "421 too many", NOW + 7, 2)
    with house.begin(SYSTEM_SENDING) as department:
        department.connections.end_outage("mx")
    assert found(house) is None
    assert note(house, now=NOW + 50).until == NOW + 51


def test_a_person_without_rights_neither_sees_nor_ends_it(house: Drumbeat) -> None:
    note(house)
    with house.begin(GUEST) as department:
        for forbidden in (department.connections.find_outage, department.connections.end_outage):
            with pytest.raises(NotPermitted):
                forbidden("mx")
        with pytest.raises(NotPermitted):
            department.connections.list_outages()
