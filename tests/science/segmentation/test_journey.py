"""Moves between stages: a published survival curve, a chain with known rates, and the edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.science.segmentation import (
    NOT_YET,
    kaplan_meier,
    median_duration,
    trace_journey,
)

# Weeks in remission under 6-mercaptopurine, Freireich et al. (1963); `False`: still in remission.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def test_the_published_curve_of_remissions() -> None:
    weeks, relapsed = np.array(WEEKS, float), np.array(RELAPSED, bool)
    times, lasting = kaplan_meier(weeks, relapsed)
    assert times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    published = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert lasting == pytest.approx(published, abs=5e-4)
    assert median_duration(weeks, relapsed) == 23


def test_a_median_that_is_not_reached_is_not_told() -> None:
    assert median_duration(np.array([1.0, 2, 3]), np.array([True, False, False])) is None
    assert median_duration(np.array([]), np.array([], bool)) is None


def test_a_chain_is_traced_with_its_rates_and_times() -> None:
    rng = np.random.default_rng(7)
    rates = np.array([[0.9, 0.1, 0.0], [0.2, 0.5, 0.3], [0.0, 0.25, 0.75]])
    codes = np.empty((24, 20_000), np.int8)
    codes[0] = rng.integers(0, 3, 20_000)
    for moment in range(1, 24):
        draw = rng.random(20_000)
        codes[moment] = (draw[:, None] > rates[codes[moment - 1]].cumsum(axis=1)).sum(axis=1)
    journey = trace_journey(codes, ("new", "active", "lost"))
    assert journey.rates == pytest.approx(rates, abs=0.01)
    assert [stay.median for stay in journey.stays] == [7, 1, 3]  # log(.5) / log(stay), rounded up
    assert journey.standing.sum(axis=1).tolist() == [20_000] * 24


def test_who_comes_later_arrives_and_is_no_move() -> None:
    codes = np.array([[0, NOT_YET], [0, 1], [1, 1]], np.int8)
    journey = trace_journey(codes, ("a", "b"))
    assert journey.moves.tolist() == [[[1, 0], [0, 0]], [[0, 1], [0, 1]]]
    assert journey.arrivals.tolist() == [[0, 1], [0, 0]]
    assert journey.standing.tolist() == [[1, 0], [1, 1], [0, 2]]
    assert np.isnan(trace_journey(codes[1:], ("a", "b", "c")).rates[2]).all()


def test_a_stay_that_began_before_the_first_moment_is_not_timed() -> None:
    codes = np.array([[0], [1], [1], [0]], np.int8)
    journey = trace_journey(codes, ("a", "b"))
    assert [(stay.stays, stay.ended, stay.median) for stay in journey.stays] == [
        (1, 0, None),
        (1, 1, 2),
    ]


def test_one_moment_is_no_journey() -> None:
    with pytest.raises(ValueError, match="two moments"):
        trace_journey(np.zeros((1, 3), np.int8), ("a",))


@given(st.integers(0, 2**20), st.integers(2, 6), st.integers(1, 40))
def test_nobody_is_lost_between_two_moments(seed: int, moments: int, people: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, (moments, people)).astype(np.int8)
    came = rng.integers(0, moments, people)
    codes[np.arange(moments)[:, None] < came] = NOT_YET
    journey = trace_journey(codes, ("a", "b", "c"))
    after = journey.moves.sum(axis=1) + journey.arrivals
    assert (after == journey.standing[1:]).all()
    assert (journey.moves.sum(axis=2) == journey.standing[:-1]).all()
    assert sum(stay.ended for stay in journey.stays) <= sum(stay.stays for stay in journey.stays)
