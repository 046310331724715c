"""The RFM scores and segment of every buyer, with the definition and the cut points they follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.money import to_minor
from drumbeat.marketing.audience.model import Bought

if TYPE_CHECKING:
    from drumbeat.science.experiments import Inconclusive
    from drumbeat.science.segmentation import RfmCuts, RfmScores, Segmentation

CUTS = 4
_DEFINITION = (
    "Recency is whole days since the day of the last purchase, frequency distinct orders, monetary "
    "the sum spent in {currency}. Scores are {scores}."
)
_QUINTILES = "quintiles among buyers by rank, ties in the order they became contacts"
_FIXED = "by fixed cut points where they are given, else {quintiles}"


@dataclass(frozen=True)
class Scored:
    """Of `buyers`, in their order; `cut_points` in days, orders and minor units of money."""

    buyers: Bought
    scores: RfmScores
    segments: Segmentation
    cut_points: dict[str, tuple[float, ...] | None]
    definition: str

    def cells(self) -> dict[str, int]:
        """How many buyers have each score, as "555"; the best first."""
        import numpy as np

        found = self.scores
        numbers = found.recency * np.int16(100) + found.frequency * np.int16(10) + found.monetary
        sizes = np.bincount(numbers)
        return {str(number): int(sizes[number]) for number in np.flatnonzero(sizes)[::-1]}


def score_buyers(buyers: Bought, cuts: RfmCuts) -> Scored | Inconclusive:
    """Scores by `cuts`; a score without fixed cut points by quintiles.

    Inconclusive with fewer buyers than quintiles can tell apart, unless every cut point is fixed.
    """
    from drumbeat.science.experiments import Inconclusive
    from drumbeat.science.segmentation import LEAST_BUYERS, cut_points, rfm_scores, rfm_segments

    given = (cuts.recency_days, cuts.frequency, cuts.monetary)
    if len(buyers) < LEAST_BUYERS and None in given:
        reason = "Fifths of the buyers cannot be told apart yet."
        return Inconclusive(reason, LEAST_BUYERS, len(buyers))
    days = buyers.recency_days
    scores = rfm_scores(days, buyers.orders, buyers.spent, cuts)
    fixed = any(each is not None for each in given)
    how = _FIXED.format(quintiles=_QUINTILES) if fixed else _QUINTILES
    return Scored(
        buyers,
        scores,
        rfm_segments(scores),
        {
            "recency_days": cut_points(days, cuts.recency_days),
            "frequency": cut_points(buyers.orders, cuts.frequency),
            "monetary": cut_points(buyers.spent, cuts.monetary),
        },
        _DEFINITION.format(currency=buyers.currency or "no currency", scores=how),
    )


def read_cuts(
    recency_days: Sequence[float],
    frequency: Sequence[float],
    monetary: Sequence[float],
    currency: str,
) -> RfmCuts:
    """Cut points as somebody gave them, money in major units; none of a kind is quintiles.

    Raises InvalidInput naming the kind unless they are four rising numbers.
    """
    from drumbeat.science.segmentation import RfmCuts

    money = [float(to_minor(each, currency)) for each in monetary]
    return RfmCuts(
        _four("recency_days", recency_days), _four("frequency", frequency), _four("monetary", money)
    )


def _four(kind: str, given: Sequence[float]) -> tuple[float, float, float, float] | None:
    if not given:
        return None
    if len(given) != CUTS or not all(a < b for a, b in pairwise(given)):
        raise InvalidInput(f"{kind} takes {CUTS} rising numbers, such as 30,60,90,180.", field=kind)
    one, two, three, four = given
    return one, two, three, four
