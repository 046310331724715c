"""Did the arms get the sizes they were designed with? If not, no result of theirs can be trusted.

Method: Pearson's chi-square against the designed shares, flagged at p < 0.001 as is usual for
sample ratio mismatch (Fabijan et al., KDD 2019): a real mismatch gives a tiny p-value.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drumbeat.science.experiments.assignment import normal_shares
from drumbeat.science.experiments.evidence import Inconclusive
from drumbeat.science.experiments.frequentist import chi_square_tail

FLAG_BELOW = 0.001
SMALLEST_EXPECTED = 5  # below this the chi-square law does not describe the statistic


@dataclass(frozen=True, slots=True)
class SampleRatio:
    observed: tuple[int, ...]
    expected: tuple[float, ...]
    statistic: float
    p_value: float
    mismatch: bool


def check_sample_ratio(
    observed: Sequence[int], weights: Sequence[float], *, flag_below: float = FLAG_BELOW
) -> SampleRatio | Inconclusive:
    """Compare arm sizes with designed weights; too few contacts to tell is Inconclusive."""
    counts = np.asarray(observed, dtype=np.float64)
    shares = normal_shares(weights)
    if counts.size != shares.size:
        raise ValueError(f"{counts.size} arm sizes do not fit {shares.size} weights")
    expected = shares * counts.sum()
    needed = int(np.ceil(SMALLEST_EXPECTED / shares.min()))
    if counts.sum() < needed:
        return Inconclusive("Too few contacts to check the split.", needed, int(counts.sum()))
    statistic = float(((counts - expected) ** 2 / expected).sum())
    p_value = chi_square_tail(statistic, counts.size - 1)
    return SampleRatio(
        observed=tuple(int(count) for count in observed),
        expected=tuple(float(count) for count in expected),
        statistic=statistic,
        p_value=p_value,
        mismatch=p_value < flag_below,
    )
