"""Where a log-likelihood is highest, and how sharply: parameters by maximum likelihood.

L-BFGS on the logarithms of positive parameters with the exact gradient, from several starts; the
covariance is the inverse curvature (observed information) by differences of the gradient.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from drumbeat.science.value.histories import Floats

LogLikelihood = Callable[[Floats], tuple[float, Floats]]
"""At the logarithms of the parameters: the value to be maximised, and its gradient there."""

_FAR = 25.0  # e^25: a parameter that runs there is not pinned down by the data
_STEP = 1e-4


@dataclass(frozen=True)
class Maximum:
    """`at` are logarithms of parameters; `covariance` is of these, NaN if it is not positive."""

    at: Floats
    value: float
    covariance: Floats


def maximise(likelihood: LogLikelihood, start: Floats) -> Maximum | None:
    """The first that a start leads to; None if none leads to a finite maximum within reach."""
    from scipy.optimize import minimize

    def downhill(logs: Floats) -> tuple[float, Floats]:
        with np.errstate(all="ignore"):
            value, gradient = likelihood(logs)
        if not np.isfinite(value) or not np.isfinite(gradient).all():
            return 1e300, np.zeros_like(logs)
        return -value, -gradient

    for shift in (0.0, 1.0, -1.0):
        found = minimize(
            downhill,
            start + shift,
            jac=True,
            method="L-BFGS-B",
            bounds=[(-_FAR, _FAR)] * start.size,
            options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8, "maxcor": 20},
        )
        if found.fun < 1e299 and (np.abs(found.x) < _FAR - 1e-6).all():
            at = np.asarray(found.x, dtype=np.float64)
            return Maximum(at, -float(found.fun), _covariance(downhill, at))
    return None


def _covariance(downhill: LogLikelihood, at: Floats) -> Floats:
    size = at.size
    curvature = np.empty((size, size))
    for i in range(size):
        step = np.zeros(size)
        step[i] = _STEP
        curvature[i] = (downhill(at + step)[1] - downhill(at - step)[1]) / (2 * _STEP)
    curvature = (curvature + curvature.T) / 2
    if (np.linalg.eigvalsh(curvature) <= 0).any():
        return np.full((size, size), np.nan)
    inverse = np.asarray(np.linalg.inv(curvature), dtype=np.float64)
    return inverse
