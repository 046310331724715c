"""What a contact usually goes as far as doing: buy, click, browse, open, or nothing.

The furthest deed names them, over whatever period the counts cover; the caller says which.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drumbeat.science.segmentation.rule_book import Segmentation, first_that_fits

Counts = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Deeds:
    """How often each contact did what, in contact order; people's deeds only, never machines'."""

    mailed: Counts
    opened: Counts
    clicked: Counts
    viewed: Counts
    purchased: Counts


def behavior_segments(deeds: Deeds) -> Segmentation:
    return first_that_fits(
        "behavioral",
        [
            ("buyers", "bought at least once", deeds.purchased > 0),
            ("clickers", "clicked in a mail, but never bought", deeds.clicked > 0),
            (
                "browsers",
                "visited pages, but neither clicked in a mail nor bought",
                deeds.viewed > 0,
            ),
            ("openers_only", "opened mail and did nothing else", deeds.opened > 0),
            ("silent", "was mailed and did nothing", deeds.mailed > 0),
        ],
        otherwise=("never_mailed", "was never mailed and did nothing"),
    )
