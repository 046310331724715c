"""How much will each customer spend a purchase: the Gamma-Gamma model by maximum likelihood.

A customer's purchases scatter around an own mean (gamma: p), and means scatter over customers
(q, v). Spend must not depend on how often somebody buys. Fader & Hardie, note 25 (2013),
equations 1a, 3 and 5. Reproduces their CDNOW estimates on 946 repeat buyers.
"""

from dataclasses import dataclass

import numpy as np

from drumbeat.science.experiments import Inconclusive
from drumbeat.science.value.histories import Floats
from drumbeat.science.value.likelihood import maximise

NEEDED_REPEATERS = 50


@dataclass(frozen=True)
class GammaGamma:
    """`v` is in the unit of money the means came in; `customers` are those it was fitted to.

    `covariance` is of (log p, log q, log v).
    """

    p: float
    q: float
    v: float
    log_likelihood: float
    customers: int
    covariance: Floats

    @property
    def population_mean(self) -> float:
        """Mean spend a purchase over all customers; infinite when q ≤ 1."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else float("inf")

    def expected_spend(self, purchases: Floats, mean_spend: Floats) -> Floats:
        """Mean spend of each customer's next purchase: the own mean, drawn to the population's.

        `purchases` that the mean was taken over; with 0 of them it is the population's.
        """
        weight = self.p * purchases + self.q - 1
        own = (self.v + purchases * mean_spend) * self.p / np.where(weight > 0, weight, 1)
        return np.where((purchases > 0) & (weight > 0), own, self.population_mean)


def fit_gamma_gamma(purchases: Floats, mean_spend: Floats) -> GammaGamma | Inconclusive:
    """Fit to customers with a repeat purchase and a positive mean; Inconclusive with too few."""
    used = (purchases > 0) & (mean_spend > 0)
    x, m = purchases[used], mean_spend[used]
    if x.size < NEEDED_REPEATERS:
        reason = "Too few customers bought more than once for money."
        return Inconclusive(reason, needed=NEEDED_REPEATERS, observed=int(x.size))
    scale = float(m.mean())  # a unit of money in which v is of the order of one
    found = maximise(_Likelihood(x, m / scale), start=np.log(np.array([2.0, 2.0, 1.0])))
    if found is None:
        reason = "Everybody spends the same, or nearly: there is no spread to fit."
        return Inconclusive(reason, needed=int(x.size) + 1, observed=int(x.size))
    p, q, v = (float(each) for each in np.exp(found.at))
    log_likelihood = found.value - float(x.size) * float(np.log(scale))
    return GammaGamma(p, q, v * scale, log_likelihood, int(x.size), found.covariance)


class _Likelihood:
    """Log-likelihood and its gradient at (log p, log q, log v)."""

    def __init__(self, x: Floats, m: Floats) -> None:
        self._x, self._m = x, m

    def __call__(self, logs: Floats) -> tuple[float, Floats]:
        from scipy.special import digamma, gammaln

        p, q, v = np.exp(logs)
        x, m, n = self._x, self._m, self._x.size
        px, spent = p * x, x * m + v
        value = (
            (gammaln(px + q) - gammaln(px)).sum()
            + n * (q * np.log(v) - gammaln(q))
            + ((px - 1) * np.log(m) + px * np.log(x) - (px + q) * np.log(spent)).sum()
        )
        both = digamma(px + q)
        gradient = np.array(
            [
                (x * (both - digamma(px) + np.log(m) + np.log(x) - np.log(spent))).sum(),
                (both - np.log(spent)).sum() + n * (np.log(v) - digamma(q)),
                n * q / v - ((px + q) / spent).sum(),
            ]
        )
        return float(value), gradient * np.array([p, q, v])
