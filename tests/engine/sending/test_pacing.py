"""Turns come at an exact rate of real time; an outage is noticed, waited out, and grows."""

import pytest

from drumbeat.engine.sending.pacing import FAILURES_TO_REST, Breaker, Pacer
from tests.engine.sending.cast import HandTime


@pytest.mark.parametrize(
    ("pace", "lateness"),
    [(0.5, 0.0), (0.5, 0.09), (10.0, 0.0), (10.0, 0.05), (333.0, 0.0), (333.0, 0.004)],
)
def test_a_minute_at_a_pace_gives_that_many_turns_within_two_per_cent(
    pace: float, lateness: float
) -> None:
    time = HandTime()
    pacer, turns = Pacer(pace, time), 0
    end = time.now + 60
    while time.now < end:
        time.wait(pacer.delay() + lateness * (turns % 2))
        turns += 1
    assert turns == pytest.approx(60 * pace, rel=0.02, abs=1)


def test_a_long_stall_is_not_caught_up_by_a_burst() -> None:
    time = HandTime()
    pacer = Pacer(10.0, time)
    time.wait(30)
    at_once = 0
    while pacer.delay() == 0:
        at_once += 1
    assert at_once <= 2


def test_without_a_pace_nobody_waits() -> None:
    pacer = Pacer(None, HandTime())
    assert [pacer.delay() for _ in range(1000)] == [0.0] * 1000


def test_single_failures_among_successes_are_no_outage() -> None:
    breaker = Breaker(HandTime())
    for _ in range(10 * FAILURES_TO_REST):
        assert not breaker.stumbled("reset", at_once=False)
        breaker.accepted()
    assert not breaker.open


def test_an_outage_rests_twice_as_long_each_time_until_something_is_accepted() -> None:
    time = HandTime()
    breaker = Breaker(time)
    rests = []
    for _ in range(10):
        assert breaker.stumbled("down", at_once=True)
        rests.append(breaker.remaining())
        time.wait(breaker.remaining())
        breaker.try_again()
    assert rests[:4] == [1.0, 2.0, 4.0, 8.0]
    assert rests[-1] == 300.0
    breaker.accepted()
    breaker.stumbled("down", at_once=True)
    assert breaker.remaining() == 1.0
