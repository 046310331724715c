import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.science.experiments import SampleRatio, assign_arms, check_sample_ratio, choose_sample
from drumbeat.science.experiments.assignment import uniform_draws

KEY = b"spring sale"


def test_a_draw_is_the_keyed_hash_that_the_module_documents() -> None:
    digest = hashlib.blake2b((13 >> 3).to_bytes(8, "big"), key=KEY).digest()
    slot = 13 & 7
    bits = int.from_bytes(digest[slot * 8 : slot * 8 + 8], "big") >> 11
    assert uniform_draws([13], KEY)[0] == bits / 2**53


@given(st.lists(st.integers(1, 2**31 - 1), min_size=1, max_size=50, unique=True))
def test_an_arm_depends_on_nobody_else_in_the_list(contact_nos: list[int]) -> None:
    together = assign_arms(contact_nos, [1, 2, 3], KEY).arms
    alone = [assign_arms([number], [1, 2, 3], KEY).arms[0] for number in contact_nos]
    assert together.tolist() == alone


def test_arms_come_in_the_designed_shares_with_their_propensities() -> None:
    weights = [0.5, 0.3, 0.2]
    assignment = assign_arms(np.arange(1, 200_001), weights, KEY)
    ratio = check_sample_ratio(np.bincount(assignment.arms).tolist(), weights)
    assert isinstance(ratio, SampleRatio)
    assert ratio.p_value > 0.01
    assert np.array_equal(assignment.propensities, np.array(weights)[assignment.arms])


def test_another_key_is_an_independent_split() -> None:
    contact_nos = np.arange(1, 100_001)
    one = assign_arms(contact_nos, [1, 1], b"one").arms
    other = assign_arms(contact_nos, [1, 1], b"other").arms
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.01


def test_neighbours_who_share_a_digest_are_independent_too() -> None:
    draws = uniform_draws(np.arange(0, 80_000), KEY).reshape(-1, 8)
    correlations = np.corrcoef(draws, rowvar=False) - np.eye(8)
    assert np.abs(correlations).max() < 0.04


def test_draws_are_uniform() -> None:
    draws = uniform_draws(np.arange(1, 100_001), KEY)
    counts, _ = np.histogram(draws, bins=50, range=(0, 1))
    ratio = check_sample_ratio(counts.tolist(), [1] * 50)
    assert isinstance(ratio, SampleRatio)
    assert not ratio.mismatch


def test_the_sample_has_the_size_asked_for_and_no_preference_for_an_arm() -> None:
    contact_nos = np.arange(1, 20_001)
    chosen = choose_sample(contact_nos, 5_000, b"who takes part")
    assert chosen.sum() == 5_000
    arms = assign_arms(contact_nos, [1, 1], b"which arm").arms
    assert abs(arms[chosen].mean() - 0.5) < 0.03


def test_a_small_list_takes_part_entirely() -> None:
    assert choose_sample([4, 8, 15], 1_000, KEY).all()


def test_nobody_is_an_answer() -> None:
    assert assign_arms([], [1, 1], KEY).arms.size == 0


@pytest.mark.parametrize("weights", [[1], [1, 0], [1, -1], [1, float("nan")]])
def test_weights_that_make_no_experiment_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="arms"):
        assign_arms([1, 2], weights, KEY)
