"""Choose the local hour at which a group of contacts is most likely to engage.

Method: Dirichlet-multinomial shrinkage in two steps (Gelman et al., Bayesian Data Analysis, 3rd
ed., section 3.4). A cold-start hour stands for 20 engagements, the rest of the list for at most
50; every engagement counted in the group moves the choice towards the group's own habit.
Only people's engagements may be counted: privacy proxies open mail at hours that say nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

HOURS = 24
COLD_START_WEIGHT = 20.0  # engagements that the cold-start hour stands for
LIST_WEIGHT = 50.0  # engagements that the rest of the list stands for, at most

HourCounts = npt.NDArray[np.number]
Allowed = Collection[int] | npt.NDArray[np.bool_]
"""Hours that may be chosen, or a mask of 24 or of groups x 24."""


class Basis(StrEnum):
    """What the chosen hour rests on most."""

    MEASURED = "measured"  # the group's own engagements
    LIST = "list"  # the other contacts' engagements
    COLD_START = "cold_start"  # the reference hour: too little was seen


@dataclass(frozen=True, slots=True)
class BestHour:
    """`share` of the day's engagement expected in `hour`; `evidence` is the group's own count."""

    hour: int
    share: float
    evidence: int
    basis: Basis


def best_hours(
    counts: HourCounts, cold_start_hour: int, *, allowed: Allowed = range(HOURS)
) -> list[BestHour]:
    """One choice a row of `counts` (groups x 24 engagements by local hour); ties to the earliest.

    Together the groups are the list. Raises ValueError if a group has no hour to choose from.
    """
    counts = np.asarray(counts, dtype=np.float64).reshape(-1, HOURS)
    own = counts.sum(axis=1, keepdims=True)
    prior_counts = counts.sum(axis=0) - counts + _cold_start(cold_start_hour)
    evidence_behind = prior_counts.sum(axis=1, keepdims=True)
    # A prior never weighs more than the evidence it is made of.
    weight = np.minimum(LIST_WEIGHT, evidence_behind)
    shares = (counts + weight * prior_counts / evidence_behind) / (own + weight)
    hours = _highest(shares, allowed)
    seen = float(own.sum())
    return [
        BestHour(hour, float(row[hour]), int(n), _basis(n, w, seen))
        for hour, row, n, w in zip(hours, shares, own[:, 0], weight[:, 0], strict=True)
    ]


def best_list_hour(
    counts: HourCounts, cold_start_hour: int, *, allowed: Allowed = range(HOURS)
) -> BestHour:
    """The hour for everybody together; the same as `best_hours` of one group."""
    whole = np.asarray(counts, dtype=np.float64).reshape(-1, HOURS).sum(axis=0, keepdims=True)
    [best] = best_hours(whole, cold_start_hour, allowed=allowed)
    return best


def _cold_start(hour: int) -> npt.NDArray[np.float64]:
    curve = np.zeros(HOURS)
    curve[hour] = COLD_START_WEIGHT
    return curve


def _highest(shares: npt.NDArray[np.float64], allowed: Allowed) -> list[int]:
    if isinstance(allowed, np.ndarray):
        mask = np.broadcast_to(allowed, shares.shape)
    else:
        mask = np.broadcast_to(np.isin(np.arange(HOURS), list(allowed)), shares.shape)
    if not mask.any(axis=1).all():
        raise ValueError("best_hours needs at least one hour to choose from")
    # Equal evidence may differ in the last digits, and then the later hour would win.
    offered = np.where(mask, np.round(shares, 12), -1)
    return [int(hour) for hour in offered.argmax(axis=1)]


def _basis(own: float, prior_weight: float, seen: float) -> Basis:
    if own >= prior_weight:
        return Basis.MEASURED
    return Basis.LIST if seen >= COLD_START_WEIGHT else Basis.COLD_START
