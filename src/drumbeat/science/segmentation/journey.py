"""How people move between stages: how many, how likely, and how long it takes.

From everybody's stage at moments equally far apart. Rates are counts over those who stood in the
stage the moment before (a first-order Markov chain). Times are of stays whose beginning was seen,
by Kaplan and Meier (1958), because most stays have not ended yet and dropping those, or counting
them as ended, makes every stage look short.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

NOT_YET = -1


@dataclass(frozen=True)
class Stay:
    """How long people stay in a stage, in steps; `median` is None until half of them left."""

    stays: int
    ended: int
    median: float | None


@dataclass(frozen=True)
class Journey:
    """`moves[step, from, to]` counts people between two moments that follow each other.

    `arrivals[step, stage]` counts who was not there the moment before; `standing[moment, stage]`
    who stands where.
    """

    stages: tuple[str, ...]
    standing: Counts
    moves: Counts
    arrivals: Counts
    stays: tuple[Stay, ...]

    @property
    def totals(self) -> Counts:
        """Moves over all steps, from (rows) and to (columns)."""
        return np.asarray(self.moves.sum(axis=0), np.int64)

    @property
    def rates(self) -> Floats:
        """The share of a stage's people who stand in each stage one step later; NaN of nobody."""
        totals = self.totals
        with np.errstate(invalid="ignore"):
            shares: Floats = totals / totals.sum(axis=1, keepdims=True)
        return shares


def trace_journey(codes: Codes, stages: Sequence[str]) -> Journey:
    """`codes[moment, person]` is the place of the stage in `stages`, or -1 before they came.

    Nobody leaves: who has come stands somewhere ever after. Raises ValueError for one moment only.
    """
    moments = len(codes)
    if moments < 2:
        raise ValueError("A journey takes at least two moments.")
    n = len(stages)
    moves = np.zeros((moments - 1, n, n), np.int64)
    arrivals = np.zeros((moments - 1, n), np.int64)
    for step in range(moments - 1):
        before, after = codes[step].astype(np.int64), codes[step + 1].astype(np.int64)
        came = before == NOT_YET
        pairs = before[~came] * n + after[~came]
        moves[step] = np.bincount(pairs, minlength=n * n).reshape(n, n)
        arrivals[step] = np.bincount(after[came & (after != NOT_YET)], minlength=n)
    standing = np.array([np.bincount(each[each != NOT_YET], minlength=n) for each in codes])
    lengths = _stays(codes)
    stays = tuple(_stay(*lengths, stage) for stage in range(n))
    return Journey(tuple(stages), standing, moves, arrivals, stays)


def kaplan_meier(durations: Floats, ended: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The times at which somebody ended, rising, and the share that lasts longer than each.

    `ended` is False for who was last seen still going on; at a tie they count as going on.
    """
    times, at_end = np.unique(durations[ended], return_counts=True)
    at_risk = len(durations) - np.searchsorted(np.sort(durations), times, side="left")
    lasting = np.cumprod(1 - at_end / at_risk, dtype=np.float64)
    return times.astype(np.float64), lasting


def median_duration(durations: Floats, ended: npt.NDArray[np.bool_]) -> float | None:
    """The first time at which no more than half last longer; None if it never comes to that."""
    times, lasting = kaplan_meier(durations, ended)
    half = np.flatnonzero(lasting <= 0.5 + 1e-12)
    return float(times[half[0]]) if half.size else None


def _stays(codes: Codes) -> tuple[Codes, Counts, npt.NDArray[np.bool_]]:
    """Stage, length in steps and whether it ended, of every stay whose beginning was seen."""
    moments, people = codes.shape
    changed = np.zeros((moments, people), bool)
    changed[1:] = codes[1:] != codes[:-1]
    moment, person = np.nonzero(changed.T)[::-1]  # by person, then in time
    last = np.ones(len(person), bool)
    last[:-1] = person[1:] != person[:-1]
    until = np.append(moment[1:], 0)
    lengths = np.where(last, moments - 1 - moment, until - moment)
    return codes[moment, person], lengths, ~last


def _stay(stage_of: Codes, lengths: Counts, ended: npt.NDArray[np.bool_], stage: int) -> Stay:
    here = stage_of == stage
    lasted, over = lengths[here].astype(np.float64), ended[here]
    return Stay(int(here.sum()), int(over.sum()), median_duration(lasted, over))
