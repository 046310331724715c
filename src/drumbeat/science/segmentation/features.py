"""Columns about people, made comparable: log, then mean 0 and spread 1.

Counts, days and money are skewed: after log(1 + x) a step from 1 to 2 orders is as far as one from
10 to 20, and no big buyer is a cluster of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_NO_SPREAD = 1e-9
"""Of a logarithm; what less is left of an even column is rounding."""


@dataclass(frozen=True)
class Feature:
    """One column: `values` of at least 0, and what few and many of it are called."""

    name: str
    values: Floats
    few: str
    many: str


@dataclass(frozen=True)
class Scale:
    """What took the spread out of each column, to be used again on others' columns."""

    mean: Floats
    spread: Floats

    def apply(self, features: Sequence[Feature]) -> Floats:
        """A row a person, a column a feature; a column without spread is 0 for everybody."""
        scaled: Floats = (_logs(features) - self.mean) / self.spread
        return scaled


def scale_of(features: Sequence[Feature]) -> Scale:
    """Raises ValueError for a negative or unknown value, naming its column."""
    for each in features:
        if not np.all(np.isfinite(each.values)) or np.any(each.values < 0):
            raise ValueError(f"{each.name} must be numbers of at least 0.")
    logs = _logs(features)
    spread = logs.std(axis=0)
    return Scale(logs.mean(axis=0), np.where(spread > _NO_SPREAD, spread, 1.0))


def _logs(features: Sequence[Feature]) -> Floats:
    columns: Floats = np.log1p(np.column_stack([each.values for each in features]))
    return columns
