"""The scores that rules ask about, of everybody at once: RFM among buyers, and engagement.

RFM is what `drumbeat audience rfm` gives by quintiles, engagement what its segments are cut by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drumbeat.kit.money import to_major
from drumbeat.marketing.audience.model import Bought
from drumbeat.marketing.audience.rule_tree import Op, Score, Scored
from drumbeat.marketing.audience.scoring import Scored as ScoredBuyers
from drumbeat.marketing.audience.scoring import score_buyers

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

RFM_SEGMENTS = (
    "No Purchase Yet",
    "Champions",
    "At Risk",
    "Loyal",
    "Cannot Lose Them",
    "New Customers",
    "Potential Loyalists",
    "Promising",
    "Need Attention",
    "About To Sleep",
    "Lost",
    "Hibernating",
)
"""As science names them; a test holds them equal."""
_OF_EVERYBODY = (Score.ENGAGEMENT, Score.ORDERS, Score.SPENT)
"""Whoever did nothing has 0 of these; of the others nothing is known."""


@dataclass(frozen=True)
class Scores:
    """By score, whose it is and how much; RFM cells and segment names of the buyers."""

    values: Mapping[Score, tuple[NDArray[np.int32], NDArray[np.float64]]]
    buyers: NDArray[np.int32]
    cells: NDArray[np.int16]
    names: NDArray[np.object_]
    currency: str

    def spent_by(self, members: Mask) -> float:
        """What these spent together, in major units of `currency`."""
        numbers, spent = self.values[Score.SPENT]
        inside = numbers < len(members)
        return float(spent[inside][members[numbers[inside]]].sum())

    def spent_in_all(self) -> float:
        return float(self.values[Score.SPENT][1].sum())

    def holds(self, leaf: Scored, size: int) -> Mask:
        import numpy as np

        compare = {
            Op.AT_LEAST: np.greater_equal,
            Op.AT_MOST: np.less_equal,
            Op.ABOVE: np.greater,
            Op.BELOW: np.less,
        }[leaf.op]
        numbers, values = self.values[leaf.score]
        absent = 0.0 if leaf.score in _OF_EVERYBODY else np.nan
        found = np.full(size, compare(absent, leaf.value), np.bool_)
        inside = numbers < size
        found[numbers[inside]] = compare(values[inside], leaf.value)
        return found

    def in_cells(self, cells: Collection[str], size: int) -> Mask:
        import numpy as np

        digits = [int(cell) for cell in cells if cell.isdecimal()]
        fits = np.isin(self.cells, digits) | np.isin(self.names, list(cells))
        found = np.zeros(size, np.bool_)
        members = self.buyers[fits]
        found[members[members < size]] = True
        return found

    def of(self, contact_no: int) -> tuple[dict[Score, float], str, str]:
        """One person's scores, cell and segment; "" and "" for who never bought."""
        import numpy as np

        found = dict.fromkeys(_OF_EVERYBODY, 0.0)
        for score, (numbers, values) in self.values.items():
            for place in np.flatnonzero(numbers == contact_no):
                found[score] = float(values[place])
        for place in np.flatnonzero(self.buyers == contact_no):
            return found, str(self.cells[place]), str(self.names[place])
        return found, "", ""


def scores_of(buyers: Bought, engaged: NDArray[np.int32], points: NDArray[np.float64]) -> Scores:
    """From what was bought up to a day, and the decayed points of everybody who has any.

    With too few buyers for fifths the scores are 0, and nobody is in a cell or a named segment.
    """
    import numpy as np

    from drumbeat.science.segmentation import RfmCuts, RfmScores, engagement_score

    scored, numbers = score_buyers(buyers, RfmCuts()), buyers.contact_nos
    nothing = np.zeros(len(numbers), np.int8)
    rfm, names = RfmScores(nothing, nothing, nothing), np.full(len(numbers), "", object)
    if isinstance(scored, ScoredBuyers):
        rfm = scored.scores
        for name in scored.segments.names:
            names[scored.segments.members(name)] = name
    major = to_major(1, buyers.currency)
    values = {
        Score.RECENCY: rfm.recency.astype(np.float64),
        Score.FREQUENCY: rfm.frequency.astype(np.float64),
        Score.MONETARY: rfm.monetary.astype(np.float64),
        Score.ORDERS: buyers.orders,
        Score.SPENT: buyers.spent * major,
        Score.DAYS_SINCE_PURCHASE: buyers.recency_days,
    }
    by_score = {score: (numbers, found) for score, found in values.items()}
    by_score[Score.ENGAGEMENT] = (np.asarray(engaged), engagement_score(points))
    cells = rfm.recency.astype(np.int16) * 100 + rfm.frequency * 10 + rfm.monetary
    return Scores(by_score, numbers, cells.astype(np.int16), names, buyers.currency)
