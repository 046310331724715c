import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.science.segmentation import TOO_FEW, rfm_scores, rfm_segments, too_few_to_score

SHARED = Path(__file__).parents[4] / "shared"
RETAIL = SHARED / "data" / "online_retail" / "online_retail_II_2009_2010.parquet"
ORACLE = SHARED / "oracles" / "rfm_online_retail.json"
PURCHASES = f"""
    WITH bought AS (
        SELECT "Customer ID"::INTEGER AS customer, Invoice AS invoice,
               Quantity * Price AS value, InvoiceDate::TIMESTAMP::DATE AS day
        FROM '{RETAIL}'
        WHERE Invoice NOT LIKE 'C%' AND "Customer ID" IS NOT NULL AND Quantity > 0 AND Price > 0
    )
    SELECT customer, datediff('day', max(day), (SELECT max(day) + 1 FROM bought)) AS r,
           count(DISTINCT invoice) AS f, sum(value) AS m
    FROM bought GROUP BY customer ORDER BY customer
"""


@pytest.fixture(scope="module")
def oracle() -> Any:
    if not ORACLE.exists():
        pytest.skip("published numbers (rfm_online_retail.json) are not here")
    return json.loads(ORACLE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def retail() -> dict[str, npt.NDArray[Any]]:
    if not RETAIL.exists():
        pytest.skip("UCI Online Retail II is not here")
    import duckdb

    rows = duckdb.connect().execute(PURCHASES).fetchnumpy()
    return {name: np.asarray(column) for name, column in rows.items()}


def test_a_year_of_real_purchases_scores_as_published(
    retail: dict[str, npt.NDArray[Any]], oracle: Any
) -> None:
    scores = rfm_scores(retail["r"], retail["f"], retail["m"])
    assert retail["customer"].size == oracle["customers"]
    assert retail["m"].sum() == pytest.approx(oracle["revenue_total"], abs=1)
    for customer, expected in oracle["examples"].items():
        [i] = np.flatnonzero(retail["customer"] == int(customer))
        found = (scores.recency[i], scores.frequency[i], scores.monetary[i])
        assert found == (expected["R"], expected["F"], expected["M"]), customer
    best = (scores.recency == 5) & (scores.frequency == 5) & (scores.monetary == 5)
    worst = (scores.recency == 1) & (scores.frequency == 1) & (scores.monetary == 1)
    assert best.sum() == oracle["champions_555"]
    assert worst.sum() == oracle["lost_111"]


def test_the_lost_of_real_purchases_are_those_published(
    retail: dict[str, npt.NDArray[Any]], oracle: Any
) -> None:
    segments = rfm_segments(rfm_scores(retail["r"], retail["f"], retail["m"]))
    assert segments.sizes()["Lost"] == oracle["lost_111"]
    assert sum(segments.sizes().values()) == oracle["customers"]


def every_cell() -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8], npt.NDArray[np.int8]]:
    grid = np.stack(np.meshgrid(*[np.arange(1, 6, dtype=np.int8)] * 3), axis=-1).reshape(-1, 3)
    return grid[:, 0], grid[:, 1], grid[:, 2]


def test_champions_loyal_and_at_risk_are_defined_as_the_house_says() -> None:
    from drumbeat.science.segmentation import RfmScores

    r, f, m = every_cell()
    segments = rfm_segments(RfmScores(r, f, m))
    champions = (r >= 4) & (f >= 4) & (m >= 4)
    at_risk = (f >= 3) & (m >= 3) & (r <= 2)
    loyal = (f >= 3) & (m >= 3) & ~champions & ~at_risk
    assert np.array_equal(segments.members("Champions"), champions)
    assert np.array_equal(segments.members("At Risk"), at_risk)
    assert np.array_equal(segments.members("Loyal"), loyal)


def test_every_combination_of_scores_has_a_segment_and_every_segment_a_combination() -> None:
    from drumbeat.science.segmentation import RfmScores

    sizes = rfm_segments(RfmScores(*every_cell())).sizes()
    assert sum(sizes.values()) == 125
    assert {name for name, size in sizes.items() if size == 0} == {"No Purchase Yet"}


def test_who_never_bought_is_neither_ranked_nor_lost() -> None:
    orders = np.array([3, 0, 1, 2, 5, 4])
    days = np.array([5, 0, 90, 40, 2, 9])
    money = np.array([50.0, 0, 9, 20, 400, 100])
    scores = rfm_scores(days, orders, money)
    assert scores.recency.tolist() == [4, 0, 1, 2, 5, 3]
    assert rfm_segments(scores).labels()[1] == "No Purchase Yet"


def test_nobody_is_an_answer() -> None:
    empty = np.array([], dtype=np.int64)
    assert rfm_segments(rfm_scores(empty, empty, empty)).labels().size == 0


@given(st.lists(st.integers(1, 50), min_size=1, max_size=200))
def test_fifths_differ_by_one_at_most_and_follow_the_values(orders: list[int]) -> None:
    often = np.array(orders)
    fifths = rfm_scores(often, often, often).frequency
    counts = np.bincount(fifths, minlength=6)[1:]
    assert counts.max() - counts.min() <= 1
    by_value = fifths[np.argsort(often, kind="stable")]
    assert np.all(np.diff(by_value) >= 0)


def test_with_few_buyers_each_is_in_the_one_segment_that_says_so() -> None:
    found = too_few_to_score(np.array([0, 2, 1, 0]))
    assert found.labels().tolist() == ["No Purchase Yet", TOO_FEW, TOO_FEW, "No Purchase Yet"]
    assert "fewer than 5 people" in found.rules[TOO_FEW]
