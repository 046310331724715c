"""How a forecast is judged: on CDNOW's second half as published, and in the corner cases."""

from typing import Any

import numpy as np
import pytest

from drumbeat.science.value import BgNbd, Histories, auc, fit_bg_nbd, judge_forecast
from tests.science.value.conftest import CDNOW


def test_recency_alone_ranks_cdnow_nearly_as_well_as_the_model(published: Any) -> None:
    past, actual = halves()
    model, expected = fit_bg_nbd(past), published["holdout_39_weeks"]
    assert isinstance(model, BgNbd)
    found = judge_forecast(past, model.expected_purchases(past, 273), actual, 273)
    assert (found.customers, found.actual) == (expected["n"], expected["actual_repeat_total"])
    assert found.forecast == pytest.approx(expected["bgnbd_pred_total"], rel=1e-4)
    assert found.mae == pytest.approx(expected["mae"], rel=1e-4)
    assert found.rmse == pytest.approx(expected["rmse"], rel=1e-4)
    assert found.rmse_naive == pytest.approx(expected["naive_mean_rate_rmse"], rel=1e-4)
    assert found.auc == pytest.approx(expected["auc_will_buy"], abs=1e-4)
    assert found.auc_recency == pytest.approx(expected["auc_recency_only"], abs=1e-4)


def test_a_ranking_is_judged_by_pairs_and_ties_count_half() -> None:
    came = np.array([True, True, False, False])
    assert auc(np.array([4.0, 3.0, 2.0, 1.0]), came) == 1.0
    assert auc(np.array([1.0, 2.0, 3.0, 4.0]), came) == 0.0
    assert auc(np.array([1.0, 1.0, 1.0, 1.0]), came) == 0.5
    assert auc(np.array([1.0, 2.0]), np.array([True, True])) is None


def halves() -> tuple[Histories, Any]:
    """CDNOW's sample in days up to the end of September 1997, and days with purchases after it."""
    end, days = np.datetime64("1997-09-30"), dict[str, set[np.datetime64]]()
    for line in (CDNOW / "CDNOW_sample.txt").read_text(encoding="ascii").splitlines():
        _, who, day, *_ = line.split()
        days.setdefault(who, set()).add(np.datetime64(f"{day[:4]}-{day[4:6]}-{day[6:]}"))
    rows = []
    for bought in days.values():
        early = sorted(day for day in bought if day <= end)
        recency = (early[-1] - early[0]).astype(int)
        rows.append(
            (len(early) - 1, recency, (end - early[0]).astype(int), len(bought) - len(early))
        )
    x, recency, age, later = np.array(rows, dtype=np.float64).T
    return Histories(x, recency, age), later
