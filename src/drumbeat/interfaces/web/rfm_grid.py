"""The RFM grid: five steps of recency across, five of frequency and money down, and who is where.

A cell is named by the rule that science uses, asked for somebody with exactly those scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from drumbeat.marketing.audience import Segment

STEPS = (5, 4, 3, 2, 1)
_LEVELS = 4


@dataclass(frozen=True)
class Cell:
    """`level` 0 to 4: how many of all buyers its segment holds, for the eye."""

    name: str
    people: int
    level: int


@dataclass(frozen=True)
class Grid:
    """`rows` from much to little, each with its cells from long ago to lately."""

    rows: Sequence[tuple[int, Sequence[Cell]]]


def grid_of(segments: Sequence[Segment]) -> Grid:
    held = {segment.name: segment.subscriber_count for segment in segments}
    names = _names()
    most = max((held.get(name, 0) for name in names.values()), default=0) or 1
    rows = [
        (much, [_cell(names[late, much], held, most) for late in reversed(STEPS)]) for much in STEPS
    ]
    return Grid(rows)


def _cell(name: str, held: dict[str, int], most: int) -> Cell:
    people = held.get(name, 0)
    return Cell(name, people, -(-people * _LEVELS // most))


def _names() -> dict[tuple[int, int], str]:
    """(recency, frequency and money) → the segment of somebody with these scores."""
    import numpy as np

    from drumbeat.science.segmentation import RfmScores, rfm_segments

    pairs = [(late, much) for late in STEPS for much in STEPS]
    recency = np.array([late for late, _ in pairs], np.int8)
    much = np.array([much for _, much in pairs], np.int8)
    found = rfm_segments(RfmScores(recency, much, much))
    return dict(zip(pairs, found.labels().tolist(), strict=True))
