"""Propensity: a published fit, a world whose truth is known, and worlds with nothing to learn."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.science.experiments import Inconclusive
from drumbeat.science.segmentation import (
    Feature,
    Propensity,
    Stretch,
    calibration_of,
    fit_logistic,
    learn_propensity,
)

Floats = npt.NDArray[np.float64]

# Temperature at launch and distress of an O-ring, 23 flights before the Challenger: Dalal, Fowlkes
# and Hoadley (1989), JASA 84. The maximum likelihood fit is 15.0429 - 0.2322 t.
FAHRENHEIT = [
    66,
    70,
    69,
    68,
    67,
    72,
    73,
    70,
    57,
    63,
    70,
    78,
    67,
    53,
    67,
    75,
    70,
    81,
    76,
    79,
    75,
    76,
    58,
]
DISTRESS = [0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1]


def test_the_published_fit_of_the_shuttle_flights() -> None:
    points = np.array(FAHRENHEIT, float)[:, None]
    model = fit_logistic(points - 70, np.array(DISTRESS, bool), ridge=0)
    assert model.weights[0] == pytest.approx(-0.2322, abs=1e-4)
    assert model.intercept - 70 * model.weights[0] == pytest.approx(15.0429, abs=2e-3)
    assert model.probability(np.array([[31.0 - 70]]))[0] == pytest.approx(0.9996, abs=1e-4)


def world(
    rng: np.random.Generator, people: int, *, weight: float = 1.2, shift: float = -2.0
) -> tuple[list[Feature], Floats, npt.NDArray[np.bool_]]:
    """Who clicked much and lately buys: two columns that matter, one that does not."""
    logs = rng.normal(2, 0.7, (people, 3)).clip(0)
    odds = shift + weight * (logs[:, 0] - 2) - 0.5 * weight * (logs[:, 1] - 2)
    truth = 1 / (1 + np.exp(-odds))
    names = ("clicks", "days_silent", "noise")
    columns = [
        Feature(name, np.expm1(column), f"few {name}", f"many {name}")
        for name, column in zip(names, logs.T, strict=True)
    ]
    return columns, truth, rng.random(people) < truth


def learn(seed: int, people: int = 6_000, **how: float) -> tuple[Propensity | Inconclusive, Floats]:
    rng = np.random.default_rng(seed)
    first, _, did_first = world(rng, people, **how)
    second, _, did_second = world(rng, people, **how)
    now, truth, _ = world(rng, people, **how)
    naive = -second[1].values
    answer = learn_propensity(
        Stretch(first, did_first), Stretch(second, did_second), now, naive, rng
    )
    return answer, truth


def test_the_truth_of_a_drawn_world_is_learnt() -> None:
    answer, truth = learn(1)
    assert isinstance(answer, Propensity)
    assert np.abs(answer.probability - truth).mean() < 0.02
    assert answer.weights["clicks"] > 0.5 > 0 > answer.weights["days_silent"]
    assert abs(answer.weights["noise"]) < 0.1
    judged = answer.validation
    assert judged.worth_it
    assert judged.auc > judged.auc_naive
    assert judged.brier < judged.brier_rate
    assert judged.expected == pytest.approx(judged.actual, rel=0.1)


def test_calibration_holds_in_a_world_that_stays_and_breaks_in_one_that_turns() -> None:
    answer, _ = learn(2)
    assert isinstance(answer, Propensity)
    held = [
        bin.interval.low <= bin.predicted <= bin.interval.high
        for bin in answer.validation.calibration
    ]
    assert sum(held) >= 8
    rng = np.random.default_rng(3)
    first, _, did = world(rng, 6_000)
    later, _, did_later = world(rng, 6_000, shift=0.0)
    turned = learn_propensity(
        Stretch(first, did), Stretch(later, did_later), later, -later[1].values, rng
    )
    assert isinstance(turned, Propensity)
    bins = turned.validation.calibration
    assert sum(bin.interval.low > bin.predicted for bin in bins) >= 8


def test_where_there_is_nothing_to_learn_no_gain_is_claimed() -> None:
    claimed = 0
    for seed in range(20):
        answer, _ = learn(100 + seed, people=1_500, weight=0.0, shift=-1.0)
        assert isinstance(answer, Propensity)
        claimed += answer.validation.worth_it
    assert claimed <= 2


def test_too_few_who_did_it_is_no_answer() -> None:
    rng = np.random.default_rng(1)
    columns, _, did = world(rng, 500)
    nobody = np.zeros(500, bool)
    answer = learn_propensity(
        Stretch(columns, did), Stretch(columns, nobody), columns, columns[0].values, rng
    )
    assert isinstance(answer, Inconclusive)
    assert (answer.needed, answer.observed) == (50, 0)


@given(st.integers(0, 2**20), st.integers(1, 60))
@settings(max_examples=50, deadline=None)
def test_calibration_bins_hold_everybody_once_and_rise(seed: int, people: int) -> None:
    rng = np.random.default_rng(seed)
    told, did = rng.integers(0, 9, people) / 8, rng.random(people) < 0.5
    bins = calibration_of(told, did)
    assert sum(bin.people for bin in bins) == people
    assert sum(bin.observed * bin.people for bin in bins) == pytest.approx(did.sum())
    predicted = [bin.predicted for bin in bins]
    assert predicted == sorted(predicted)
