"""Groups of alike people: against published figures, drawn groups, and where there are none."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from drumbeat.science.experiments import Inconclusive
from drumbeat.science.segmentation import Clusters, Feature, find_clusters, scale_of, structure_of
from tests.science.segmentation.test_rfm import oracle, retail

__all__ = ["oracle", "retail"]

Floats = npt.NDArray[np.float64]


def features(columns: Floats) -> list[Feature]:
    return [
        Feature(f"deed{at}", column, f"few {at}", f"many {at}")
        for at, column in enumerate(columns.T)
    ]


def drawn(
    rng: np.random.Generator, centres: Floats, each: int, spread: float
) -> tuple[Floats, Any]:
    """Counts around `centres`, which are logarithms, and whose they are."""
    whose = np.repeat(np.arange(len(centres)), each)
    return np.expm1(np.abs(centres[whose] + rng.normal(0, spread, (len(whose), 3)))), whose


def found(columns: Floats, seed: int = 1, clusters: int | None = None) -> Clusters:
    answer = find_clusters(features(columns), np.random.default_rng(seed), clusters=clusters)
    assert isinstance(answer, Clusters)
    return answer


def test_a_year_of_real_purchases_has_the_published_silhouettes(
    retail: dict[str, npt.NDArray[Any]], oracle: Any
) -> None:
    columns = np.column_stack([retail[name].astype(float) for name in ("r", "f", "m")])
    for number, published in oracle["kmeans_log_z"].items():
        answer = found(columns, clusters=int(number))
        assert answer.silhouette == pytest.approx(published["silhouette"], abs=5e-3)
        if number in ("2", "4"):  # the others lie between two optima of nearly the same width
            assert sorted(answer.sizes) == pytest.approx(published["sizes"], rel=0.02)
    best = found(columns)
    assert len(best.names) == 2
    assert best.structure == "weak"
    assert best.stable


def test_groups_that_were_drawn_are_found_and_named_by_what_differs() -> None:
    rng = np.random.default_rng(4)
    columns, whose = drawn(rng, np.array([[1.0, 1, 1], [4, 1, 1], [4, 4, 4]]), 400, 0.15)
    answer = found(columns)
    assert adjusted_rand_score(whose, answer.codes) > 0.99
    assert answer.structure == "strong"
    assert answer.stability > 0.99
    assert len(set(answer.names)) == 3
    assert any("Many 1" in name or "many 1" in name for name in answer.names)


def test_one_cloud_is_not_sold_as_groups() -> None:
    columns = np.expm1(np.abs(np.random.default_rng(5).normal(5, 1, (2_000, 3))))
    answer = found(columns)
    assert answer.structure in ("weak", "none")


def test_groups_of_more_people_than_are_fitted_are_those_of_all() -> None:
    rng = np.random.default_rng(6)
    columns, whose = drawn(rng, np.array([[1.0, 1, 1], [4, 4, 4]]), 60_000, 0.3)
    answer = found(columns, clusters=2)
    assert adjusted_rand_score(whose, answer.codes) > 0.99
    assert sum(answer.sizes) == 120_000


def test_few_people_or_people_who_are_all_alike_are_not_grouped() -> None:
    rng = np.random.default_rng(1)
    few = find_clusters(features(np.ones((20, 3))), rng)
    alike = find_clusters(features(np.ones((500, 3))), rng)
    assert isinstance(few, Inconclusive)
    assert (few.needed, few.observed) == (100, 20)
    assert isinstance(alike, Inconclusive)


def test_unknown_values_and_numbers_of_groups_are_refused() -> None:
    rng = np.random.default_rng(1)
    columns = np.ones((200, 2))
    columns[3, 1] = np.nan
    with pytest.raises(ValueError, match="deed1"):
        find_clusters(features(columns), rng)
    with pytest.raises(ValueError, match="from 2 to 8"):
        find_clusters(features(np.ones((200, 2))), rng, clusters=9)


@pytest.mark.parametrize(
    ("width", "word"), [(0.71, "strong"), (0.7, "reasonable"), (0.5, "weak"), (0.25, "none")]
)
def test_a_silhouette_is_read_as_in_the_book(width: float, word: str) -> None:
    assert structure_of(width) == word


@given(st.integers(0, 2**20))
@settings(max_examples=10, deadline=None)
def test_everybody_is_in_one_group_and_groups_are_in_order_of_size(seed: int) -> None:
    rng = np.random.default_rng(seed)
    answer = found(rng.gamma(1, 5, (150, 3)), seed=seed, clusters=3)
    sizes = np.bincount(answer.codes, minlength=3)
    assert tuple(sizes) == answer.sizes
    assert list(sizes) == sorted(sizes, reverse=True)
    assert answer.means.shape == (3, 3)


def test_a_scale_takes_the_spread_out_and_leaves_an_even_column_at_zero() -> None:
    columns = features(np.column_stack([np.arange(100.0), np.full(100, 7.0)]))
    points = scale_of(columns).apply(columns)
    assert points.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert points.std(axis=0) == pytest.approx([1, 0])
