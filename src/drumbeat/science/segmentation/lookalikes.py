"""Who is most like the people of a group, and whether the likeness finds any of them.

A classifier of the group against everybody else (`propensity.fit_logistic`), whose odds rank the
others. It is judged before it is believed: a fifth of the group at a time is hidden among the
others, and what share of the hidden ones comes out in the front tenth is set against one tenth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drumbeat.science.experiments.evidence import Inconclusive
from drumbeat.science.segmentation.features import Feature, scale_of
from drumbeat.science.segmentation.propensity import fit_logistic

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

FEWEST = 100
FOLDS = 5
FRONT = 0.1


@dataclass(frozen=True)
class Lookalikes:
    """`likeness` of everybody from 0 to 1, members too; it ranks, and is no probability.

    `found` is the share of hidden members in the front tenth and `lift` that over a tenth;
    `found_naive` is the same by one column alone. `weights` in log odds a spread.
    """

    likeness: Floats
    weights: Mapping[str, float]
    found: float
    found_naive: float

    @property
    def lift(self) -> float:
        return self.found / FRONT


def find_lookalikes(
    features: Sequence[Feature], members: Mask, naive: Floats, rng: np.random.Generator
) -> Lookalikes | Inconclusive:
    """Rank everybody by likeness to `members`; `naive` ranks without a model, the likest highest.

    Inconclusive where the group, or everybody else, is fewer than 100 people.
    """
    inside, outside = np.flatnonzero(members), np.flatnonzero(~members)
    for what, some in (("members", inside), ("people outside the group", outside)):
        if len(some) < FEWEST:
            return Inconclusive(f"too few {what} to learn a likeness", FEWEST, len(some))
    points = scale_of(features).apply(features)
    model = fit_logistic(points, members)
    found: list[Floats] = []
    found_naive: list[Floats] = []
    for fold in np.array_split(rng.permutation(inside), FOLDS):
        asked = members.copy()
        asked[fold] = False
        told = fit_logistic(points, asked).probability(points)
        found.append(_in_front(told, fold, outside))
        found_naive.append(_in_front(naive, fold, outside))
    return Lookalikes(
        likeness=model.probability(points),
        weights=dict(zip([each.name for each in features], model.weights.tolist(), strict=True)),
        found=float(np.concatenate(found).mean()),
        found_naive=float(np.concatenate(found_naive).mean()),
    )


def _in_front(
    score: Floats, hidden: npt.NDArray[np.int64], outside: npt.NDArray[np.int64]
) -> Floats:
    """Whether each hidden one ranks above the front tenth's edge of those outside.

    A tie with the edge counts as the share of the tied who are within the tenth.
    """
    others = np.sort(score[outside])[::-1]
    room = max(1, round(len(others) * FRONT))
    edge = others[room - 1]
    tied = int((others == edge).sum())
    within = room - int((others > edge).sum())
    inside: Floats = np.where(
        score[hidden] > edge, 1.0, np.where(score[hidden] == edge, within / tied, 0.0)
    )
    return inside
