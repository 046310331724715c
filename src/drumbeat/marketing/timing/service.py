"""Use cases of timing: plan everybody's instant, learn from people's engagement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

import numpy as np
import numpy.typing as npt

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock
from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.events import FoldedFact
from drumbeat.marketing.timing import rules
from drumbeat.marketing.timing.model import Mode, SendPlan, SendWish, ZoneHour
from drumbeat.marketing.timing.store import TimingStore
from drumbeat.science.timing import BestHour

ZoneCodes = npt.NDArray[np.integer]


@dataclass(frozen=True)
class TimingService:
    actor: Actor
    store: TimingStore
    clock: Clock

    def plan_instants(
        self, zones: ZoneCodes, zone_names: Sequence[str], wish: SendWish
    ) -> SendPlan:
        """Give every contact an instant; `zone_names[zones[i]]` is the zone of contact i.

        Cost grows with zones, not contacts. Raises InvalidInput for "at" without an instant.
        """
        self.actor.require(Scope.CAMPAIGNS_READ)
        start = self._start(wish)
        best, overall = rules.choose_hours(self.store.list_hours(), zone_names, wish, start)
        if wish.mode is Mode.BEST:
            places = [rules.zone_or(name, wish.default_zone) for name in zone_names]
            walls = [time(choice.hour) for choice in best]
            instants = rules.instants_of_walls(walls, places, start)[zones]
        else:
            instants = rules.spread_evenly(zones.size, start, wish.window)
        return SendPlan(wish.mode, instants, overall, _by_zone(zones, zone_names, best))

    def plan_wall_time(
        self, zones: ZoneCodes, zone_names: Sequence[str], wall: time, wish: SendWish
    ) -> npt.NDArray[np.int64]:
        """The next `wall` on everybody's own clock: an arm of a send-time experiment.

        Never before the wish's own instant. Raises InvalidInput as `plan_instants` does.
        """
        self.actor.require(Scope.CAMPAIGNS_READ)
        places = [rules.zone_or(name, wish.default_zone) for name in zone_names]
        return rules.instants_of_walls([wall] * len(places), places, self._start(wish))[zones]

    def record_engagement(self, facts: Iterable[FoldedFact], zones: Mapping[int, str]) -> int:
        """Count people's opens and clicks by their local hour; answers how many counted.

        For the fold, which brings each fact once; `zones` names the zones of their contacts.
        """
        self.actor.require(Scope.FACTS_FOLD)
        hours = rules.engaged_hours(facts, zones)
        self.store.add_engaged(hours)
        return hours.total()

    def _start(self, wish: SendWish) -> datetime:
        now = self.clock()
        if wish.mode is Mode.NOW:
            return now
        if wish.at is None:
            if wish.mode is Mode.AT:
                raise InvalidInput('Mode "at" needs an instant.', field="timing.at")
            return now
        if wish.at.tzinfo is None:
            raise InvalidInput("The instant needs an offset, such as +00:00.", field="timing.at")
        return wish.at if wish.mode is Mode.AT else max(now, wish.at)


def _by_zone(
    zones: ZoneCodes, zone_names: Sequence[str], best: Sequence[BestHour]
) -> tuple[ZoneHour, ...]:
    contacts = np.bincount(zones, minlength=len(zone_names))
    return tuple(
        ZoneHour(name, choice.hour, int(count), choice.evidence, choice.basis)
        for name, choice, count in zip(zone_names, best, contacts, strict=True)
        if count
    )
