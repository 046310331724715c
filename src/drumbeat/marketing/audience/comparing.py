"""Use cases that look at segments beside each other: who is in two of them, which to make next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock, epoch, from_epoch
from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.audience import rules, suggesting
from drumbeat.marketing.audience.everybody import MOST_CAUGHT_UP, Everybody
from drumbeat.marketing.audience.model import Segment
from drumbeat.marketing.audience.persons import SegmentStores
from drumbeat.marketing.audience.rule_tree import Allows, Permit, sentence
from drumbeat.marketing.audience.suggesting import Counted, Suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

MOST_COMPARED = 40


@dataclass(frozen=True)
class Overlap:
    """`both[i][j]` people are in segment i and in segment j, by what was kept of each last."""

    segments: tuple[Segment, ...]
    both: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Suggestions:
    found: tuple[Suggestion, ...]
    people: int
    as_of: datetime


@dataclass(frozen=True)
class ComparingService:
    actor: Actor
    stores: SegmentStores
    clock: Clock

    def overlap(self, names: Sequence[str] = ()) -> Overlap:
        """The largest segments, or those that are named. Raises InvalidInput for unknown names."""
        self.actor.require(Scope.AUDIENCE_READ)
        kept = self.stores.segments.read_packed()
        if names:
            known = self.stores.segments.list_()
            if len(names) > MOST_COMPARED:
                message = f"At most {MOST_COMPARED} segments are compared at once."
                raise InvalidInput(message, field="segment")
            wanted = {rules.choose_segment(name, known, None, field="segment").id for name in names}
            kept = [each for each in kept if each[0].id in wanted]
        kept = kept[:MOST_COMPARED]
        both = tuple(tuple(_shared(one, other) for _, other in kept) for _, one in kept)
        return Overlap(tuple(each for each, _ in kept), both)

    def suggest(self) -> Suggestions:
        """Segments worth making that are not kept yet, each measured. In a reading unit."""
        self.actor.require(Scope.AUDIENCE_READ)
        now = self.clock()
        mirror = self.stores.mirror.caught_up(epoch(now), at_most=MOST_CAUGHT_UP)
        kept = self.stores.by_rule.rules()
        said = {sentence(rule) for rule in kept.values()}
        everybody = Everybody(mirror, self.stores.answers, kept, now)
        candidates = [
            each for each in suggesting.CANDIDATES if sentence(suggesting.rule_of(each)) not in said
        ]
        counted = []
        with self.stores.answers.asking():
            scores = self.stores.answers.scores(now)
            mailable = everybody.members(Allows(Permit.MAILABLE))
            for each in candidates:
                members = everybody.members(suggesting.rule_of(each))
                counted.append(
                    Counted(
                        each,
                        int(members.sum()),
                        int((members & mailable).sum()),
                        scores.spent_by(members),
                        scores.spent_in_all(),
                        scores.currency,
                    )
                )
        found = suggesting.choose(counted, mirror.people)
        return Suggestions(tuple(found), mirror.people, from_epoch(mirror.checked_at))


def _shared(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> int:
    import numpy as np

    size = min(len(one), len(other))
    return int(np.bitwise_count(one[:size] & other[:size]).sum())
