from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.science.experiments import Counts, chance_best, chance_to_beat, expected_loss


def test_every_published_beta_binomial_number_is_reproduced(published: Any) -> None:
    for row in published["beta_binomial"]["rows"]:
        a, b = Counts(row["nA"], row["xA"]), Counts(row["nB"], row["xB"])
        assert chance_to_beat(a, b) == pytest.approx(row["p_B_gt_A"], abs=1e-8)
        assert expected_loss(b, a) == pytest.approx(row["expected_loss_choose_B"], abs=1e-9)
        assert expected_loss(a, b) == pytest.approx(row["expected_loss_choose_A"], abs=1e-9)


def test_the_published_best_of_four(published: Any) -> None:
    table = published["beta_binomial"]["best_of_4"]
    arms = [Counts(trials, successes) for successes, trials in table["arms_x_n"]]
    assert chance_best(arms) == pytest.approx(table["p_best"], abs=1e-7)


def test_with_two_arms_the_two_ways_agree() -> None:
    a, b = Counts(500, 5), Counts(480, 14)
    assert chance_best([a, b])[1] == pytest.approx(chance_to_beat(a, b), abs=1e-9)


def test_arms_of_very_different_sizes_are_compared_as_sharply() -> None:
    small, large = Counts(12, 3), Counts(50_000_000, 10_000_000)
    assert chance_best([small, large])[0] == pytest.approx(chance_to_beat(large, small), abs=1e-6)


def test_before_any_contact_it_is_a_coin() -> None:
    assert chance_to_beat(Counts(0, 0), Counts(0, 0)) == pytest.approx(0.5)


def test_simulated_posteriors_agree() -> None:
    rng = np.random.default_rng(3)
    draws_a, draws_b = rng.beta(21, 181, 400_000), rng.beta(31, 171, 400_000)
    simulated = float(np.mean(draws_b > draws_a))
    assert chance_to_beat(Counts(200, 20), Counts(200, 30)) == pytest.approx(simulated, abs=0.003)


arms = st.integers(0, 3_000).flatmap(lambda n: st.builds(Counts, st.just(n), st.integers(0, n)))


@given(arms, arms)
def test_the_chances_of_both_ways_add_up_to_one(a: Counts, b: Counts) -> None:
    assert chance_to_beat(a, b) + chance_to_beat(b, a) == pytest.approx(1, abs=1e-8)
    assert expected_loss(a, b) >= -1e-12
