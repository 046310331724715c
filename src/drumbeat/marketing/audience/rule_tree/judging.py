"""Whether a rule holds for one person, leaf by leaf, with the value that was seen.

Plain Python over one person's record: what `explain` tells, and what the compiler is tested by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drumbeat.marketing.audience.rule_tree.sentences import sentence
from drumbeat.marketing.audience.rule_tree.tree import (
    All,
    Allows,
    AnyOf,
    Did,
    Event,
    HasAttribute,
    InCell,
    InSegment,
    Not,
    OfLast,
    Permit,
    Rule,
    Score,
    Scored,
    since_of,
)
from drumbeat.marketing.audience.rule_tree.values import ORDER, as_seen, number_test, text_test


@dataclass(frozen=True, slots=True)
class Deed:
    """One event of a person's own, no machine's. `order` 0 is none, `mailing_no` 0 none."""

    event: Event
    at: int
    mailing_no: int = 0
    order: int = 0
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Person:
    """One record; `cell` such as "545" and `cell_name` are "" for who never bought.

    A score that is absent is not known. `segments` are those without a rule tree.
    """

    attributes: Mapping[str, object]
    permits: frozenset[Permit] = frozenset()
    deeds: Sequence[Deed] = ()
    scores: Mapping[Score, float] = field(default_factory=dict)
    cell: str = ""
    cell_name: str = ""
    segments: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reason:
    """`seen` is what was found, in words; a rule of several has its `parts` instead."""

    holds: bool
    sentence: str
    seen: str = ""
    parts: "tuple[Reason, ...]" = ()


@dataclass(frozen=True)
class Judge:
    """`rules` are those of segments that have one, by the name that rules call them by."""

    now: int
    rules: Mapping[str, Rule] = field(default_factory=dict)

    def holds(self, rule: Rule, person: Person) -> bool:
        return self.explain(rule, person).holds

    def explain(self, rule: Rule, person: Person) -> Reason:
        """Every part is judged, also where one decides, so that all of the why is told."""
        match rule:
            case All(rules) | AnyOf(rules):
                parts = tuple(self.explain(each, person) for each in rules)
                found = [part.holds for part in parts]
                holds = all(found) if isinstance(rule, All) else any(found)
                return Reason(holds, sentence(rule), "", parts)
            case Not(inner):
                part = self.explain(inner, person)
                return Reason(not part.holds, sentence(rule), "", (part,))
            case InSegment(segment) if segment in self.rules:
                part = self.explain(self.rules[segment], person)
                return Reason(part.holds, sentence(rule), "", (part,))
            case _:
                holds, seen = self._leaf(rule, person)
                return Reason(holds, sentence(rule), seen)

    def _leaf(self, leaf: Rule, person: Person) -> tuple[bool, str]:
        match leaf:
            case HasAttribute():
                return _attribute(leaf, person)
            case Allows(state):
                return state in person.permits, _told(person.permits)
            case Did():
                times = count_deeds(leaf, person.deeds, self.now)
                most = times if leaf.at_most is None else leaf.at_most
                return leaf.at_least <= times <= most, "1 time" if times == 1 else f"{times} times"
            case OfLast(event, at_least, last):
                done, of = _of_last(event, last, person.deeds)
                return done >= at_least, f"{done} of {of}"
            case Scored(score, op, value):
                found = person.scores.get(score)
                if found is None:
                    return False, "not known"
                return ORDER[op](found, value), f"{found:g}"
            case InCell(cells):
                holds = person.cell != "" and bool({person.cell, person.cell_name} & set(cells))
                return holds, f"{person.cell} {person.cell_name}".strip() or "never bought"
            case InSegment(segment):
                inside = segment in person.segments
                return inside, "a member" if inside else "no member"
        raise TypeError(f"no rule: {leaf!r}")


def count_deeds(leaf: Did, deeds: Sequence[Deed], now: int) -> int:
    """How often, lines of one order counting once."""
    found = [
        deed
        for deed in deeds
        if deed.event is leaf.event
        and (leaf.days is None or deed.at >= since_of(leaf.days, now))
        and all(as_seen(deed.properties.get(key)) == as_seen(value) for key, value in leaf.where)
    ]
    if leaf.event is not Event.PURCHASED:
        return len(found)
    orders = [deed.order for deed in found]
    return len({order for order in orders if order}) + orders.count(0)


def _of_last(event: Event, last: int, deeds: Sequence[Deed]) -> tuple[int, int]:
    sent: dict[int, int] = {}
    for deed in deeds:
        if deed.event is Event.SENT and deed.mailing_no:
            sent[deed.mailing_no] = max(sent.get(deed.mailing_no, deed.at), deed.at)
    newest = sorted(sent, key=lambda no: (sent[no], no), reverse=True)[:last]
    answered = {deed.mailing_no for deed in deeds if deed.event is event}
    return sum(number in answered for number in newest), len(newest)


def _attribute(leaf: HasAttribute, person: Person) -> tuple[bool, str]:
    stored = person.attributes.get(leaf.attribute)
    seen = as_seen(stored)
    if seen is None:
        return False, "not known"
    holds = text_test(leaf)(seen) if isinstance(seen, str) else number_test(leaf, seen)
    return holds, str(stored)


def _told(permits: frozenset[Permit]) -> str:
    return ", ".join(each.value for each in Permit if each in permits) or "nothing"
