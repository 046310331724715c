"""What each buyer will buy and spend in the time to come, and how such a forecast did before.

Pure. A forecast is a forecast: it says its method and its interval, beside how the same method,
fitted on the time before, did on the last stretch that is known by now, and how plain recency did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drumbeat.marketing.audience.model import Buyers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from drumbeat.science.experiments import Inconclusive, Interval
    from drumbeat.science.value import BgNbd, GammaGamma, Histories, Holdout

    Floats = NDArray[np.float64]

DAY, YEAR = 1, 365
LONGEST_HORIZON = 5 * YEAR


@dataclass(frozen=True)
class Valuation:
    """Of `buyers`, in their order; money in minor units, None where spend cannot be told.

    `purchases` are days with a purchase in the next `horizon` days. The intervals are of the
    totals, at 90 %, from what is uncertain of the parameters.
    """

    buyers: Buyers
    horizon: int
    model: BgNbd
    spending: GammaGamma | Inconclusive
    alive: Floats
    purchases: Floats
    value: Floats | None
    purchases_interval: Interval | None


def value_buyers(buyers: Buyers, horizon: int) -> Valuation | Inconclusive:
    """Forecast the next `horizon` days of every buyer; Inconclusive with too few repeat buyers."""
    from drumbeat.science.value import BgNbd, GammaGamma, fit_bg_nbd, fit_gamma_gamma, interval_of

    past = histories_of(buyers)
    model = fit_bg_nbd(past)
    if not isinstance(model, BgNbd):
        return model
    spending = fit_gamma_gamma(buyers.frequency, buyers.repeat_spend)
    purchases = model.expected_purchases(past, horizon)
    worth = None
    if isinstance(spending, GammaGamma):
        worth = purchases * spending.expected_spend(buyers.frequency, buyers.repeat_spend)

    def total(logs: Floats) -> float:
        return float(model.with_logs(logs).expected_purchases(past, horizon).sum())

    return Valuation(
        buyers,
        horizon,
        model,
        spending,
        model.alive(past),
        purchases,
        worth,
        interval_of(total, model.logs, model.covariance),
    )


def judge_before(before: Buyers, horizon: int) -> Holdout | Inconclusive:
    """How a forecast made on `before.until` did on the `horizon` days that followed it."""
    from drumbeat.science.value import BgNbd, fit_bg_nbd, judge_forecast

    past = histories_of(before)
    model = fit_bg_nbd(past)
    if not isinstance(model, BgNbd):
        return model
    forecast = model.expected_purchases(past, horizon)
    return judge_forecast(past, forecast, before.later, horizon)


def histories_of(buyers: Buyers) -> Histories:
    from drumbeat.science.value import Histories

    return Histories(buyers.frequency, buyers.recency, buyers.age)
