"""How a segment grew, by day: nobody is counted twice, no day is left out."""

from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.interfaces.web.growth_view import MOST_DAYS, days_of, growth_of
from drumbeat.marketing.audience import Change
from tests.conftest import MONDAY_9

TODAY = MONDAY_9.date()
MOVES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9), st.integers(0, 9)), max_size=20)


def changes_of(moves: list[tuple[int, int, int]]) -> list[Change]:
    """Hours between cuts, who entered, and who left, the last one today at nine."""
    at: datetime = MONDAY_9 - timedelta(hours=sum(hours for hours, _, _ in moves))
    changes, members = [], 100
    for hours, entered, left in moves:
        at += timedelta(hours=hours)
        members += entered - left
        changes.append(Change(at, entered, left, members))
    return changes


def test_cuts_of_one_day_are_added_and_a_still_day_keeps_its_people() -> None:
    days = days_of(changes_of([(0, 5, 0), (48, 2, 1), (1, 0, 3)]), TODAY)
    assert [(each.entered, each.left, each.members) for each in days] == [
        (5, 0, 105),
        (0, 0, 105),
        (2, 4, 103),
    ]
    assert days[-1].day == TODAY


@settings(deadline=None)
@given(MOVES)
def test_every_day_is_there_and_everybody_is_counted_once(
    moves: list[tuple[int, int, int]],
) -> None:
    changes = changes_of(moves)
    days = days_of(changes, TODAY)
    assert sum(each.entered for each in days) == sum(each.entered for each in changes)
    assert sum(each.left for each in days) == sum(each.left for each in changes)
    assert [each.day for each in days] == [
        TODAY - timedelta(days=back) for back in reversed(range(len(days)))
    ]
    if changes:
        assert days[-1].members == changes[-1].members


def test_only_so_many_days_are_drawn_and_who_was_in_before_is_in() -> None:
    old = Change(MONDAY_9 - timedelta(days=200), 40, 0, 40)
    days = days_of([old], TODAY)
    assert len(days) == MOST_DAYS
    assert {each.members for each in days} == {40}
    assert growth_of([], date(2026, 11, 2)) is None


def test_who_was_in_it_when_it_was_made_did_not_enter() -> None:
    made = Change(MONDAY_9 - timedelta(days=1), 900, 0, 900)
    days = days_of([made, Change(MONDAY_9, 4, 1, 903)], TODAY)
    assert [(each.entered, each.left, each.members) for each in days] == [(0, 0, 900), (4, 1, 903)]


def test_the_drawing_says_how_many_came_and_went() -> None:
    growth = growth_of(changes_of([(0, 5, 0), (48, 2, 1)]), TODAY)
    assert growth is not None
    assert "7 entered, 1 left" in growth.flow
    assert [each.entered for each in growth.moved] == [2, 5]
