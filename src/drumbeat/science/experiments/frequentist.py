"""Is the difference between two proportions more than chance, and how large may it be?

p-value: pooled two-proportion z test, and Fisher's exact test where a cell holds fewer than ten.
Interval: Newcombe's hybrid score interval (Statistics in Medicine 17, 1998, method 10), made of
two Wilson (1927) intervals: it stays inside [-1, 1] and holds up with few successes.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from drumbeat.science.experiments.evidence import Comparison, Counts, Inconclusive, Interval

SMALL_CELL = 10
_NORMAL = NormalDist()


def compare_proportions(
    control: Counts, treatment: Counts, *, confidence: float = 0.95
) -> Comparison | Inconclusive:
    """Treatment minus control, two-sided. An arm nobody is in yet is Inconclusive."""
    observed = min(control.trials, treatment.trials)
    if observed == 0:
        return Inconclusive("An arm has no contacts yet.", needed=1, observed=0)
    small = min(control.successes, control.failures, treatment.successes, treatment.failures)
    exact = small < SMALL_CELL
    return Comparison(
        estimate=treatment.rate - control.rate,
        interval=newcombe(control, treatment, confidence=confidence),
        p_value=fisher_p(control, treatment)
        if exact
        else two_sided_p(pooled_z(control, treatment)),
        method="Fisher's exact test" if exact else "pooled two-proportion z test",
        confidence=confidence,
        control_rate=control.rate,
        treatment_rate=treatment.rate,
    )


def pooled_z(control: Counts, treatment: Counts) -> float:
    """Standardised difference under equal rates; needs successes and failures among the two."""
    trials = control.trials + treatment.trials
    pooled = (control.successes + treatment.successes) / trials
    variance = pooled * (1 - pooled) * (1 / control.trials + 1 / treatment.trials)
    return (treatment.rate - control.rate) / math.sqrt(variance)


def two_sided_p(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))


def wilson(arm: Counts, *, confidence: float = 0.95) -> Interval:
    """Score interval of one rate."""
    z = normal_quantile(confidence)
    spread = z * math.sqrt(arm.rate * (1 - arm.rate) / arm.trials + z * z / (4 * arm.trials**2))
    centre = arm.rate + z * z / (2 * arm.trials)
    scale = 1 + z * z / arm.trials
    # Rounding would otherwise leave a rate of 0 or 1 outside its own interval.
    low = 0.0 if arm.successes == 0 else (centre - spread) / scale
    high = 1.0 if arm.failures == 0 else (centre + spread) / scale
    return Interval(low, high)


def newcombe(control: Counts, treatment: Counts, *, confidence: float = 0.95) -> Interval:
    """Interval of treatment's rate minus control's."""
    a, b = wilson(control, confidence=confidence), wilson(treatment, confidence=confidence)
    difference = treatment.rate - control.rate
    return Interval(
        difference - math.hypot(treatment.rate - b.low, a.high - control.rate),
        difference + math.hypot(b.high - treatment.rate, control.rate - a.low),
    )


def fisher_p(control: Counts, treatment: Counts) -> float:
    """Two-sided: all tables with these margins that are no likelier than the one observed."""
    successes = control.successes + treatment.successes
    trials = control.trials + treatment.trials
    x = _worth_summing(control, treatment)
    log_p = (
        _log_choose(treatment.trials, x)
        + _log_choose(control.trials, successes - x)
        - _log_choose(trials, np.array([successes]))
    )
    if not x[0] <= treatment.successes <= x[-1]:
        return 0.0  # less than the smallest number there is
    observed = log_p[treatment.successes - x[0]]
    # Equal tables differ in the last digits; the slack is the one statistics packages use.
    return min(1.0, float(np.exp(log_p[log_p <= observed + 1e-7]).sum()))


def _worth_summing(control: Counts, treatment: Counts) -> npt.NDArray[np.int64]:
    """Treatment's possible successes under these margins, but for those of probability 0.0.

    Without it ten million people an arm would take gigabytes. The law is narrower than a binomial
    one: 40 standard deviations, and 5,000 for the skewed, lie beyond every double.
    """
    successes = control.successes + treatment.successes
    trials = control.trials + treatment.trials
    share = successes / trials
    mean = treatment.trials * share
    reach = 40 * math.sqrt(treatment.trials * share * (1 - share)) + 5_000
    lowest = max(0, successes - control.trials, math.floor(mean - reach))
    highest = min(successes, treatment.trials, math.ceil(mean + reach))
    return np.arange(lowest, highest + 1)


def chi_square(arms: Sequence[Counts]) -> tuple[float, float]:
    """(statistic, p-value) of equal rates in all arms; rates that are all 0 or all 1 give p = 1."""
    trials = np.array([arm.trials for arm in arms], dtype=np.float64)
    successes = np.array([arm.successes for arm in arms], dtype=np.float64)
    pooled = successes.sum() / trials.sum()
    if pooled in (0.0, 1.0):
        return 0.0, 1.0
    statistic = float(((successes - trials * pooled) ** 2 / (trials * pooled * (1 - pooled))).sum())
    return statistic, chi_square_tail(statistic, len(arms) - 1)


def chi_square_tail(statistic: float, degrees: int) -> float:
    from scipy.special import gammaincc

    return float(gammaincc(degrees / 2, statistic / 2))


def normal_quantile(confidence: float) -> float:
    """How many standard errors reach each side: 1.96 for 0.95."""
    return _NORMAL.inv_cdf((1 + confidence) / 2)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted so that any false alarm among them stays at the level (Holm 1979)."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1)))
    return [float(value) for value in adjusted]


def _log_choose(n: int, k: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    from scipy.special import gammaln

    logs: npt.NDArray[np.float64] = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return logs
