"""Why one contact is as engaged as they are: the score taken apart into the deeds it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from drumbeat.marketing.audience.deeds import DeedsOfOne

_DEFINITION = (
    "Every deed of the person, never of a machine, is worth points ({worth}) that halve every "
    "{days:.0f} days; score = 1 - exp(-points / {scale:.0f}). Reference values, not estimates."
)


@dataclass(frozen=True)
class Engagement:
    """At the end of `as_of` (UTC); `points` are those of the `deeds` together."""

    as_of: date
    score: float
    level: str
    points: float
    deeds: tuple[DeedsOfOne, ...]
    definition: str


def engagement_of(as_of: date, deeds: Sequence[DeedsOfOne]) -> Engagement:
    import numpy as np

    from drumbeat.science.segmentation import (
        ENGAGEMENT_POINTS,
        HALF_LIFE_DAYS,
        POINTS_SCALE,
        engagement_score,
        engagement_segments,
    )

    points = sum(each.points for each in deeds)
    scores = engagement_score(np.array([points]))
    found = engagement_segments(scores)
    worth = ", ".join(f"{deed} {of:g}" for deed, of in ENGAGEMENT_POINTS.items())
    return Engagement(
        as_of,
        float(scores[0]),
        found.names[found.codes[0]],
        points,
        tuple(deeds),
        _DEFINITION.format(worth=worth, days=HALF_LIFE_DAYS, scale=POINTS_SCALE),
    )
