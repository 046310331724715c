"""BG/NBD: CDNOW's published estimates, what must hold of any fit, and a market of known truth."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.science.experiments import Inconclusive
from drumbeat.science.value import BgNbd, Histories, fit_bg_nbd, interval_of

NO_COVARIANCE = np.full((4, 4), np.nan)


def fitted(of: Histories) -> BgNbd:
    model = fit_bg_nbd(of)
    assert isinstance(model, BgNbd)
    return model


def one(x: float, t_x: float, age: float) -> Histories:
    return Histories(np.array([x]), np.array([t_x]), np.array([age]))


def test_cdnow_is_estimated_as_published(customers: Histories, published: Any) -> None:
    model, expected = fitted(customers), published["bgnbd"]
    found = {"r": model.r, "alpha": model.alpha, "a": model.a, "b": model.b}
    assert found == pytest.approx({name: expected[name] for name in found}, rel=1e-4)
    assert model.log_likelihood == pytest.approx(expected["LL"], abs=1e-3)
    paper = published["published"]["BG/NBD (Fader, Hardie & Lee 2005)"]
    assert [round(each, 3) for each in found.values()] == [paper[name] for name in found]


def test_single_customers_of_cdnow_are_forecast_as_published(
    customers: Histories, published: Any
) -> None:
    model = fitted(customers)
    for row in published["bgnbd_individual"]:
        of = one(row["x"], row["t_x"], row["T"])
        assert model.expected_purchases(of, 39)[0] == pytest.approx(row["E_Y_39"], rel=1e-4)
        assert model.alive(of)[0] == pytest.approx(row["p_alive"], rel=1e-4)
    for weeks, expected in published["bgnbd_E_X_t"].items():
        assert model.expected_of_newcomer(float(weeks)) == pytest.approx(expected, rel=1e-4)


def test_the_unit_of_time_changes_alpha_only(customers: Histories) -> None:
    in_days = Histories(customers.frequency, customers.recency * 7, customers.age * 7)
    weeks, days = fitted(customers), fitted(in_days)
    assert (days.r, days.alpha / 7, days.a, days.b) == pytest.approx(
        (weeks.r, weeks.alpha, weeks.a, weeks.b), rel=1e-4
    )


def test_a_market_of_known_truth_is_found_again() -> None:
    truth = BgNbd(0.6, 5.0, 0.8, 2.5, 0.0, 0, NO_COVARIANCE)
    past, later = market(truth, 12_000, age=52.0, horizon=52.0, rng=np.random.default_rng(7))
    model = fitted(past)
    errors = np.sqrt(np.diag(model.covariance))
    assert np.abs((model.logs - truth.logs) / errors).max() < 3.5
    forecast = model.expected_purchases(past, 52.0)
    assert forecast.sum() == pytest.approx(later.sum(), rel=0.05)
    busy = past.frequency >= 5
    assert forecast[busy].sum() == pytest.approx(later[busy].sum(), rel=0.08)


def test_the_interval_of_a_total_covers_the_truth_as_often_as_it_says() -> None:
    truth = BgNbd(0.6, 5.0, 0.8, 2.5, 0.0, 0, NO_COVARIANCE)
    rng, covered = np.random.default_rng(11), 0
    for _ in range(20):
        past, _ = market(truth, 800, age=40.0, horizon=1.0, rng=rng)
        model = fitted(past)

        def total(logs: Any, model: BgNbd = model, past: Histories = past) -> float:
            return float(model.with_logs(logs).expected_purchases(past, 40.0).sum())

        found = interval_of(total, model.logs, model.covariance)
        covered += found is not None and found.low <= total(truth.logs) <= found.high
    assert covered >= 14  # 18 expected of 20; fewer than 14 has a chance of about one in 400


@given(
    logs=st.tuples(*[st.floats(-2.0, 2.5)] * 4),
    x=st.integers(0, 400),
    share=st.floats(0.0, 1.0),
    age=st.floats(0.5, 400.0),
    horizon=st.floats(0.1, 500.0),
)
@settings(max_examples=200, deadline=None)
def test_any_forecast_is_finite_bounded_and_grows_with_the_horizon(
    logs: tuple[float, ...], x: int, share: float, age: float, horizon: float
) -> None:
    r, alpha, a, b = np.exp(np.array(logs))
    model = BgNbd(r, alpha, a, b, 0.0, 1, NO_COVARIANCE)
    of = one(x, share * age if x else 0.0, age)
    alive, near, far = (
        model.alive(of)[0],
        model.expected_purchases(of, horizon)[0],
        model.expected_purchases(of, 2 * horizon)[0],
    )
    assert 0 <= alive <= 1
    assert 0 <= near <= far * (1 + 1e-6) + 1e-12
    assert far <= (r + x) / (alpha + age) * 2 * horizon * (1 + 1e-6) + 1e-12


def test_where_the_closed_form_gives_up_the_mean_is_still_exact() -> None:
    """Against adaptive quadrature of E[(1 - (1 + p h / (alpha + T))^-(r + x)) / p], p ~ Beta."""
    model = BgNbd(1.0, 1.0, float(np.e), 1.0, 0.0, 1, NO_COVARIANCE)
    of = one(133, 1.0, 1.0)
    for horizon, mean in ((213.0, 78.95878560356394), (426.0, 78.97688413820704)):
        told = model.expected_purchases(of, horizon)[0]
        assert told == pytest.approx(mean * model.alive(of)[0], rel=1e-9)


@pytest.mark.parametrize(("a", "b"), [(2e6, 8e6), (2e4, 8e4)])
def test_a_chance_to_leave_that_is_alike_for_all_is_that_chance(a: float, b: float) -> None:
    model = BgNbd(1.0, 1.0, a, b, 0.0, 1, NO_COVARIANCE)
    summed = model._by_quadrature(np.array([3.0]), np.array([9.0]), 20.0)[0]
    chance = a / (a + b + 3)
    assert summed == pytest.approx((1 - (1 + chance * 2.0) ** -4) / chance, rel=1e-4)


def test_nobody_leaves_where_the_chance_to_is_nothing() -> None:
    model = BgNbd(1.0, 1.0, 1e-8, 1e6, 0.0, 1, NO_COVARIANCE)
    summed = model._by_quadrature(np.array([3.0]), np.array([9.0]), 20.0)[0]
    assert summed == pytest.approx(4 * 2.0, rel=1e-4)


@given(
    logs=st.tuples(*[st.floats(-1.5, 1.5)] * 4),
    x=st.integers(0, 60),
    age=st.floats(1.0, 200.0),
    horizon=st.floats(0.5, 300.0),
)
@settings(max_examples=100, deadline=None)
def test_the_closed_form_is_the_mean_over_the_chance_to_leave(
    logs: tuple[float, ...], x: int, age: float, horizon: float
) -> None:
    r, alpha, a, b = np.exp(np.array(logs))
    model = BgNbd(r, alpha, a, b, 0.0, 1, NO_COVARIANCE)
    of = one(x, age if x else 0.0, age)
    summed = model._by_quadrature(of.frequency, of.age, horizon) * model.alive(of)
    assert model.expected_purchases(of, horizon)[0] == pytest.approx(summed[0], rel=1e-4)


def test_too_few_repeat_customers_are_no_ground_for_a_forecast() -> None:
    few = Histories(np.r_[np.zeros(5_000), np.ones(49)], np.r_[np.zeros(5_000), np.ones(49)],
                    np.full(5_049, 10.0))  # fmt: skip
    assert fit_bg_nbd(few) == Inconclusive("Too few customers bought more than once.", 50, 49)


@pytest.mark.parametrize(
    ("x", "t_x", "age"), [(1.0, 5.0, 4.0), (-1.0, 0.0, 4.0), (0.0, 2.0, 4.0), (1.0, -1.0, 4.0)]
)
def test_a_past_that_cannot_be_is_refused(x: float, t_x: float, age: float) -> None:
    with pytest.raises(ValueError, match=r"recency|frequency"):
        one(x, t_x, age)


def test_a_parameter_of_exactly_one_is_no_division_by_zero() -> None:
    model = BgNbd(0.5, 4.0, 1.0, 2.0, 0.0, 1, NO_COVARIANCE)
    beside = replace(model, a=1.0 + 1e-5)
    of = one(3, 20, 30)
    found = model.expected_purchases(of, 10)[0]
    assert found == pytest.approx(beside.expected_purchases(of, 10)[0], rel=1e-3)


def market(
    truth: BgNbd, customers: int, *, age: float, horizon: float, rng: np.random.Generator
) -> tuple[Histories, Any]:
    """Customers who buy and leave as the model says, and what they buy in the `horizon` after."""
    rates = rng.gamma(truth.r, 1 / truth.alpha, customers)
    leaving = rng.beta(truth.a, truth.b, customers)
    frequency, recency, later = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    for i in range(customers):
        at = 0.0
        while True:
            at += rng.exponential(1 / rates[i]) if rates[i] > 0 else np.inf
            if at > age + horizon:
                break
            if at <= age:
                frequency[i], recency[i] = frequency[i] + 1, at
            else:
                later[i] += 1
            if rng.random() < leaving[i]:
                break
    return Histories(frequency, recency, np.full(customers, age)), later
