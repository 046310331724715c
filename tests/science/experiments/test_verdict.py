import numpy as np

from drumbeat.science.experiments import Counts, Outcome, judge
from drumbeat.science.experiments.verdict import Standard

HALVES = [0.5, 0.5]


def test_a_clear_difference_has_a_winner() -> None:
    verdict = judge([Counts(2000, 200), Counts(2000, 300)], HALVES)
    assert verdict.outcome is Outcome.WINNER
    assert verdict.winner == 1
    assert "15.00%" in verdict.reason


def test_the_control_can_win() -> None:
    assert judge([Counts(2000, 300), Counts(2000, 200)], HALVES).winner == 0


def test_a_small_test_says_how_many_contacts_it_lacks() -> None:
    verdict = judge([Counts(100, 20), Counts(100, 23)], HALVES)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.winner is None
    assert verdict.needed_per_arm == 6510
    assert "6,510 contacts an arm" in verdict.reason


def test_a_difference_too_small_to_matter_is_no_difference_even_when_it_is_sure() -> None:
    verdict = judge([Counts(1_000_000, 250_000), Counts(1_000_000, 252_000)], HALVES)
    assert verdict.outcome is Outcome.NO_DIFFERENCE
    comparison = verdict.against_leader[0]
    assert comparison is not None
    assert comparison.p_value < 0.05


def test_a_broken_split_has_no_winner_however_large_the_difference() -> None:
    verdict = judge([Counts(2000, 200), Counts(1500, 300)], HALVES)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "the split itself went wrong" in verdict.reason


def test_the_split_is_checked_on_who_was_assigned() -> None:
    verdict = judge([Counts(2000, 200), Counts(1500, 300)], HALVES, assigned=[2010, 1990])
    assert verdict.outcome is Outcome.WINNER


def test_before_anybody_is_measured_nothing_is_said() -> None:
    verdict = judge([Counts(0, 0), Counts(0, 0)], HALVES)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.leader is None


def test_the_best_of_three_must_beat_both_others() -> None:
    near_tie = judge([Counts(3000, 300), Counts(3000, 450), Counts(3000, 455)], [1, 1, 1])
    assert near_tie.outcome is Outcome.INCONCLUSIVE
    clear = judge([Counts(3000, 300), Counts(3000, 350), Counts(3000, 500)], [1, 1, 1])
    assert clear.winner == 2
    assert clear.against_leader[2] is None


def test_a_control_without_any_success_cannot_plan_a_bigger_test() -> None:
    verdict = judge([Counts(50, 0), Counts(50, 1)], HALVES)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.needed_per_arm is None


def winners_among_equals(arms: int, runs: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    draws = rng.binomial(1_000, 0.2, (runs, arms))
    verdicts = [judge([Counts(1_000, int(x)) for x in run], [1] * arms) for run in draws]
    return float(np.mean([verdict.outcome is Outcome.WINNER for verdict in verdicts]))


def test_equal_arms_have_a_winner_no_more_often_than_the_level_allows() -> None:
    assert 0.03 <= winners_among_equals(2, 3_000, seed=1) <= 0.06


def test_more_equal_arms_do_not_make_more_winners() -> None:
    assert winners_among_equals(4, 1_500, seed=2) <= 0.05


def test_the_planned_size_finds_the_planned_effect_as_often_as_planned() -> None:
    rng = np.random.default_rng(5)
    standard = Standard(minimum_effect=0.25)
    control, treatment = rng.binomial(1_094, 0.2, 1_000), rng.binomial(1_094, 0.25, 1_000)
    won = [
        judge([Counts(1_094, int(x)), Counts(1_094, int(y))], HALVES, standard).winner == 1
        for x, y in zip(control, treatment, strict=True)
    ]
    assert 0.77 <= np.mean(won) <= 0.84
