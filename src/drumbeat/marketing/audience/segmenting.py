"""Use cases of segments by rule: who it holds for, why, and who entered or left.

Counting everybody is dear, so it is done in reading units; a writing unit keeps what was counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock, epoch, from_epoch
from drumbeat.kit.errors import Conflict, InvalidInput, NotFound
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.accounts import Record
from drumbeat.marketing.audience import naming, rules
from drumbeat.marketing.audience.everybody import MOST_CAUGHT_UP, Everybody
from drumbeat.marketing.audience.mirror import Mirror
from drumbeat.marketing.audience.model import Contact, Segment
from drumbeat.marketing.audience.persons import SegmentStores, read_person
from drumbeat.marketing.audience.rule_tree import (
    All,
    Allows,
    AnyOf,
    Did,
    Event,
    InSegment,
    Judge,
    Permit,
    Reason,
    Rule,
    check_names,
    leaves_of,
    rule_json,
    segments_named,
    sentence,
)
from drumbeat.marketing.audience.store_rule_segments import Change, Taken
from drumbeat.marketing.audience.store_segments import RULE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

SAMPLE = 5
MOST_SAMPLED = 100
ENGAGED = AnyOf(tuple(Did(event, 1) for event in (Event.OPENED, Event.CLICKED, Event.REPLIED)))


@dataclass(frozen=True, slots=True)
class Part:
    """One of the rules that all or any of must hold, and for how many it does alone."""

    sentence: str
    count: int


@dataclass(frozen=True)
class Preview:
    """`people` are all there are, `mailable` those of `count` who may be mailed now."""

    rule: Rule
    sentence: str
    count: int
    people: int
    mailable: int
    parts: tuple[Part, ...]
    sample: tuple[Contact, ...]
    as_of: datetime


@dataclass(frozen=True)
class Explanation:
    """Why one contact is in or not, part by part; `moves` when they entered (True) or left."""

    contact: Contact
    reason: Reason
    as_of: datetime
    moves: tuple[tuple[datetime, bool], ...] = ()


@dataclass(frozen=True)
class SegmentsService:
    actor: Actor
    stores: SegmentStores
    clock: Clock
    record: Record

    def preview(self, rule: Rule, *, sample: int = SAMPLE) -> Preview:
        """Who a rule holds for now. In a reading unit. Raises InvalidInput for unknown names."""
        self.actor.require(Scope.AUDIENCE_READ)
        everybody = self._everybody()
        rule = self._checked(rule, everybody.mirror)
        with everybody.asking([rule]):
            members = everybody.members(rule)
            mailable = members & everybody.members(Allows(Permit.MAILABLE))
            inner = rule.rules if isinstance(rule, All | AnyOf) else ()
            parts = tuple(Part(sentence(e), _count(everybody.members(e))) for e in inner)
        return Preview(
            rule=rule,
            sentence=sentence(rule),
            count=_count(members),
            people=everybody.mirror.people,
            mailable=_count(mailable),
            parts=parts,
            sample=tuple(self._sample(members, min(sample, MOST_SAMPLED))),
            as_of=from_epoch(everybody.mirror.checked_at),
        )

    def explain(self, rule: Rule, contact_no: ContactNo) -> Explanation:
        """Why the rule holds for this contact or not: each part with what was seen."""
        self.actor.require(Scope.AUDIENCE_READ)
        rule = self._checked(rule, self._everybody().mirror)
        return self._explained(rule, contact_no)

    def explain_segment(self, name: str, contact_no: ContactNo) -> Explanation:
        """The same for a segment that has a rule, and when they entered or left it."""
        self.actor.require(Scope.AUDIENCE_READ)
        found = self.get(name)
        told = self._explained(self.stores.by_rule.rules()[found.name], contact_no)
        moves = self.stores.by_rule.moves_of(found.name, contact_no)
        return Explanation(told.contact, told.reason, told.as_of, tuple(moves))

    def get(self, name: str) -> Segment:
        """The segment with a rule of its own that a name means. Raises InvalidInput, NotFound."""
        self.actor.require(Scope.AUDIENCE_READ)
        known = self.stores.segments.list_()
        found = rules.choose_segment(name, known, None, field="segment")
        if found.criterion != RULE:
            raise NotFound(f"{found.name!r} is cut by {found.criterion}; it has no rule to show.")
        return found

    def rule_of(self, name: str) -> Rule:
        """Raises InvalidInput or NotFound as `get` does."""
        return self.stores.by_rule.rules()[self.get(name).name]

    def known_attributes(self) -> list[str]:
        """The attributes that a rule may name, by name."""
        self.actor.require(Scope.AUDIENCE_READ)
        return sorted(self._everybody().mirror.columns)

    def list_changes(self, name: str, *, limit: int = 100) -> list[Change]:
        """Who entered and left at the newest cuts that moved anybody, the oldest first."""
        self.actor.require(Scope.AUDIENCE_READ)
        return self.stores.by_rule.changes(self.get(name).name, limit)

    def count_members(self, rule: Rule, *, called: str = "") -> Taken:
        """Who a rule holds for, to be kept under a name. In a reading unit.

        Raises InvalidInput for unknown names and where segments lead back to this one.
        """
        self.actor.require(Scope.AUDIENCE_READ)
        everybody = self._everybody()
        return self._counted(everybody, self._checked(rule, everybody.mirror, called))

    def define(self, name: str, rule: Rule, taken: Taken) -> Segment:
        """Keep a rule under a name, instead of the one it had, with who it was counted to be.

        Raises InvalidInput for a name that cannot be, or that another way of cutting has.
        """
        self.actor.require(Scope.AUDIENCE_WRITE)
        self.stores.by_rule.hold()
        known = self.stores.segments.list_()
        name = naming.fitting_name(name, known)
        rule = naming.resolved(rule, known, called=name)
        check_names(rule, naming.segment_names(known, self.stores.by_rule.rules()), called=name)
        said, now = sentence(rule), self.clock()
        self.stores.by_rule.save(name, rule_json(rule), said, now)
        found = self.stores.by_rule.take(name, taken, now)
        self.record("segment.define", name, {"rule": said, "members": len(taken.contact_nos)})
        return found

    def rename(self, name: str, new: str, *, used_by: Collection[str] = ()) -> Segment:
        """Call a segment otherwise. `used_by` names what else asks for it by its name.

        Raises Conflict while anything does, InvalidInput for a name that cannot be or is taken.
        """
        self.actor.require(Scope.AUDIENCE_WRITE)
        self.stores.by_rule.hold()
        found = self.get(name)
        others = [each for each in self.stores.segments.list_() if each.id != found.id]
        wanted = naming.fitting_name(new, others)
        if any(rules.spelling(each.name) == rules.spelling(wanted) for each in others):
            raise InvalidInput(f"There is a segment {wanted!r} already.", field="name")
        self._require_unused(found, "renamed", used_by)
        if wanted != found.name:
            self.stores.by_rule.rename(found.name, wanted)
            self.record("segment.rename", wanted, {"was": found.name})
        return self.get(wanted)

    def remove(self, name: str, *, used_by: Collection[str] = ()) -> Segment:
        """Forget a segment and who was in it. Raises Conflict while anything asks for it."""
        self.actor.require(Scope.AUDIENCE_WRITE)
        self.stores.by_rule.hold()
        found = self.get(name)
        self._require_unused(found, "removed", used_by)
        self.stores.by_rule.remove(found.name)
        self.record("segment.remove", found.name, {"rule": found.rule})
        return found

    # -- upkeep -----------------------------------------------------------------------------

    def known_of(self) -> str:
        """What memberships are counted from, in a reading unit: moves with people and facts."""
        self.actor.require(Scope.AUDIENCE_READ)
        stores = self.stores
        mark = self._everybody().mirror.mark
        return f"{stores.answers.facts.revision} {stores.consents.revision()} {mark}"

    def find_outdated(self, known: str) -> str | None:
        """The segment that should be counted anew, of those the one counted longest ago."""
        self.actor.require(Scope.AUDIENCE_READ)
        return rules.choose_cut(self.stores.by_rule.list_cuts(), known, epoch(self.clock()))

    def recount(self, name: str) -> Taken:
        """Who a kept segment holds for now, in a reading unit; its names were checked before."""
        self.actor.require(Scope.AUDIENCE_READ)
        everybody = self._everybody()
        return self._counted(everybody, InSegment(name))

    def refresh(self, name: str, taken: Taken, known: str, keep: Collection[int] = ()) -> Segment:
        """Keep a membership counted from `known`, and who entered and left since the last one."""
        self.actor.require(Scope.AUDIENCE_WRITE)
        self.stores.by_rule.hold()
        now = self.clock()
        found = self.stores.by_rule.take(name, taken, now, keep)
        self.stores.by_rule.note_cut(name, known, now)
        return found

    def named_by_rule(self, audience: str | Sequence[str]) -> list[str]:
        """Those of the named segments that have a rule of their own."""
        self.actor.require(Scope.AUDIENCE_READ)
        names = [audience] if isinstance(audience, str) else list(audience)
        known = self.stores.segments.list_()
        if any(name.strip().casefold() == rules.EVERYONE for name in names):
            return []
        found = [rules.choose_segment(name, known, None, field="audience") for name in names]
        return [each.name for each in found if each.criterion == RULE]

    # ---------------------------------------------------------------------------------------

    def _require_unused(self, found: Segment, verb: str, used_by: Collection[str]) -> None:
        names = {found.name, f"{RULE}:{found.name}"}
        users = [
            f"the segment {other!r}"
            for other, rule in sorted(self.stores.by_rule.rules().items())
            if other != found.name and names & set(segments_named(rule))
        ]
        users += used_by
        if users:
            more = "" if len(users) <= 3 else f" and {len(users) - 3} more"
            told = ", ".join(users[:3]) + more
            raise Conflict(f"{found.name!r} cannot be {verb}: {told} asks for it by this name.")

    def _everybody(self) -> Everybody:
        now = self.clock()
        mirror = self.stores.mirror.caught_up(epoch(now), at_most=MOST_CAUGHT_UP)
        return Everybody(mirror, self.stores.answers, self.stores.by_rule.rules(), now)

    def _checked(self, rule: Rule, mirror: Mirror, called: str = "") -> Rule:
        known = self.stores.segments.list_()
        named = naming.fitting_name(called, known) if called else None
        rule = naming.resolved(rule, known, called=named)
        asked = {leaf.event for leaf in leaves_of(rule) if isinstance(leaf, Did) and leaf.where}
        properties = {event: self.stores.answers.properties_of(event) for event in asked}
        names = naming.all_names(
            known, self.stores.by_rule.rules(), mirror.columns.keys(), properties
        )
        check_names(rule, names, called=named)
        return rule

    def _counted(self, everybody: Everybody, rule: Rule) -> Taken:
        import numpy as np

        with everybody.asking([rule, ENGAGED]):
            members = everybody.members(rule)
            engaged = everybody.members(ENGAGED)
            measured = bool(engaged.any() or everybody.members(Did(Event.SENT, 1)).any())
        numbers = np.flatnonzero(members).astype(np.int32)
        return Taken(numbers, _count(engaged & members) if measured else None)

    def _explained(self, rule: Rule, contact_no: ContactNo) -> Explanation:
        now = self.clock()
        person, contact = read_person(self.stores, contact_no, now)
        judge = Judge(epoch(now), self.stores.by_rule.rules())
        return Explanation(contact, judge.explain(rule, person), now)

    def _sample(self, members: Mask, most: int) -> list[Contact]:
        """Spread over all of them, from those who came first to the newest."""
        import numpy as np

        numbers = np.flatnonzero(members)
        places = np.unique(np.linspace(0, len(numbers) - 1, min(most, len(numbers))).astype(int))
        chosen = [ContactNo(int(number)) for number in numbers[places]]
        return self.stores.contacts.list_(chosen) if chosen else []


Opened = Callable[[], AbstractContextManager[SegmentsService]]


def define_segment(look: Opened, begin: Opened, name: str, rule: Rule) -> Segment:
    """Make a segment, or give it another rule: counted in one unit, kept in the next."""
    if not name.strip():
        raise InvalidInput("A segment needs a name.", field="name")
    with look() as segments:
        taken = segments.count_members(rule, called=name)
    with begin() as segments:
        return segments.define(name, rule, taken)


def refresh_segment(look: Opened, begin: Opened, name: str, keep: Collection[int] = ()) -> Segment:
    """Count a kept segment anew: in one unit, kept in the next."""
    with look() as segments:
        known, taken = segments.known_of(), segments.recount(name)
    with begin() as segments:
        return segments.refresh(name, taken, known, keep)


def _count(mask: Mask) -> int:
    return int(mask.sum())
