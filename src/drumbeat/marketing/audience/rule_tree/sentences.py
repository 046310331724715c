"""How a rule reads aloud: one plain sentence for every rule, the same wherever it is shown."""

from drumbeat.marketing.audience.rule_tree.tree import (
    All,
    Allows,
    AnyOf,
    Did,
    Event,
    HasAttribute,
    InCell,
    InSegment,
    Leaf,
    Not,
    OfLast,
    Op,
    Permit,
    Rule,
    Score,
    Scored,
    Value,
)

_OPS = {
    Op.IS: "is",
    Op.CONTAINS: "contains",
    Op.STARTS_WITH: "starts with",
    Op.AT_LEAST: "is at least",
    Op.AT_MOST: "is at most",
    Op.ABOVE: "is above",
    Op.BELOW: "is below",
}
_PERMITS = {
    Permit.MAILABLE: "may be mailed",
    Permit.SUBSCRIBED: "has subscribed",
    Permit.UNSUBSCRIBED: "has unsubscribed",
    Permit.UNCONFIRMED: "has confirmed nothing",
    Permit.SUPPRESSED: "is on the suppression list",
}
_DEEDS = {
    Event.SENT: "was sent mail",
    Event.DELIVERED: "had mail delivered",
    Event.BOUNCED: "had mail bounce",
    Event.PURCHASED: "bought",
    Event.SIGNED_UP: "signed up",
}
_SCORES = {
    Score.RECENCY: "recency score",
    Score.FREQUENCY: "frequency score",
    Score.MONETARY: "monetary score",
    Score.ENGAGEMENT: "engagement score",
    Score.ORDERS: "number of orders",
    Score.SPENT: "money spent",
    Score.DAYS_SINCE_PURCHASE: "days since the last purchase",
}


def sentence(rule: Rule) -> str:
    """Such as "country is DE and clicked at least 3 times in the last 30 days"."""
    match rule:
        case All(rules):
            return " and ".join(_inside(each) for each in rules)
        case AnyOf(rules):
            return " or ".join(_inside(each) for each in rules)
        case Not(inner):
            return f"not ({sentence(inner)})"
        case _:
            return _leaf(rule)


def _leaf(leaf: Leaf) -> str:
    match leaf:
        case HasAttribute():
            return _attribute(leaf)
        case Allows(state):
            return _PERMITS[state]
        case Did():
            return _did(leaf)
        case OfLast(event, at_least, last):
            return f"{deed(event)} at least {at_least} of the last {last} mails"
        case Scored(score, op, value):
            return f"{_SCORES[score]} {_OPS[op]} {value:g}"
        case InCell(cells):
            return f"RFM is {_either(cells)}"
        case InSegment(segment):
            return f"is in '{segment}'"


def deed(event: Event) -> str:
    return _DEEDS.get(event, event.value.replace("_", " "))


def _inside(rule: Rule) -> str:
    several = isinstance(rule, All | AnyOf) and len(rule.rules) > 1
    return f"({sentence(rule)})" if several else sentence(rule)


def _attribute(leaf: HasAttribute) -> str:
    if leaf.op is Op.KNOWN:
        return f"{leaf.attribute} is known"
    if leaf.op is Op.ONE_OF:
        return f"{leaf.attribute} is {_either(leaf.values)}"
    return f"{leaf.attribute} {_OPS[leaf.op]} {_plain(leaf.values[0])}"


def _did(leaf: Did) -> str:
    said = deed(leaf.event)
    for name, value in leaf.where:
        said += f" with {name} {value}"
    when = "" if leaf.days is None else f" in the last {_count(leaf.days, 'day')}"
    if leaf.at_most == 0:
        return f"{'never' if leaf.days is None else 'not once'} {said}{when}"
    if leaf.at_most is None:
        return f"{said}{when}" if leaf.at_least == 1 else f"{said} at least {_times(leaf)}{when}"
    if leaf.at_least == leaf.at_most:
        return f"{said} exactly {_count(leaf.at_most, 'time')}{when}"
    if leaf.at_least == 0:
        return f"{said} at most {_count(leaf.at_most, 'time')}{when}"
    return f"{said} between {leaf.at_least} and {_count(leaf.at_most, 'time')}{when}"


def _times(leaf: Did) -> str:
    return _count(leaf.at_least, "time")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _either(values: tuple[Value, ...]) -> str:
    *most, last = [_plain(value) for value in values]
    return f"{', '.join(most)} or {last}" if most else last


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
