"""How engaged a contact is, from 0 to 1, by what people (never machines) did lately.

Each deed is worth points that halve every 30 days; score = 1 - exp(-points / 4). So it starts at
0, moves most with the first deeds and never quite reaches 1: two fresh opens give .39, a click
and two opens .71. Points and half-life are reference values, not estimates.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from drumbeat.science.segmentation.rule_book import Segmentation, first_that_fits

Floats = npt.NDArray[np.float64]

ENGAGEMENT_POINTS: Mapping[str, float] = MappingProxyType(
    {
        "opened": 1.0,
        "viewed": 1.0,
        "clicked": 3.0,
        "forwarded": 4.0,
        "replied": 4.0,
        "purchased": 5.0,
    }
)
HALF_LIFE_DAYS = 30.0
POINTS_SCALE = 4.0
HIGH, LOW = 0.7, 0.3


def decayed_points(
    contact: npt.NDArray[np.integer],
    points: Floats,
    age_days: Floats,
    *,
    contacts: int,
    half_life_days: float = HALF_LIFE_DAYS,
) -> Floats:
    """Points left today for each of `contacts`; the other arrays have one entry a deed.

    `contact` counts from 0. A deed dated after today counts as one of today.
    """
    left = points * np.exp2(-np.maximum(age_days, 0) / half_life_days)
    return np.bincount(contact, weights=left, minlength=contacts).astype(np.float64)


def engagement_score(points: Floats) -> Floats:
    """Score in [0, 1) from decayed points."""
    scores: Floats = -np.expm1(-np.asarray(points, dtype=np.float64) / POINTS_SCALE)
    return scores


def engagement_segments(scores: Floats) -> Segmentation:
    decay = f"deeds lose half their weight every {HALF_LIFE_DAYS:.0f} days"
    return first_that_fits(
        "engagement",
        [
            ("Highly Engaged", f"engagement score above {HIGH}; {decay}", scores > HIGH),
            (
                "Moderately Engaged",
                f"engagement score from {LOW} to {HIGH}; {decay}",
                scores >= LOW,
            ),
        ],
        otherwise=("Low Engagement", f"engagement score below {LOW}; {decay}"),
    )
