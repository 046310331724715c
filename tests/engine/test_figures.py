"""Segments that somebody made stay current by themselves, by the same rules."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine import figures
from drumbeat.kit.errors import NotPermitted
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience import (
    Consent,
    ContactRow,
    Segment,
    audience_units,
    segment_audience,
)
from drumbeat.marketing.audience.store_segments import membership
from drumbeat.marketing.events import Fact, Kind
from tests.conftest import MONDAY_9, HandClock


def people(house: Drumbeat, *names: str) -> None:
    rows = [
        ContactRow(f"{name}@example.com", attributes={"country": "GB"}, consent=Consent.subscribed)
        for name in names
    ]
    with house.begin(house.owner()) as department:
        department.audience.merge_contacts(rows)


def cut(house: Drumbeat, criterion: str) -> None:
    owner = house.owner()
    look, begin = (lambda: house.look(owner)), (lambda: house.begin(owner))
    segment_audience(audience_units(look), audience_units(begin), criterion)


def listed(house: Drumbeat) -> list[Segment]:
    with house.look(house.owner()) as department:
        return department.audience.list_segments()


def counts(house: Drumbeat) -> dict[str, int]:
    return {each.name: each.subscriber_count for each in listed(house) if each.subscriber_count}


def rows(house: Drumbeat) -> int:
    with house.database.look() as connection:
        return connection.scalar(select(func.count()).select_from(membership)) or 0


def test_nobodys_segments_are_cut_before_somebody_made_them(house: Drumbeat) -> None:
    people(house, "ada")
    assert not figures.segment(house)
    assert listed(house) == []


def test_counts_follow_people_and_what_they_did(house: Drumbeat, clock: HandClock) -> None:
    people(house, "ada", "bob")
    cut(house, "demographic")
    cut(house, "behavioral")
    before = counts(house)
    assert before["GB"] == 2
    while figures.segment(house):
        pass
    assert counts(house) == before
    people(house, "cleo")
    assert not figures.segment(house), "a moment ago is soon enough"
    with house.begin(house.owner()) as department:
        bought = {"value_minor": 900, "currency": "EUR", "source": "test"}
        department.events.record([Fact(Kind.purchased, MONDAY_9, ContactNo(1), **bought)])  # type: ignore[arg-type]
    now = clock.advance(minutes=1)
    while figures.segment(house):
        pass
    after = counts(house)
    assert after["GB"] == 3
    assert after != before | {"GB": 3}, "who bought behaves otherwise"
    assert {each.taken_at for each in listed(house) if each.subscriber_count} == {now}
    clock.advance(minutes=1)
    assert not figures.segment(house), "nothing has changed"
    clock.advance(hours=1)
    assert figures.segment(house), "but time has passed"


def test_an_audience_that_left_leaves_its_segments_empty(house: Drumbeat, clock: HandClock) -> None:
    people(house, "ada")
    cut(house, "demographic")
    with house.begin(house.owner()) as department:
        department.audience.withdraw(ContactNo(1), source="test")
    clock.advance(minutes=1)
    assert figures.segment(house)
    assert counts(house) == {}


def test_what_is_cut_by_itself_is_kept_once_a_day(house: Drumbeat, clock: HandClock) -> None:
    people(house, "ada")
    cut(house, "demographic")
    first = rows(house)
    for name in ("bob", "cleo", "dan"):
        people(house, name)
        clock.advance(minutes=1)
        assert figures.segment(house)
    assert rows(house) == first
    clock.now += timedelta(days=1)
    assert figures.segment(house)
    assert rows(house) == 2 * first


def test_only_the_engine_refreshes(house: Drumbeat) -> None:
    with house.look(house.owner()) as department, pytest.raises(NotPermitted):
        department.counting.find_outdated("")
