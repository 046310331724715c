"""Will somebody who could act once a period act again: BG/BB by maximum likelihood.

For chances that come at fixed times (a yearly appeal, a monthly box): while active a customer
takes each chance with an own probability (beta: alpha, beta) and leaves before each with an own
one (beta: gamma, delta). Fader, Hardie & Shang (Marketing Science 29, 2010), equations 4, 7, 11.
"""

from dataclasses import dataclass

import numpy as np

from drumbeat.science.experiments import Inconclusive
from drumbeat.science.value.histories import Floats
from drumbeat.science.value.likelihood import maximise

NEEDED_CUSTOMERS = 50


@dataclass(frozen=True)
class Chances:
    """One entry a kind of past: `frequency` chances taken of `periods`, the last one at `recency`
    (0 if none), and how many `customers` share it."""

    frequency: Floats
    recency: Floats
    periods: Floats
    customers: Floats

    def __post_init__(self) -> None:
        wrong = (self.frequency > self.recency) | (self.recency > self.periods)
        if (wrong | ((self.frequency == 0) != (self.recency == 0))).any():
            raise ValueError(
                "0 ≤ frequency ≤ recency ≤ periods, and no recency without a chance taken"
            )


@dataclass(frozen=True)
class BgBb:
    """`covariance` is of the logarithms of the four parameters, in their order."""

    alpha: float
    beta: float
    gamma: float
    delta: float
    log_likelihood: float
    customers: int
    covariance: Floats

    def alive(self, of: Chances) -> Floats:
        """P(still active at the next chance) of each past."""
        logs = np.log(np.array([self.alpha, self.beta, self.gamma, self.delta]))
        whole, *_ = _log_likelihoods(logs, of)
        stays = self._log_stayed(of) + np.log(
            (self.delta + of.periods) / (self.gamma + self.delta + of.periods)
        )
        return np.exp(stays - whole)

    def expected_taken(self, of: Chances, horizon: int) -> Floats:
        """Mean number of the next `horizon` chances that each past's customer will take."""
        from scipy.special import betaln

        logs = np.log(np.array([self.alpha, self.beta, self.gamma, self.delta]))
        whole, *_ = _log_likelihoods(logs, of)
        n, x = of.periods, of.frequency
        taking = betaln(self.alpha + x + 1, self.beta + n - x) - betaln(self.alpha, self.beta)
        total = np.zeros(n.size)
        for ahead in range(1, horizon + 1):
            alive = betaln(self.gamma, self.delta + n + ahead) - betaln(self.gamma, self.delta)
            total += np.exp(taking + alive - whole)
        return total

    def _log_stayed(self, of: Chances) -> Floats:
        from scipy.special import betaln

        stayed: Floats = (
            betaln(self.alpha + of.frequency, self.beta + of.periods - of.frequency)
            - betaln(self.alpha, self.beta)
            + betaln(self.gamma, self.delta + of.periods)
            - betaln(self.gamma, self.delta)
        )
        return stayed


def fit_bg_bb(of: Chances) -> BgBb | Inconclusive:
    """Fit to all pasts; Inconclusive with fewer than `NEEDED_CUSTOMERS` who took a chance."""
    active = int(of.customers[of.frequency > 0].sum())
    if active < NEEDED_CUSTOMERS:
        reason = "Too few customers took any chance."
        return Inconclusive(reason, needed=NEEDED_CUSTOMERS, observed=active)

    def likelihood(logs: Floats) -> tuple[float, Floats]:
        whole, gradients = _log_likelihoods(logs, of)
        return float(of.customers @ whole), gradients @ of.customers

    found = maximise(likelihood, start=np.zeros(4))
    if found is None:
        size = int(of.customers.sum())
        return Inconclusive("The likelihood has no maximum.", needed=size + 1, observed=size)
    alpha, beta, gamma, delta = (float(each) for each in np.exp(found.at))
    customers = int(of.customers.sum())
    return BgBb(alpha, beta, gamma, delta, found.value, customers, found.covariance)


def _log_likelihoods(logs: Floats, of: Chances) -> tuple[Floats, Floats]:
    """Of each past, and their gradients (4 × pasts) by the logarithms of the parameters."""
    from scipy.special import betaln, digamma

    alpha, beta, gamma, delta = np.exp(logs)
    x, last, n = of.frequency, of.recency, of.periods
    depth = int((n - last).max()) + 1
    steps = np.arange(depth)[:, None]  # row 0 is "never left", row i + 1 "left after last + i"
    never = steps == 0
    seen = np.where(never, n, last + steps - 1)
    real = never | (steps - 1 < n - last)
    gone = np.where(never, 0.0, 1.0)
    terms = (
        betaln(alpha + x, beta + seen - x)
        - betaln(alpha, beta)
        + betaln(gamma + gone, delta + seen)
        - betaln(gamma, delta)
    )
    terms = np.where(real, terms, -np.inf)
    whole = np.logaddexp.reduce(terms, axis=0)
    share = np.exp(terms - whole)
    taking, leaving = digamma(alpha + beta + seen), digamma(gamma + gone + delta + seen)
    here, there = digamma(alpha + beta), digamma(gamma + delta)
    slopes = np.stack(
        [
            alpha * (share * (digamma(alpha + x) - taking - digamma(alpha) + here)).sum(axis=0),
            beta * (share * (digamma(beta + seen - x) - taking - digamma(beta) + here)).sum(axis=0),
            gamma
            * (share * (digamma(gamma + gone) - leaving - digamma(gamma) + there)).sum(axis=0),
            delta
            * (share * (digamma(delta + seen) - leaving - digamma(delta) + there)).sum(axis=0),
        ]
    )
    return whole, slopes
