"""How often will each customer buy again, and is it still one: BG/NBD by maximum likelihood.

While active a customer buys at random at an own rate (gamma: r, alpha) and leaves after any
purchase with an own probability (beta: a, b). Fader, Hardie & Lee (Marketing Science 24, 2005),
equations 6, 10 and the P(alive) of their note of 2008. Reproduces their CDNOW estimates.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drumbeat.science.experiments import Inconclusive
from drumbeat.science.value.histories import Floats, Histories
from drumbeat.science.value.likelihood import Maximum, maximise

NEEDED_REPEATERS = 50
"""Fewer repeat customers leave four parameters to chance."""

_STEP, _FALL, _FURTHEST = 0.25, 36.0, 690.0
"""Of logit p: how far apart at most, where a tail has fallen to exp(-36), where doubles end."""


@dataclass(frozen=True)
class BgNbd:
    """Fitted parameters in the histories' unit of time.

    `covariance` is of (log r, log alpha, log a, log b), from the curvature of the likelihood; NaN
    where a parameter is not pinned down.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    customers: int
    covariance: Floats

    def alive(self, of: Histories) -> Floats:
        """P(still a customer) now; who never bought again has 1, which is the model's weak spot."""
        return 1 / (1 + self._odds_gone(of))

    def expected_purchases(self, of: Histories, horizon: float) -> Floats:
        """Mean number of purchases in the next `horizon`, given each customer's past."""
        x, age = of.frequency, of.age
        now, then = self.alpha + age, self.alpha + age + horizon
        z = horizon / then
        upper, lower, whole = self.r + x, self.b + x, self._a + self.b + x - 1
        with np.errstate(all="ignore"):
            shrink = np.exp((self.r + x) * np.log(now / then))
            while_alive = whole / (self._a - 1) * (1 - shrink * _hyp2f1(upper, lower, whole, z))
        odd = (
            ~np.isfinite(while_alive) | (while_alive < 0) | (while_alive > (upper / now) * horizon)
        )
        while_alive[odd] = self._by_quadrature(x[odd], age[odd], horizon)
        return while_alive * self.alive(of)

    def expected_of_newcomer(self, horizon: float) -> float:
        """Mean number of purchases of somebody new in the first `horizon`, the first one aside."""
        newcomer = Histories(np.zeros(1), np.zeros(1), np.zeros(1))
        return float(self.expected_purchases(newcomer, horizon)[0])

    def with_logs(self, logs: Floats) -> "BgNbd":
        """The same fit at other (log r, log alpha, log a, log b): for errors of what is derived."""
        r, alpha, a, b = (float(each) for each in np.exp(logs))
        return BgNbd(r, alpha, a, b, self.log_likelihood, self.customers, self.covariance)

    @property
    def logs(self) -> Floats:
        logs: Floats = np.log(np.array([self.r, self.alpha, self.a, self.b]))
        return logs

    @property
    def _a(self) -> float:
        return self.a if abs(self.a - 1) > 1e-6 else 1 + 1e-6  # the closed form has 0/0 at 1

    def _odds_gone(self, of: Histories) -> Floats:
        x = of.frequency
        with np.errstate(divide="ignore", over="ignore"):
            logs = np.log(self.a / np.where(x > 0, self.b + x - 1, 1)) + (self.r + x) * np.log(
                (self.alpha + of.age) / (self.alpha + of.recency)
            )
            odds: Floats = np.where(x > 0, np.exp(logs), 0.0)
        return odds

    def _by_quadrature(self, x: Floats, age: Floats, horizon: float) -> Floats:
        """The same mean over the chance p of leaving ~ Beta(a, b + x), where 2F1 gives up.

        By the trapezoid rule in logit p, where the integrand is smooth and falls off at both ends;
        what lies beyond the ends is added with its limit.
        """
        from scipy.special import betainc, betaln, expit

        found = np.empty(x.size)
        for i, (bought, known) in enumerate(zip(x, age, strict=True)):
            upper, stays = self.r + bought, self.b + bought
            rate = horizon / (self.alpha + known)
            u, step = _logits(self.a, stays)
            log_p, log_q = -np.logaddexp(0, -u), -np.logaddexp(0, u)
            weight = step * np.exp(self.a * log_p + stays * log_q - betaln(self.a, stays))
            p = np.exp(log_p)
            mean = weight @ (-np.expm1(-upper * np.log1p(p * rate)) / p)
            near = betainc(self.a, stays, expit(u[0] - step / 2)) * upper * rate
            far = betainc(stays, self.a, expit(-u[-1] - step / 2))
            found[i] = mean + near - far * np.expm1(-upper * np.log1p(rate))
        return found


