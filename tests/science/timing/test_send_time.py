import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.science.timing import Basis, best_hours, best_list_hour
from drumbeat.science.timing.send_time import COLD_START_WEIGHT

DAYTIME = range(8, 21)


def counts(*groups: dict[int, int]) -> npt.NDArray[np.int64]:
    table = np.zeros((len(groups), 24), dtype=np.int64)
    for row, group in enumerate(groups):
        for hour, count in group.items():
            table[row, hour] = count
    return table


def test_before_any_engagement_it_is_the_cold_start_hour() -> None:
    [best] = best_hours(counts({}), 14)
    assert (best.hour, best.share, best.evidence, best.basis) == (14, 1.0, 0, Basis.COLD_START)


def test_a_strong_habit_of_the_group_beats_the_list() -> None:
    early, late = best_hours(counts({7: 200, 20: 10}, {20: 900}), 9)
    assert (early.hour, early.basis, early.evidence) == (7, Basis.MEASURED, 210)
    assert (late.hour, late.basis) == (20, Basis.MEASURED)


def test_a_group_that_was_hardly_seen_follows_the_list() -> None:
    few, _ = best_hours(counts({7: 3}, {18: 500}), 9)
    assert (few.hour, few.basis, few.evidence) == (18, Basis.LIST, 3)


def test_a_few_engagements_do_not_move_a_young_list() -> None:
    few, fewer = best_hours(counts({20: 10}, {20: 9}), 10)
    assert (few.hour, fewer.hour) == (10, 10)
    assert few.basis is fewer.basis is Basis.COLD_START


def test_the_share_is_the_documented_posterior_mean() -> None:
    [best] = best_hours(counts({20: 60, 9: 20}), 9)
    assert best.hour == 20
    assert best.share == pytest.approx(60 / (80 + COLD_START_WEIGHT))


def test_ties_go_to_the_earliest_hour() -> None:
    [best] = best_hours(counts({19: 300, 11: 300}), 9)
    assert best.hour == 11
    assert best_hours(counts({3: 300}), 9, allowed=[18, 12])[0].hour == 12


def test_quiet_hours_are_never_chosen() -> None:
    [best] = best_hours(counts({2: 1_000, 20: 40}), 9, allowed=DAYTIME)
    assert best.hour == 20


def test_each_group_may_have_hours_of_its_own_to_choose_from() -> None:
    mask = np.zeros((2, 24), dtype=np.bool_)
    mask[0, [9, 10]] = mask[1, [15, 16]] = True
    best = best_hours(counts({10: 80, 16: 90}, {10: 90, 16: 80}), 9, allowed=mask)
    assert [choice.hour for choice in best] == [10, 16]


def test_the_whole_list_is_one_group() -> None:
    table = counts({8: 50}, {12: 40}, {12: 30})
    assert best_list_hour(table, 9).hour == 12
    assert best_list_hour(table, 9).evidence == 120


def test_no_groups_need_no_hours() -> None:
    assert best_hours(np.zeros((0, 24)), 9) == []


def test_there_must_be_an_hour_to_choose() -> None:
    with pytest.raises(ValueError, match="at least one hour"):
        best_hours(counts({}), 9, allowed=[])


tables = st.lists(
    st.lists(st.integers(0, 500), min_size=24, max_size=24), min_size=1, max_size=5
).map(np.array)


@given(tables, st.integers(8, 20))
def test_the_share_is_a_probability_and_the_hour_is_allowed(
    table: npt.NDArray[np.int64], cold_start: int
) -> None:
    for best in best_hours(table, cold_start, allowed=DAYTIME):
        assert best.hour in DAYTIME
        assert 0 <= best.share <= 1


@given(tables, st.integers(0, 23))
def test_too_little_evidence_never_leaves_the_cold_start_hour(
    table: npt.NDArray[np.int64], cold_start: int
) -> None:
    for best in best_hours(table // 400, cold_start):
        assert best.basis is not Basis.COLD_START or best.hour == cold_start


def test_the_true_hour_of_each_group_is_found_from_noisy_counts() -> None:
    rng = np.random.default_rng(4)
    peaks = np.array([8, 12, 20, 18])
    distance = np.abs((np.arange(24) - peaks[:, None] + 12) % 24 - 12)
    curves = np.exp(-distance / 3.0)
    table = rng.poisson(600 * curves / curves.sum(axis=1, keepdims=True))
    assert [best.hour for best in best_hours(table, 10)] == peaks.tolist()
