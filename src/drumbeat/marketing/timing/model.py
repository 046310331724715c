"""The nouns of timing: what is wished for, and the plan that comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from drumbeat.science.timing import Basis, BestHour

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Mode(StrEnum):
    NOW = "now"
    BEST = "best"
    AT = "at"


@dataclass(frozen=True, slots=True)
class SendWish:
    """`at`: the instant for "at"; for "best", nothing leaves before it.

    `window`: everybody's instant lies within it after the start. "best" chooses the best hour that
    it holds; "now" and "at" spread the launch evenly over it. None: no bound, no spreading.
    `default_zone` is for contacts whose zone nobody knows.
    """

    mode: Mode = Mode.BEST
    campaign_type: str = "other"
    at: datetime | None = None
    window: timedelta | None = None
    default_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class ZoneHour:
    """Best local hour of the contacts in one zone ("" when unknown), and what it rests on."""

    zone: str
    hour: int
    contacts: int
    evidence: int
    basis: Basis


@dataclass(frozen=True)
class SendPlan:
    """`instants[i]` (epoch seconds, int64) is contact i's; the hours are advice in mode now or at.

    `overall` is the hour for the whole list; `by_zone` lists the zones of this audience.
    """

    mode: Mode
    instants: "NDArray[np.int64]"
    overall: BestHour
    by_zone: tuple[ZoneHour, ...]

    @property
    def global_hour(self) -> int:
        return self.overall.hour

    def send_optimization(self) -> Mapping[str, object]:
        """The answer's block of that name; times are local wall times."""
        return {
            "mode": self.mode.value,
            "global_optimal_time": f"{self.overall.hour:02d}:00",
            "basis": self.overall.basis.value,
            "evidence": self.overall.evidence,
            "timezone_specific": {
                row.zone or "unknown": {
                    "time": f"{row.hour:02d}:00",
                    "subscribers": row.contacts,
                    "evidence": row.evidence,
                    "basis": row.basis.value,
                }
                for row in self.by_zone
            },
        }
