"""What people did up to a day, as columns of equal length that science learns from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Deed(StrEnum):
    """What somebody may do in the days to come."""

    BUY = "buy"
    CLICK = "click"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True)
class Behaviour:
    """What everybody who was heard of by the end of `until` (UTC) did, ordered by contact number.

    Machines' opens and clicks are left out. Days are NaN when it never happened; `lately` is the
    last 90 days; money is in minor units of `currency`, the one most purchases were made in. `did`
    is who did the deed that was asked about in the days after `until`; None without such days.
    """

    until: date
    currency: str
    contact_nos: NDArray[np.int32]
    known_days: NDArray[np.float64]
    active_days: NDArray[np.float64]
    bought_days: NDArray[np.float64]
    sent_lately: NDArray[np.float64]
    opened_lately: NDArray[np.float64]
    clicked_lately: NDArray[np.float64]
    orders: NDArray[np.float64]
    spent_minor: NDArray[np.float64]
    did: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.contact_nos)


@dataclass(frozen=True)
class Signs:
    """When people were first heard of and gave their last sign of life, at several days' ends.

    `days[moment]` rises; `known[moment, person]` and `silent[moment, person]` are days since; NaN
    before they were known, and where they never gave a sign.
    """

    days: tuple[date, ...]
    contact_nos: NDArray[np.int32]
    known: NDArray[np.float64]
    silent: NDArray[np.float64]


@dataclass(frozen=True)
class DeedsOfOne:
    """One person's deeds of a kind: how many, the last, and the points that are left of them."""

    deed: str
    times: int
    last: date
    points: float