def _logits(a: float, b: float) -> tuple[Floats, float]:
    """Places in logit p that Beta(a, b) is summed over, and how far apart: by its own spread."""
    from scipy.special import polygamma

    middle = float(np.clip(np.log(a) - np.log(b), -_FURTHEST, _FURTHEST))
    spread = float(np.sqrt(polygamma(1, a) + polygamma(1, b)))
    step = min(_STEP, spread / 4)
    low, high = (middle + side * (9 * spread + _FALL / shape) for side, shape in ((-1, a), (1, b)))
    return np.arange(max(low, -_FURTHEST), min(high, _FURTHEST) + step, step), step


def fit_bg_nbd(of: Histories) -> BgNbd | Inconclusive:
    """Fit to everybody who ever bought; Inconclusive below `NEEDED_REPEATERS` repeat customers."""
    if of.repeaters < NEEDED_REPEATERS:
        reason = "Too few customers bought more than once."
        return Inconclusive(reason, needed=NEEDED_REPEATERS, observed=of.repeaters)
    scale = 10.0 / float(of.age.mean())  # any unit of time then starts near the answer
    scaled = Histories(of.frequency, of.recency * scale, of.age * scale)
    found = maximise(_Likelihood(scaled), start=np.zeros(4))
    if found is None:
        return Inconclusive("The likelihood has no maximum.", needed=len(of) + 1, observed=len(of))
    return _fitted(found, of, scale)


def _fitted(found: Maximum, of: Histories, scale: float) -> BgNbd:
    r, alpha, a, b = (float(each) for each in np.exp(found.at))
    log_likelihood = found.value + float(of.frequency.sum()) * float(np.log(scale))
    return BgNbd(r, alpha / scale, a, b, log_likelihood, len(of), found.covariance)


class _Likelihood:
    """Log-likelihood and its gradient at the logarithms of the parameters."""

    def __init__(self, of: Histories) -> None:
        self._of = of
        counts, self._which = np.unique(of.frequency, return_inverse=True)
        self._counts: Floats = counts
        self._weights: Floats = np.bincount(self._which).astype(np.float64)
        self._again = of.frequency > 0

    def __call__(self, logs: Floats) -> tuple[float, Floats]:
        from scipy.special import digamma, gammaln

        r, alpha, a, b = np.exp(logs)
        x, n = self._counts, self._weights
        by_count = (
            gammaln(r + x)
            - gammaln(r)
            + r * np.log(alpha)
            + gammaln(a + b)
            + gammaln(b + x)
            - gammaln(b)
            - gammaln(a + b + x)
        )
        total, stayed, left = self._mixture(r, alpha, a, b)
        power, later = r + self._of.frequency, alpha + self._of.age
        last = alpha + self._of.recency
        both = digamma(a + b) - digamma(a + b + x)
        lower = np.maximum(b + self._of.frequency - 1, 1e-300)
        gradient = np.array(
            [
                float(n @ (digamma(r + x) - digamma(r) + np.log(alpha)))
                - float((stayed * np.log(later) + left * np.log(last)).sum()),
                float(n.sum() * r / alpha) - float((power * (stayed / later + left / last)).sum()),
                float(n @ both) + float(left.sum() / a),
                float(n @ (both + digamma(b + x) - digamma(b))) - float((left / lower).sum()),
            ]
        )
        return float(n @ by_count) + total, gradient * np.array([r, alpha, a, b])

    def _mixture(self, r: float, alpha: float, a: float, b: float) -> tuple[float, Floats, Floats]:
        """Σ log of (stayed until now + left at the last purchase), and both shares a customer."""
        of, again = self._of, self._again
        power = r + of.frequency
        stayed = -power * np.log(alpha + of.age)
        left = np.full(len(of), -np.inf)
        left[again] = (
            np.log(a)
            - np.log(b + of.frequency[again] - 1)
            - power[again] * np.log(alpha + of.recency[again])
        )
        whole = np.logaddexp(stayed, left)
        return float(whole.sum()), np.exp(stayed - whole), np.exp(left - whole)


def _hyp2f1(a: Floats, b: Floats, c: Floats, z: Floats) -> Floats:
    """Gauss' hypergeometric function after Euler's transformation, which converges for large a."""
    from scipy.special import hyp2f1

    found: npt.NDArray[np.float64] = np.exp((c - a - b) * np.log1p(-z)) * hyp2f1(c - a, c - b, c, z)
    return found
