"""Gamma-Gamma: CDNOW's published estimates, what must hold, and spend of known truth."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.science.experiments import Inconclusive
from drumbeat.science.value import GammaGamma, fit_gamma_gamma
from tests.science.value.conftest import Columns


def fitted(x: Any, m: Any) -> GammaGamma:
    model = fit_gamma_gamma(x, m)
    assert isinstance(model, GammaGamma)
    return model


def test_cdnow_spend_is_estimated_as_published(cdnow: Columns, published: Any) -> None:
    model, expected = fitted(cdnow["frequency"], cdnow["monetary_value"]), published["gamma_gamma"]
    assert (model.p, model.q, model.v) == pytest.approx(
        (expected["p"], expected["q"], expected["v"]), rel=1e-4
    )
    assert model.customers == expected["n"]
    assert model.population_mean == pytest.approx(expected["pop_mean"], abs=1e-3)
    for row in published["gamma_gamma_individual"]:
        found = model.expected_spend(np.array([float(row["x"])]), np.array([float(row["m"])]))
        assert found[0] == pytest.approx(row["E_M"], rel=1e-4)


def test_the_unit_of_money_changes_v_only(cdnow: Columns) -> None:
    whole = fitted(cdnow["frequency"], cdnow["monetary_value"])
    cents = fitted(cdnow["frequency"], cdnow["monetary_value"] * 100)
    assert (cents.p, cents.q, cents.v / 100) == pytest.approx((whole.p, whole.q, whole.v), rel=1e-3)


def test_spend_of_known_truth_is_found_again() -> None:
    rng, n = np.random.default_rng(3), 20_000
    p, q, v = 4.0, 3.5, 20.0
    x = rng.integers(1, 12, n).astype(float)
    mean = rng.gamma(p * x, 1.0) / x / rng.gamma(q, 1 / v, n)
    model = fitted(x, mean)
    assert (model.p, model.q, model.v) == pytest.approx((p, q, v), rel=0.06)
    errors = np.sqrt(np.diag(model.covariance))
    found = np.log([model.p, model.q, model.v]) - np.log([p, q, v])
    assert np.abs(found / errors).max() < 3.5


@given(x=st.integers(1, 1_000), mean=st.floats(0.01, 1e6))
def test_a_forecast_lies_between_the_own_mean_and_the_population(x: int, mean: float) -> None:
    model = GammaGamma(6.25, 3.74, 15.44, 0.0, 946, np.zeros((3, 3)))
    found = model.expected_spend(np.array([float(x)]), np.array([mean]))[0]
    low, high = sorted((mean, model.population_mean))
    assert low * (1 - 1e-9) <= found <= high * (1 + 1e-9)


def test_free_or_single_purchases_are_no_ground_for_a_forecast() -> None:
    x = np.r_[np.zeros(500), np.full(100, 2.0), np.full(49, 2.0)]
    money = np.r_[np.full(500, 9.0), np.zeros(100), np.linspace(1, 9, 49)]
    found = fit_gamma_gamma(x, money)
    assert found == Inconclusive("Too few customers bought more than once for money.", 50, 49)


def test_when_everybody_spends_the_same_that_is_the_forecast() -> None:
    x, money = np.full(99, 3.0), np.full(99, 10.0)
    assert fitted(x, money).expected_spend(x, money) == pytest.approx(money, rel=1e-3)
