"""Whether what a rule names exists: attributes, properties, RFM cells, segments; and no circles."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from drumbeat.marketing.audience.rule_tree.reading import nearest, refuse
from drumbeat.marketing.audience.rule_tree.tree import (
    All,
    AnyOf,
    Did,
    Event,
    HasAttribute,
    InCell,
    InSegment,
    Leaf,
    Not,
    Rule,
    leaves_of,
)


@dataclass(frozen=True)
class Names:
    """What there is to be named. `rules` are the trees of segments that have one, by name."""

    attributes: Collection[str]
    rfm_segments: Collection[str]
    segments: Collection[str]
    rules: Mapping[str, Rule]
    properties: Mapping[Event, Collection[str]]


def check_names(rule: Rule, names: Names, *, called: str | None = None, at: str = "rule") -> None:
    """Raises InvalidInput at the first name that is not known, or where segments go in a circle.

    `called` is the name that the rule is to be kept under.
    """
    for place, leaf in _placed(rule, at):
        match leaf:
            case HasAttribute(attribute) if attribute not in names.attributes:
                said = nearest(attribute, names.attributes)
                refuse(f"{place}.attribute", f"no contact has {attribute!r}. {said}")
            case InSegment(segment):
                _check_segment(segment, names, called, f"{place}.segment")
            case Did(event, where=where):
                known = names.properties.get(event, ())
                for key, _ in where:
                    if key not in known:
                        said = nearest(key, known)
                        refuse(f"{place}.where.{key}", f"no {event} event has {key!r}. {said}")
            case InCell(cells):
                for cell in cells:
                    _check_cell(cell, names, f"{place}.rfm")
            case _:
                pass


def _check_segment(segment: str, names: Names, called: str | None, at: str) -> None:
    if segment not in names.segments and segment != called:
        refuse(at, f"there is no segment {segment!r}. {nearest(segment, names.segments)}")
    if called is not None and (circle := _way_back(segment, called, names.rules)):
        refuse(at, f"this goes in a circle: {' → '.join([called, *circle])}.")


def _check_cell(cell: str, names: Names, at: str) -> None:
    digits = len(cell) == 3 and all("1" <= each <= "5" for each in cell)
    if not digits and cell not in names.rfm_segments:
        said = nearest(cell, names.rfm_segments)
        refuse(at, f'{cell!r} is no cell such as "545" and no RFM segment. {said}')


def _way_back(start: str, wanted: str, rules: Mapping[str, Rule]) -> list[str]:
    """The way from one segment to another through the rules of those between; [] without one."""
    ways = [[start]]
    seen = {start}
    while ways:
        way = ways.pop()
        if way[-1] == wanted:
            return way
        rule = rules.get(way[-1])
        named = [] if rule is None else [e for e in leaves_of(rule) if isinstance(e, InSegment)]
        for leaf in named:
            if leaf.segment not in seen:
                seen.add(leaf.segment)
                ways.append([*way, leaf.segment])
    return []


def _placed(rule: Rule, at: str) -> Iterator[tuple[str, Leaf]]:
    if isinstance(rule, All | AnyOf):
        word = "all" if isinstance(rule, All) else "any"
        for place, each in enumerate(rule.rules):
            yield from _placed(each, f"{at}.{word}[{place}]")
    elif isinstance(rule, Not):
        yield from _placed(rule.rule, f"{at}.not")
    else:
        yield at, rule
