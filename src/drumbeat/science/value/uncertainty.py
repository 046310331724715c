"""How far off a figure derived from fitted parameters may be: the delta method.

Only what is not known of the parameters counts; chance in what customers then do comes on top.
"""

from collections.abc import Callable

import numpy as np

from drumbeat.science.experiments import Interval
from drumbeat.science.experiments.frequentist import normal_quantile
from drumbeat.science.value.histories import Floats

_STEP = 1e-4


def interval_of(
    figure: Callable[[Floats], float], logs: Floats, covariance: Floats, *, confidence: float = 0.9
) -> Interval | None:
    """Of a positive figure of the parameters' logarithms, on the log scale, so it stays positive.

    None where the parameters are not pinned down or the figure is not positive.
    """
    centre = figure(logs)
    if not centre > 0 or not np.isfinite(covariance).all():
        return None
    slope = np.array([_slope(figure, logs, i) for i in range(logs.size)])
    spread = normal_quantile(confidence) * float(np.sqrt(slope @ covariance @ slope)) / centre
    return Interval(centre * float(np.exp(-spread)), centre * float(np.exp(spread)))


def _slope(figure: Callable[[Floats], float], logs: Floats, i: int) -> float:
    step = np.zeros(logs.size)
    step[i] = _STEP
    return (figure(logs + step) - figure(logs - step)) / (2 * _STEP)
