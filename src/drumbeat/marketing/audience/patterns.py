"""What behaviour says of people: groups, what each will do, who is like whom, and their journey.

Pure: the columns that science looks at, and what few and many of each are called, are chosen here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.audience.deeds import Behaviour, Deed, Signs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from drumbeat.science.experiments import Inconclusive
    from drumbeat.science.segmentation import (
        Clusters,
        Feature,
        Journey,
        Lookalikes,
        Propensity,
    )

    Floats = NDArray[np.float64]

SEED = 20_260_801
"""Draws are the same for the same facts, so that a figure does not move by itself."""
FEW_AND_MANY: Mapping[str, tuple[str, str]] = {
    "known_days": ("new", "known for long"),
    "active_days": ("active lately", "long silent"),
    "bought_days": ("bought lately", "long without a purchase"),
    "sent_lately": ("mailed seldom", "mailed often"),
    "opened_lately": ("opens little", "opens much"),
    "clicked_lately": ("clicks little", "clicks much"),
    "orders": ("few orders", "many orders"),
    "spent_minor": ("little spent", "much spent"),
}
NAIVE: Mapping[Deed, tuple[str, str]] = {
    Deed.BUY: ("bought_days", "who bought last comes first"),
    Deed.CLICK: ("active_days", "who was active last comes first"),
    Deed.UNSUBSCRIBE: ("known_days", "who came last comes first"),
}
_GROUPED_BY = ("active_days", "opened_lately", "clicked_lately", "orders", "spent_minor")


@dataclass(frozen=True)
class Foretold:
    """Of everybody in `behaviour`, for the `horizon` days from the end of its day."""

    behaviour: Behaviour
    deed: Deed
    horizon: int
    learnt: Propensity | Inconclusive
    naive: str


@dataclass(frozen=True)
class Alike:
    """How like the `members` of a segment the `others` are: `contact_nos` the likest first."""

    until: date
    members: int
    others: int
    found: Lookalikes | Inconclusive
    contact_nos: NDArray[np.int32]
    likeness: Floats


def group_people(behaviour: Behaviour, clusters: int | None = None) -> Clusters | Inconclusive:
    """Groups by activity, opens, clicks, orders and money; columns without any are left out.

    Raises InvalidInput for a number of groups that is not from 2 to 8.
    """
    from drumbeat.science.segmentation import MOST_CLUSTERS, find_clusters

    if clusters is not None and not 2 <= clusters <= MOST_CLUSTERS:
        message = f"clusters must be from 2 to {MOST_CLUSTERS}, not {clusters}."
        raise InvalidInput(message, field="clusters")
    columns = [each for each in features_of(behaviour) if each.name in _GROUPED_BY]
    told = [each for each in columns if each.values.size and each.values.any()]
    return find_clusters(told or columns, _rng(), clusters=clusters)


def foretell(
    earlier: Behaviour, later: Behaviour, now: Behaviour, deed: Deed, horizon: int
) -> Foretold:
    """Learn `deed` from two stretches of `horizon` days that end at `now`'s day."""
    from drumbeat.science.segmentation import Stretch, learn_propensity

    column, naive = NAIVE[deed]
    learnt = learn_propensity(
        Stretch(features_of(earlier), _did(earlier)),
        Stretch(features_of(later), _did(later)),
        features_of(now),
        -_filled(later, column),
        _rng(),
    )
    return Foretold(now, deed, horizon, learnt, naive)


def find_alike(behaviour: Behaviour, members: NDArray[np.int32]) -> Alike:
    """Rank everybody else by likeness to the contacts `members`; naive is by activity alone."""
    import numpy as np

    from drumbeat.science.segmentation import Lookalikes, find_lookalikes

    inside = np.isin(behaviour.contact_nos, members)
    naive = -_filled(behaviour, "active_days")
    found = find_lookalikes(features_of(behaviour), inside, naive, _rng())
    others = np.flatnonzero(~inside)
    order, likeness = others[:0], np.zeros(0)
    if isinstance(found, Lookalikes):
        order = others[np.argsort(-found.likeness[others], kind="stable")]
        likeness = found.likeness[order]
    numbers = behaviour.contact_nos[order]
    return Alike(behaviour.until, int(inside.sum()), len(others), found, numbers, likeness)


def trace_stages(signs: Signs) -> Journey:
    """From lifecycle stage to lifecycle stage; -1 before somebody was heard of."""
    import numpy as np

    from drumbeat.science.segmentation import NOT_YET, lifecycle_segments, trace_journey

    codes: list[NDArray[np.int8]] = []
    names: tuple[str, ...] = ()
    for known, silent in zip(signs.known, signs.silent, strict=True):
        found = lifecycle_segments(known, silent)
        codes.append(np.where(np.isnan(known), NOT_YET, found.codes).astype(np.int8))
        names = found.names
    return trace_journey(np.array(codes), names)


def features_of(behaviour: Behaviour) -> list[Feature]:
    """Every column; where something never happened, it is as long ago as the person is known."""
    from drumbeat.science.segmentation import Feature

    return [
        Feature(name, _filled(behaviour, name), few, many)
        for name, (few, many) in FEW_AND_MANY.items()
    ]


def _filled(behaviour: Behaviour, name: str) -> Floats:
    import numpy as np

    values: Floats = getattr(behaviour, name)
    filled: Floats = np.where(np.isnan(values), behaviour.known_days + 1, values)
    return np.maximum(filled, 0)  # what was returned can exceed what was bought


def _did(behaviour: Behaviour) -> NDArray[np.bool_]:
    if behaviour.did is None:
        raise ValueError("This behaviour was read without what came after it.")
    return behaviour.did


def _rng() -> np.random.Generator:
    import numpy as np

    return np.random.default_rng(SEED)
