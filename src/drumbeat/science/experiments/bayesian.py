"""How likely is it that one arm is the better one, given what was seen and a flat prior?

Method: independent Beta(1, 1) priors, posterior Beta(1 + successes, 1 + failures).
P(B > A) by Evan Miller's closed form (evanmiller.org/bayesian-ab-testing.html), the best of many
by quadrature, expected loss as Stucchio (2015) defines it. It is a probability about the rates,
not an error rate: it does not replace the p-value and is shown beside it.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from drumbeat.science.experiments.evidence import Counts

Floats = npt.NDArray[np.float64]

_NODES = 24  # a panel
_PANELS = range(-12, 13)  # standard deviations: what lies outside is below 1e-30


def chance_to_beat(control: Counts, treatment: Counts) -> float:
    """P(treatment's rate > control's rate)."""
    return _chance_greater(*_posterior(treatment), *_posterior(control))


def expected_loss(chosen: Counts, other: Counts) -> float:
    """Rate that is given up on average by choosing `chosen`: E[max(other - chosen, 0)]."""
    a, b = _posterior(other)
    c, d = _posterior(chosen)
    # x * Beta(x; a, b) is Beta(x; a + 1, b) times its mean, which turns the mean into chances.
    gained = a / (a + b) * _chance_greater(a + 1, b, c, d)
    kept = c / (c + d) * (1 - _chance_greater(c + 1, d, a, b))
    return max(0.0, gained - kept)  # rounding may leave a hair below zero


def chance_best(arms: Sequence[Counts]) -> list[float]:
    """For each arm, P(its rate is the highest); they add up to one."""
    from scipy.special import betainc, betaln

    x, width = _quadrature(arms)
    posteriors = [_posterior(arm) for arm in arms]
    below = np.array([betainc(a, b, x) for a, b in posteriors])
    chances = []
    for index, (a, b) in enumerate(posteriors):
        density = np.exp((a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - betaln(a, b))
        others = np.delete(below, index, axis=0).prod(axis=0)
        chances.append(float((density * others * width).sum()))
    total = sum(chances)
    return [chance / total for chance in chances]


def _posterior(arm: Counts) -> tuple[int, int]:
    return 1 + arm.successes, 1 + arm.failures


def _chance_greater(a: int, b: int, c: int, d: int) -> float:
    """P(X > Y) for X ~ Beta(a, b) and Y ~ Beta(c, d), a whole."""
    from scipy.special import betaln

    i = np.arange(a)
    terms = betaln(c + i, d + b) - np.log(b + i) - betaln(1 + i, b) - betaln(c, d)
    return min(1.0, float(np.exp(terms).sum()))


def _quadrature(arms: Sequence[Counts]) -> tuple[Floats, Floats]:
    """Places and widths for integrals over rates, as fine as the sharpest posterior there."""
    edges = [0.0, 1.0]
    for a, b in map(_posterior, arms):
        deviation = (a * b / ((a + b) ** 2 * (a + b + 1))) ** 0.5
        edges += [a / (a + b) + reach * deviation for reach in _PANELS]
    cuts = np.unique(np.clip(edges, 0.0, 1.0))
    half = np.diff(cuts)[:, None] / 2
    nodes, node_widths = np.polynomial.legendre.leggauss(_NODES)
    return (cuts[:-1, None] + half * (nodes + 1)).ravel(), (half * node_widths).ravel()
