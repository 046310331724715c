"""Turns come in their order and time, urgent mail first; an outage is noticed and waited out."""

from drumbeat.engine.sending.pacing import FAILURES_TO_REST, Breaker, Turns
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.delivery import Claimed, Place
from drumbeat.marketing.delivery.model import LedgerRow, State
from tests.engine.sending.cast import HandTime


def message(number: int, *, lane_no: int = 0) -> Claimed:
    row = LedgerRow(
        Place(1, lane_no, number), ContactNo(number), 0, -1, State.claimed, 0, None, 0, 0, 1
    )
    return Claimed(row, f"reader{number}@example.com", {}, 1)


def popped(turns: Turns) -> list[int]:
    return [each.place.place for each in iter(turns.pop, None)]


def test_nothing_leaves_before_its_turn_whatever_was_claimed_first() -> None:
    time = HandTime()
    turns = Turns(time)
    turns.add([(message(1), time.now + 3), (message(2), time.now + 1)], urgent=False)
    assert (popped(turns), turns.wait()) == ([], 1.0)
    time.wait(1)
    assert (popped(turns), turns.wait()) == ([2], 2.0)
    time.wait(2)
    assert (popped(turns), turns.wait()) == ([1], None)


def test_what_has_no_turn_leaves_in_the_order_it_was_claimed() -> None:
    turns = Turns(HandTime())
    turns.add([(message(number), 0.0) for number in range(5)], urgent=False)
    assert popped(turns) == [0, 1, 2, 3, 4]


def test_urgent_mail_goes_before_all_that_has_no_turn() -> None:
    turns = Turns(HandTime())
    turns.add([(message(1), 0.0), (message(2), 0.0)], urgent=False)
    turns.add([(message(8), 0.0), (message(9), 0.0)], urgent=True)
    assert popped(turns) == [8, 9, 1, 2]


def test_urgent_mail_takes_the_next_turn_of_its_lane_and_gives_its_own_for_it() -> None:
    time = HandTime()
    turns = Turns(time)
    bulk = [message(1), message(2, lane_no=1), message(3, lane_no=1)]
    turns.add([(each, time.now + at) for at, each in enumerate(bulk)], urgent=False)
    turns.add([(message(9, lane_no=1), time.now + 3)], urgent=True)
    left = []
    for second in range(4):
        left += [(second, place) for place in popped(turns)]
        time.wait(1)
    assert left == [(0, 1), (1, 9), (2, 3), (3, 2)]


def test_what_is_drained_is_everything_in_order() -> None:
    time = HandTime()
    turns = Turns(time)
    turns.add([(message(1), time.now + 2), (message(2), time.now + 1)], urgent=False)
    turns.add([(message(3), 0.0)], urgent=False)
    assert [each.place.place for each in turns.drain()] == [3, 2, 1]
    assert len(turns) == 0


def test_single_failures_among_successes_are_no_outage() -> None:
    breaker = Breaker(HandTime())
    for _ in range(10 * FAILURES_TO_REST):
        assert not breaker.stumbled("reset", at_once=False)
        breaker.accepted()
    assert not breaker.open


def test_a_rest_is_over_when_it_is_and_then_one_failure_is_enough() -> None:
    time = HandTime()
    breaker = Breaker(time)
    breaker.rest("down", 4.0)
    assert breaker.remaining() == 4.0
    time.wait(4)
    assert breaker.remaining() == 0
    breaker.try_again()
    assert breaker.probing
    assert breaker.stumbled("still down", at_once=False)
    assert breaker.trouble == "still down"


def test_a_provider_that_takes_mail_again_is_trusted_again() -> None:
    breaker = Breaker(HandTime())
    breaker.rest("down", 0.0)
    breaker.try_again()
    breaker.accepted()
    assert breaker.healed
    assert not breaker.stumbled("reset", at_once=False)
