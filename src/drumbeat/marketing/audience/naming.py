"""What names in a rule mean: segments however they are spelled; what a new one may be called."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.audience import rules
from drumbeat.marketing.audience.model import Criterion, Segment
from drumbeat.marketing.audience.rule_tree import All, AnyOf, Event, InSegment, Names, Not, Rule
from drumbeat.marketing.audience.scores import RFM_SEGMENTS
from drumbeat.marketing.audience.store_segments import RULE

LONGEST = 120


def fitting_name(name: str, known: Sequence[Segment]) -> str:
    """The name a rule is kept under: the one that is there, if only the spelling differs.

    Raises InvalidInput for `name`.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST or not name.isprintable() or ":" in name:
        message = f"A segment's name has 1 to {LONGEST} letters, without a colon."
        raise InvalidInput(message, field="name")
    if rules.spelling(name) == rules.EVERYONE:
        raise InvalidInput("'all' means everybody; choose another name.", field="name")
    same = [each for each in known if rules.spelling(each.name) == rules.spelling(name)]
    for each in same:
        if each.criterion == RULE:
            return each.name
    if same:
        message = f"{name!r} is a segment by {same[0].criterion} already; choose another name."
        raise InvalidInput(message, field="name")
    return name


def resolved(rule: Rule, known: Sequence[Segment], *, called: str | None) -> Rule:
    """The rule with each segment by its own name; unknown ones stay as they are written."""
    match rule:
        case All(parts):
            return All(tuple(resolved(each, known, called=called) for each in parts))
        case AnyOf(parts):
            return AnyOf(tuple(resolved(each, known, called=called) for each in parts))
        case Not(inner):
            return Not(resolved(inner, known, called=called))
        case InSegment(segment):
            return InSegment(_meant(segment, known, called))
        case _:
            return rule


def segment_names(known: Sequence[Segment], trees: Mapping[str, Rule]) -> Names:
    """For a check of segments alone: whatever else a rule names was checked before."""
    return all_names(known, trees, _Anything(), dict.fromkeys(Event, _Anything()))


def all_names(
    known: Sequence[Segment],
    trees: Mapping[str, Rule],
    attributes: Collection[str],
    properties: Mapping[Event, Collection[str]],
) -> Names:
    names = {each.name for each in known} | {f"{each.criterion}:{each.name}" for each in known}
    return Names(attributes, RFM_SEGMENTS, names, trees, properties)


class _Anything(Collection[str]):
    def __contains__(self, _: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _meant(name: str, known: Sequence[Segment], called: str | None) -> str:
    """`criterion:name` where the name alone could mean several."""
    if called is not None and rules.spelling(name) == rules.spelling(called):
        return called
    wanted, among = name, None
    left, colon, right = name.partition(":")
    if colon and (left in set(Criterion) or left == RULE):
        wanted, among = right.strip(), left
    fits = [
        each
        for each in known
        if rules.spelling(each.name) == rules.spelling(wanted) and among in (None, each.criterion)
    ]
    if len(fits) == 1:
        unique = sum(each.name == fits[0].name for each in known) == 1
        return fits[0].name if unique else f"{fits[0].criterion}:{fits[0].name}"
    if fits:
        choices = " or ".join(f"'{each.criterion}:{each.name}'" for each in fits)
        message = f"{name[:60]!r} names more than one segment: write {choices}."
        raise InvalidInput(message, field="rule")
    return name
