from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from drumbeat.science.experiments import Comparison, Counts, Inconclusive, compare_proportions
from drumbeat.science.experiments.frequentist import (
    chi_square,
    fisher_p,
    holm,
    newcombe,
    pooled_z,
    two_sided_p,
    wilson,
)


def compared(control: Counts, treatment: Counts) -> Comparison:
    comparison = compare_proportions(control, treatment)
    assert isinstance(comparison, Comparison)
    return comparison


def test_every_published_two_proportion_number_is_reproduced(published: Any) -> None:
    for row in published["two_proportion"]:
        a, b = Counts(row["nA"], row["xA"]), Counts(row["nB"], row["xB"])
        assert pooled_z(a, b) == pytest.approx(row["z_pooled"], abs=1e-7)
        assert two_sided_p(pooled_z(a, b)) == pytest.approx(row["p_two_sided"], abs=1e-8)
        assert fisher_p(a, b) == pytest.approx(row["fisher_p"], abs=1e-8)
        interval = newcombe(a, b)
        assert (interval.low, interval.high) == pytest.approx(row["ci95_newcombe"], abs=1e-8)
        for arm, name in ((a, "wilsonA"), (b, "wilsonB")):
            assert (wilson(arm).low, wilson(arm).high) == pytest.approx(row[name], abs=1e-8)


def test_published_chi_square_of_four_arms(published: Any) -> None:
    table = published["chi2_4arm"]
    arms = [Counts(trials, successes) for successes, trials in table["arms_x_n"]]
    assert chi_square(arms) == pytest.approx((table["chi2"], table["p"]), abs=1e-8)


def test_published_holm_adjustment(published: Any) -> None:
    table = published["multiple_testing"]
    assert holm(table["p_bh1995"]) == pytest.approx(table["holm"]["adjusted"], abs=1e-9)


def test_a_hundred_against_a_hundred_and_thirty_of_a_thousand() -> None:
    comparison = compared(Counts(1000, 100), Counts(1000, 130))
    assert comparison.p_value == pytest.approx(0.0355, abs=5e-5)
    assert comparison.relative_lift == pytest.approx(0.3)
    assert comparison.method == "pooled two-proportion z test"


def test_fewer_than_ten_in_a_cell_are_judged_exactly() -> None:
    comparison = compared(Counts(500, 5), Counts(480, 14))
    assert comparison.method == "Fisher's exact test"
    assert comparison.p_value == pytest.approx(0.03628, abs=5e-6)


@settings(deadline=None)
@given(st.integers(0, 9), st.integers(0, 20_000), st.sampled_from([20_000, 300_000, 1_000_000]))
def test_fisher_leaves_out_only_what_no_number_could_hold(few: int, many: int, trials: int) -> None:
    a, b = Counts(trials, few), Counts(20_000, many)
    table = [[a.successes, a.failures], [b.successes, b.failures]]
    assert fisher_p(a, b) == pytest.approx(fisher_exact(table).pvalue, rel=1e-5, abs=1e-300)


def test_fishers_tea_tasting_lady() -> None:
    # Fisher 1935: three of four cups right; two-sided p = 34/70.
    assert fisher_p(Counts(4, 1), Counts(4, 3)) == pytest.approx(34 / 70)


def test_an_empty_arm_is_no_answer_rather_than_a_neutral_number() -> None:
    answer = compare_proportions(Counts(0, 0), Counts(10, 1))
    assert answer == Inconclusive("An arm has no contacts yet.", needed=1, observed=0)


def test_nobody_anywhere_is_no_evidence_of_a_difference() -> None:
    comparison = compared(Counts(50, 0), Counts(60, 0))
    assert comparison.p_value == pytest.approx(1.0)
    assert comparison.relative_lift is None


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="11 successes in 10 trials"):
        Counts(10, 11)


arms = st.integers(1, 400).flatmap(lambda n: st.builds(Counts, st.just(n), st.integers(0, n)))


@given(arms, arms)
def test_the_estimate_lies_in_its_interval_and_the_p_value_is_a_probability(
    a: Counts, b: Counts
) -> None:
    comparison = compared(a, b)
    interval = comparison.interval
    assert -1 - 1e-9 <= interval.low <= comparison.estimate + 1e-12
    assert comparison.estimate - 1e-12 <= interval.high <= 1 + 1e-9
    assert 0 <= comparison.p_value <= 1


@given(arms, arms)
def test_swapping_the_arms_turns_the_sign_only(a: Counts, b: Counts) -> None:
    forth, back = compared(a, b), compared(b, a)
    assert forth.estimate == pytest.approx(-back.estimate)
    assert forth.p_value == pytest.approx(back.p_value)
    assert forth.interval.low == pytest.approx(-back.interval.high)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    a, b = rng.binomial(800, 0.2, 2_000), rng.binomial(900, 0.23, 2_000)
    intervals = [
        newcombe(Counts(800, int(x)), Counts(900, int(y))) for x, y in zip(a, b, strict=True)
    ]
    covered = np.mean([interval.low <= 0.03 <= interval.high for interval in intervals])
    assert 0.94 <= covered <= 0.96
