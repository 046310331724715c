"""Use cases of the engine alone: what pages are told of the audience is counted beside them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock, epoch
from drumbeat.marketing.audience import rules
from drumbeat.marketing.audience.model import DraftSegment, Segment
from drumbeat.marketing.audience.service import AudienceStores
from drumbeat.marketing.audience.store_counts import PeopleCounted


@dataclass(frozen=True)
class CountingService:
    actor: Actor
    stores: AudienceStores
    clock: Clock

    def recount(self) -> PeopleCounted | None:
        """Count everybody, in a reading unit, if anybody came, left or changed their mind."""
        self.actor.require(Scope.FACTS_FOLD)
        found, standing = self.stores.counts.find(), self.stores.standing()
        if standing is None or (found is not None and found.standing == standing):
            return None
        return PeopleCounted(standing, *self.stores.count_people(), epoch(self.clock()))

    def save_counts(self, counted: PeopleCounted) -> None:
        """What readers who need not wait are told until it is counted again."""
        self.actor.require(Scope.FACTS_FOLD)
        self.stores.counts.save(counted)

    def find_outdated(self, known: str) -> str | None:
        """A criterion whose segments were cut from other facts or people than `known`, or too
        long ago for what time alone moves; the one that was cut longest ago."""
        self.actor.require(Scope.FACTS_FOLD)
        cuts = self.stores.segments.list_cuts()
        return rules.choose_cut(cuts, known, epoch(self.clock()))

    def refresh_segments(
        self,
        drafts: Sequence[DraftSegment],
        criterion: str,
        known: str,
        keep: Collection[int] = (),
    ) -> list[Segment]:
        """Keep what was cut anew from `known`, instead of what was taken earlier this day.

        What was taken at an instant of `keep` stays too: somebody approved mail to these people.
        """
        self.actor.require(Scope.FACTS_FOLD)
        now = self.clock()
        saved = self.stores.segments.save(drafts, now, criterion=criterion)
        self.stores.segments.forget_earlier_today(criterion, now, keep)
        self.stores.segments.note_cut(criterion, known, now)
        return saved

    def known_of(self) -> str:
        """What segments are cut from, in a reading unit: moves with every fact and person."""
        self.actor.require(Scope.FACTS_FOLD)
        return f"{self.stores.profiles.facts.revision} {self.stores.standing()}"
