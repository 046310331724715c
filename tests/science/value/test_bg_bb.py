"""BG/BB: the published estimates on yearly donations, and a simulation of known truth."""

from typing import Any

import numpy as np
import pytest

from drumbeat.science.experiments import Inconclusive
from drumbeat.science.value import BgBb, Chances, fit_bg_bb
from tests.science.value.conftest import CDNOW, columns


def test_donations_are_estimated_as_published(published: Any) -> None:
    of = columns(CDNOW / "donations_bgbb.csv")
    model = fit_bg_bb(Chances(of["frequency"], of["recency"], of["periods"], of["weights"]))
    assert isinstance(model, BgBb)
    found = {name: getattr(model, name) for name in ("alpha", "beta", "gamma", "delta")}
    assert found == pytest.approx(published["bgbb_donations"], rel=1e-4)
    paper = published["published"]["BG/BB donations (Fader, Hardie & Shang 2010)"]
    assert model.log_likelihood == pytest.approx(paper["LL"], abs=0.1)
    assert [round(each, 3) for each in found.values()] == [
        pytest.approx(paper[name], abs=1.1e-3) for name in found
    ]


def test_a_simulated_appeal_is_found_again_and_forecast() -> None:
    rng, n, periods, ahead = np.random.default_rng(5), 40_000, 8, 4
    alpha, beta, gamma, delta = 1.2, 0.8, 0.7, 3.0
    taking, leaving = rng.beta(alpha, beta, n), rng.beta(gamma, delta, n)
    stays = rng.geometric(leaving) - 1  # chances before the one it leaves at
    took = rng.random((n, periods + ahead)) < taking[:, None]
    took &= np.arange(periods + ahead) < stays[:, None]
    past, later = took[:, :periods], took[:, periods:].sum(axis=1)
    frequency = past.sum(axis=1).astype(float)
    recency = np.where(past, np.arange(1, periods + 1), 0).max(axis=1).astype(float)
    pasts, customers = np.unique(np.stack([frequency, recency]), axis=1, return_counts=True)
    of = Chances(
        pasts[0], pasts[1], np.full(len(customers), float(periods)), customers.astype(float)
    )
    model = fit_bg_bb(of)
    assert isinstance(model, BgBb)
    found = np.log([model.alpha, model.beta, model.gamma, model.delta])
    errors = np.sqrt(np.diag(model.covariance))
    assert np.abs((found - np.log([alpha, beta, gamma, delta])) / errors).max() < 3.5
    assert model.expected_taken(of, ahead) @ of.customers == pytest.approx(later.sum(), rel=0.03)
    assert model.alive(of) @ of.customers == pytest.approx((stays > periods).sum(), rel=0.03)


def test_few_who_ever_took_a_chance_are_no_ground_for_a_forecast() -> None:
    nobody = Chances(np.zeros(1), np.zeros(1), np.full(1, 6.0), np.full(1, 900.0))
    assert fit_bg_bb(nobody) == Inconclusive("Too few customers took any chance.", 50, 0)
    with pytest.raises(ValueError, match="frequency"):
        Chances(np.full(1, 3.0), np.full(1, 2.0), np.full(1, 6.0), np.ones(1))
