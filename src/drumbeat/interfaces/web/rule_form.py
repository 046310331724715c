"""A segment's rule as lines of a form, and the form's lines as a rule.

A form says one level: all, or any, of its lines. What lies deeper is said in words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import FormData

from drumbeat.interfaces.web.forms import text
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience.rule_tree import (
    ANSWERS,
    Event,
    Permit,
    Rule,
    Score,
    parse_rule,
    read_rule,
    rule_json,
)

MOST_LINES = 12
WHATS = (
    ("did", "They did"),
    ("not_did", "They did not"),
    ("last", "Of their last mails they"),
    ("attribute", "Attribute"),
    ("consent", "Permission"),
    ("score", "Score"),
    ("rfm", "RFM segment"),
    ("segment", "They are in"),
    ("not_segment", "They are not in"),
)
EVENTS = tuple(
    (event.value, {"purchased": "bought", "viewed": "viewed a page"}.get(event.value, ""))
    for event in (Event.CLICKED, Event.OPENED, Event.PURCHASED, Event.VIEWED, Event.REPLIED,
                  Event.SENT, Event.BOUNCED, Event.SIGNED_UP)
)  # fmt: skip
OPS = (
    ("is", "is"), ("is_not", "is not"), ("one_of", "is one of (with commas)"),
    ("contains", "contains"), ("starts_with", "starts with"), ("at_least", "is at least"),
    ("at_most", "is at most"), ("above", "is above"), ("below", "is below"),
    ("known", "is known"), ("unknown", "is not known"),
)  # fmt: skip
COMPARISONS = (("at_least", "at least"), ("at_most", "at most"), ("above", "above"),
               ("below", "below"))  # fmt: skip
ANSWERED = tuple(event.value for event in ANSWERS)
PERMITS = tuple(permit.value for permit in Permit)
SCORES = tuple(score.value for score in Score)
_FIELDS = ("event", "times", "days", "of", "property", "said", "attribute", "op", "value", "name")


@dataclass(frozen=True)
class Line:
    """One question; `fields` as they were written, whatever `what` needs of them."""

    what: str = "did"
    fields: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")


@dataclass(frozen=True)
class RuleForm:
    """`words`, where there are any, are meant instead of the lines."""

    name: str = ""
    match: str = "all"
    lines: Sequence[Line] = (Line(),)
    words: str = ""


def read_form(form: FormData) -> RuleForm:
    """As many lines as were sent; buttons `do` add one or take one away."""
    known = {what for what, _ in WHATS}
    lines = []
    for place in range(MOST_LINES):
        what = text(form, f"what-{place}")
        if what in known:
            fields = {name: text(form, f"{name}-{place}")[:500] for name in _FIELDS}
            lines.append(Line(what, fields))
    do = text(form, "do")
    if do == "add" and len(lines) < MOST_LINES:
        lines.append(Line())
    if do.startswith("drop-") and do[5:].isdecimal():
        del lines[int(do[5:]) : int(do[5:]) + 1]
    match = "any" if text(form, "match") == "any" else "all"
    return RuleForm(text(form, "name"), match, lines or (Line(),), text(form, "words"))


def rule_of(form: RuleForm) -> Rule:
    """Raises InvalidInput whose field says at which line, as `rule.all[1]…`, or is "words"."""
    if form.words:
        try:
            return parse_rule(form.words)
        except InvalidInput as error:
            raise InvalidInput(str(error), field="words") from None
    return read_rule({form.match: [_json(line) for line in form.lines]})


def form_of(name: str, rule: Rule, sentence: str) -> RuleForm:
    """The form that says a kept rule; in its lines if they can, else in words."""
    tree = rule_json(rule)
    match = "any" if "any" in tree else "all"
    parts = tree.get(match, [tree])
    assert isinstance(parts, list)
    lines = [_line(part) for part in parts]
    if len(lines) > MOST_LINES or any(line is None for line in lines):
        return RuleForm(name, match, (Line(),), "")
    return RuleForm(name, match, tuple(line for line in lines if line is not None))


def place_of(field_name: str) -> int | None:
    """The line that an error is about; None if it is about all of them."""
    for match in ("rule.all[", "rule.any["):
        if field_name.startswith(match):
            return int(field_name.removeprefix(match).partition("]")[0])
    return None


def _json(line: Line) -> JsonObject:
    match line.what:
        case "did" | "not_did":
            return _deed(line)
        case "last":
            return {"event": line["event"], "at_least": _whole(line["times"], 1)} | {
                "of_last": _whole(line["of"], 5)
            }
        case "attribute":
            return _attribute(line)
        case "consent":
            return {"consent": line["name"]}
        case "score":
            return {"score": line["name"], line["op"] or "at_least": _number(line["value"])}
        case "rfm":
            return {"rfm": [line["name"]]}
        case "not_segment":
            return {"not": {"segment": line["name"]}}
        case _:
            return {"segment": line["name"]}


def _deed(line: Line) -> JsonObject:
    leaf: JsonObject = {"event": line["event"]}
    if line["days"]:
        leaf["days"] = _whole(line["days"], 0)
    if line["property"] and line["said"]:
        leaf["where"] = {line["property"]: line["said"]}
    if line.what == "not_did":
        return {**leaf, "never": True}
    return {**leaf, "at_least": _whole(line["times"], 1)}


def _attribute(line: Line) -> JsonObject:
    name, op, said = line["attribute"], line["op"] or "is", line["value"]
    if op in ("known", "unknown"):
        return {"attribute": name, "known": op == "known"}
    if op == "one_of":
        return {"attribute": name, "one_of": [_said(each.strip()) for each in said.split(",")]}
    if op == "is_not":
        return {"not": {"attribute": name, "is": _said(said)}}
    return {"attribute": name, op: _said(said)}


def _line(part: JsonObject) -> Line | None:
    inner = part.get("not")
    if isinstance(inner, dict):
        if "segment" in inner:
            return Line("not_segment", {"name": str(inner["segment"])})
        if "attribute" in inner and "is" in inner:
            return Line("attribute", _written(inner, "is") | {"op": "is_not"})
        if "attribute" in inner and "known" in inner:
            return Line("attribute", {"attribute": str(inner["attribute"]), "op": "unknown"})
        return None
    if "attribute" in part:
        op = next(key for key in part if key != "attribute")
        return Line("attribute", _written(part, op))
    if "event" in part:
        return _deed_line(part)
    for key in ("consent", "segment"):
        if key in part:
            return Line(key, {"name": str(part[key])})
    if "score" in part:
        op = next(key for key in part if key != "score")
        return Line("score", {"name": str(part["score"]), "op": op, "value": f"{part[op]:g}"})
    cells = part.get("rfm")
    return (
        Line("rfm", {"name": str(cells[0])})
        if isinstance(cells, list) and len(cells) == 1
        else None
    )


def _deed_line(part: JsonObject) -> Line | None:
    where = part.get("where", {})
    if not isinstance(where, dict) or len(where) > 1 or "at_most" in part:
        return None
    fields = {"event": str(part["event"])}
    if "of_last" in part:
        more = {"times": str(part["at_least"]), "of": str(part["of_last"])}
        return Line("last", fields | more)
    for key, said in where.items():
        fields |= {"property": key, "said": str(said)}
    if "days" in part:
        fields["days"] = str(part["days"])
    if part.get("never"):
        return Line("not_did", fields)
    return Line("did", fields | {"times": str(part["at_least"])})


def _written(leaf: JsonObject, op: str) -> dict[str, str]:
    said = leaf[op]
    shown = ", ".join(map(str, said)) if isinstance(said, list) else str(said)
    return {"attribute": str(leaf["attribute"]), "op": op, "value": shown}


def _said(written: str) -> object:
    """A number where it looks like one."""
    number = _number(written)
    return number if isinstance(number, int | float) else written


def _number(written: str) -> object:
    try:
        found = float(written.replace(",", "."))
    except ValueError:
        return written
    return int(found) if found.is_integer() and abs(found) < 1e15 else found


def _whole(written: str, otherwise: int) -> object:
    if not written:
        return otherwise
    return int(written) if written.isdecimal() and len(written) < 10 else written
