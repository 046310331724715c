"""How recently, how often and for how much each contact bought: scores 1 to 5 and named segments.

Definition (there are many): quintiles among buyers by rank, ties in the order of the contacts, so
fifths are equal in size even when most people bought once. Recency counts whole days since the
last purchase and is turned round, so 5 is always best. Fixed cut points may take the quintiles'
place. Checked on UCI Online Retail II.
The segment map is the one in common use, with Champions, Loyal and At Risk as the house has them.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from drumbeat.science.segmentation.rule_book import Segmentation, first_that_fits

Numbers = npt.NDArray[np.number]
LEAST_BUYERS = 5
"""Four cut points part five groups: fewer buyers do not tell the cut points themselves."""
TOO_FEW = "Too Few Buyers Yet"
_FIFTHS = np.array([0.2, 0.4, 0.6, 0.8])


Cuts = tuple[float, float, float, float]


@dataclass(frozen=True)
class RfmCuts:
    """Four rising cut points a score; None is quintiles.

    Recency: at most the first is 5, above the last is 1. The others: below the first is 1, the
    last or more is 5.
    """

    recency_days: Cuts | None = None
    frequency: Cuts | None = None
    monetary: Cuts | None = None


QUINTILES = RfmCuts()


@dataclass(frozen=True)
class RfmScores:
    """1 (worst) to 5 (best) in contact order; 0 for who never bought."""

    recency: npt.NDArray[np.int8]
    frequency: npt.NDArray[np.int8]
    monetary: npt.NDArray[np.int8]


def rfm_scores(
    recency_days: Numbers, frequency: Numbers, monetary: Numbers, cuts: RfmCuts = QUINTILES
) -> RfmScores:
    """Score contacts; arrays in contact order, because quintiles break ties by it.

    `recency_days` since the last purchase (anything for who never bought), `frequency` in distinct
    orders, `monetary` in any one unit. Who has `frequency` 0 is not ranked.
    """
    buyers = np.asarray(frequency) > 0
    recency, often, money = (np.zeros(buyers.size, dtype=np.int8) for _ in range(3))
    # Turned round, so that at most the first cut point is best.
    recency[buyers] = 6 - _scored(np.asarray(recency_days)[buyers], cuts.recency_days, "left")
    often[buyers] = _scored(np.asarray(frequency)[buyers], cuts.frequency, "right")
    money[buyers] = _scored(np.asarray(monetary)[buyers], cuts.monetary, "right")
    return RfmScores(recency, often, money)


def cut_points(values: Numbers, cuts: Cuts | None) -> Cuts | None:
    """Where one score parts: the fixed cut points, or the values at the fifths; None of nobody."""
    if cuts is not None or not np.asarray(values).size:
        return cuts
    one, two, three, four = (float(each) for each in np.quantile(values, _FIFTHS))
    return one, two, three, four


def rfm_segments(scores: RfmScores) -> Segmentation:
    """Name everybody's segment from the scores."""
    r, f, m = scores.recency, scores.frequency, scores.monetary
    # Thresholds as values; a rule sees only who no earlier rule took.
    return first_that_fits(
        "rfm",
        [
            ("No Purchase Yet", "no recorded purchase", f == 0),
            ("Champions", "R, F and M all 4 or more", (r >= 4) & (f >= 4) & (m >= 4)),
            ("At Risk", "F and M 3 or more, but R 2 or less", (f >= 3) & (m >= 3) & (r <= 2)),
            ("Loyal", "F and M 3 or more, and R 3 or more", (f >= 3) & (m >= 3)),
            ("Cannot Lose Them", "M 4 or more, F 2 or less, R 2 or less", (m >= 4) & (r <= 2)),
            ("New Customers", "R 4 or more and F 1", (r >= 4) & (f == 1)),
            ("Potential Loyalists", "R 4 or more and F 2 or more, not yet loyal", r >= 4),
            ("Promising", "R 3 and F 1", (r == 3) & (f == 1)),
            ("Need Attention", "R 3 and F 2 or more, not yet loyal", r == 3),
            ("About To Sleep", "R 2, with few orders or little spent", r == 2),
            ("Lost", "R, F and M all 1", (f == 1) & (m == 1)),
        ],
        otherwise=("Hibernating", "R 1, with few orders or little spent"),
    )


def too_few_to_score(orders: Numbers) -> Segmentation:
    """In place of `rfm_segments` where 1 to 4 people bought: who did has no segment yet."""
    rule = f"bought, but fewer than {LEAST_BUYERS} people did, too few to tell fifths of them apart"
    rules = [("No Purchase Yet", "no recorded purchase", np.asarray(orders) == 0)]
    return first_that_fits("rfm", rules, otherwise=(TOO_FEW, rule))


def _scored(
    values: Numbers, cuts: Cuts | None, side: Literal["left", "right"]
) -> npt.NDArray[np.int8]:
    if cuts is None:
        return _fifth(values)
    return (1 + np.searchsorted(np.array(cuts), values, side=side)).astype(np.int8)


def _fifth(values: Numbers) -> npt.NDArray[np.int8]:
    """1 to 5 by rank, ties in the given order: pandas' qcut over rank(method="first")."""
    ranks = np.empty(values.size, dtype=np.int64)
    ranks[np.argsort(values, kind="stable")] = np.arange(1, values.size + 1)
    edges = 1 + (values.size - 1) * _FIFTHS
    return (1 + np.searchsorted(edges, ranks, side="left")).astype(np.int8)
