"""Use cases around what people did up to a day and in the days after it: what is learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience.deeds import Behaviour, Deed, Signs
from drumbeat.marketing.audience.engagement import Engagement, engagement_of
from drumbeat.marketing.audience.rules import choose_segment, day_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from drumbeat.marketing.audience.store_behaviour import BehaviourStore
    from drumbeat.marketing.audience.store_segments import SegmentStore

MOST_MOMENTS, LONGEST_STEP = 60, 366


@dataclass(frozen=True)
class BehaviourService:
    actor: Actor
    store: BehaviourStore
    segments: SegmentStore
    clock: Clock

    def read(
        self, as_of: date | None = None, *, deed: Deed | None = None, ahead: int = 0
    ) -> Behaviour:
        """Everybody's behaviour up to the end of `as_of` (None is today), and who did `deed` in the
        `ahead` days after it. Dear: look, don't write. Raises InvalidInput for a day to come.
        """
        self.actor.require(Scope.AUDIENCE_READ)
        return self.store.read(day_of(as_of, self.clock()), deed, ahead)

    def read_signs(self, as_of: date | None, *, step: int, moments: int) -> Signs:
        """At `moments` days, `step` days apart, the last of them `as_of`. As dear as `read`.

        Raises InvalidInput.
        """
        self.actor.require(Scope.AUDIENCE_READ)
        if not 2 <= moments <= MOST_MOMENTS:
            message = f"A journey takes 2 to {MOST_MOMENTS} moments, not {moments}."
            raise InvalidInput(message, field="moments")
        if not 1 <= step <= LONGEST_STEP:
            message = f"Moments lie 1 to {LONGEST_STEP} days apart, not {step}."
            raise InvalidInput(message, field="step")
        last = day_of(as_of, self.clock())
        days = tuple(last - timedelta(days=step * back) for back in reversed(range(moments)))
        return self.store.read_signs(days, step)

    def explain_engagement(self, contact_no: ContactNo, as_of: date | None = None) -> Engagement:
        """Why one contact is as engaged as they are. Raises InvalidInput for a day to come."""
        self.actor.require(Scope.AUDIENCE_READ)
        day = day_of(as_of, self.clock())
        return engagement_of(day, self.store.list_deeds(contact_no, day))

    def find_members(self, segment: str) -> NDArray[np.int32]:
        """Who is in a segment, rising. Raises InvalidInput naming the nearest if it is unknown."""
        self.actor.require(Scope.AUDIENCE_READ)
        named = choose_segment(segment, self.segments.list_(), None, field="segment")
        return self.segments.members(named.id).nonzero()[0].astype("int32")
