"""How a forecast of purchases did against what happened, and against plain recency.

The naive baselines stand beside the model because they are hard to beat: on CDNOW recency alone
orders customers as well as BG/NBD does (AUC .771 against .773).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drumbeat.science.value.histories import Floats, Histories


@dataclass(frozen=True)
class Holdout:
    """Purchases of one later period. An AUC is None when nobody, or everybody, bought in it.

    `auc` is of the model's forecast, `auc_recency` of the time since the last purchase: the
    chance that somebody who bought is ranked above somebody who did not, ties counting half.
    `rmse_naive` is of everybody going on at their own past rate.
    """

    customers: int
    forecast: float
    actual: float
    mae: float
    rmse: float
    rmse_naive: float
    auc: float | None
    auc_recency: float | None


def judge_forecast(of: Histories, forecast: Floats, actual: Floats, horizon: float) -> Holdout:
    """`forecast` and `actual` purchases of each of `of`'s customers in the `horizon` after it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(of.age > 0, of.frequency / of.age, 0.0)
    came = actual > 0
    return Holdout(
        customers=len(of),
        forecast=float(forecast.sum()),
        actual=float(actual.sum()),
        mae=float(np.abs(forecast - actual).mean()),
        rmse=float(np.sqrt(((forecast - actual) ** 2).mean())),
        rmse_naive=float(np.sqrt(((rate * horizon - actual) ** 2).mean())),
        auc=auc(forecast, came),
        auc_recency=auc(of.recency - of.age, came),
    )


def auc(score: Floats, positive: npt.NDArray[np.bool_]) -> float | None:
    """Area under the ROC curve as the Mann-Whitney statistic; None without both kinds."""
    from scipy.stats import rankdata

    n, m = int(positive.sum()), int((~positive).sum())
    if n == 0 or m == 0:
        return None
    ranks = rankdata(score)
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * m))
