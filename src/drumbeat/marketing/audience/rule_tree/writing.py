"""A rule as JSON: reading it again gives the same rule."""

from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience.rule_tree.tree import (
    All,
    Allows,
    AnyOf,
    Did,
    HasAttribute,
    InCell,
    InSegment,
    Leaf,
    Not,
    OfLast,
    Op,
    Rule,
    Scored,
)


def rule_json(rule: Rule) -> JsonObject:
    match rule:
        case All(rules):
            return {"all": [rule_json(each) for each in rules]}
        case AnyOf(rules):
            return {"any": [rule_json(each) for each in rules]}
        case Not(inner):
            return {"not": rule_json(inner)}
        case _:
            return _leaf(rule)


def _leaf(leaf: Leaf) -> JsonObject:
    match leaf:
        case HasAttribute(attribute, op, values):
            said: object = list(values) if op is Op.ONE_OF else (values[0] if values else True)
            return {"attribute": attribute, op.value: said}
        case Allows(state):
            return {"consent": state.value}
        case Did():
            return _did(leaf)
        case OfLast(event, at_least, last):
            return {"event": event.value, "at_least": at_least, "of_last": last}
        case Scored(score, op, value):
            return {"score": score.value, op.value: value}
        case InCell(cells):
            return {"rfm": list(cells)}
        case InSegment(segment):
            return {"segment": segment}


def _did(leaf: Did) -> JsonObject:
    row: JsonObject = {"event": leaf.event.value}
    if leaf.at_most == 0:
        row["never"] = True
    else:
        row["at_least"] = leaf.at_least
        if leaf.at_most is not None:
            row["at_most"] = leaf.at_most
    if leaf.days is not None:
        row["days"] = leaf.days
    if leaf.where:
        row["where"] = dict(leaf.where)
    return row
