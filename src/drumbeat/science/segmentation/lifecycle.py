"""Where a contact stands between joining and leaving, by the days since their last sign of life.

A sign of life is a person's open, click, reply, visit or purchase. Joined at most 30 days ago is
new, whatever they did since; after that 90, 180 and 365 days without one part active, at risk,
lapsed and lost. Who never gave one is a prospect. Reference values.
"""

import numpy as np
import numpy.typing as npt

from drumbeat.science.segmentation.rule_book import Segmentation, first_that_fits

Floats = npt.NDArray[np.float64]

NEW_DAYS = 30
ACTIVE_DAYS = 90
AT_RISK_DAYS = 180
LAPSED_DAYS = 365


def lifecycle_segments(days_since_joined: Floats, days_since_active: Floats) -> Segmentation:
    """Stage of everybody; `days_since_active` is NaN for who never gave a sign of life."""
    joined, silent = np.asarray(days_since_joined), np.asarray(days_since_active)
    return first_that_fits(
        "lifecycle_stage",
        [
            ("new", f"joined in the last {NEW_DAYS} days", joined <= NEW_DAYS),
            ("prospect", "never opened, clicked, visited or bought", np.isnan(silent)),
            ("active", f"a sign of life in the last {ACTIVE_DAYS} days", silent <= ACTIVE_DAYS),
            (
                "at_risk",
                f"last sign of life {ACTIVE_DAYS + 1} to {AT_RISK_DAYS} days ago",
                silent <= AT_RISK_DAYS,
            ),
            (
                "lapsed",
                f"last sign of life {AT_RISK_DAYS + 1} to {LAPSED_DAYS} days ago",
                silent <= LAPSED_DAYS,
            ),
        ],
        otherwise=("lost", f"last sign of life more than {LAPSED_DAYS} days ago"),
    )
