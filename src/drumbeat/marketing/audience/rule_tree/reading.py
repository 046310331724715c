"""A rule from JSON: what is not understood is refused with its place and the nearest name."""

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import NoReturn, TypeVar

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.audience.rule_tree.tree import (
    ANSWERS,
    ORDERED,
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
    Op,
    Permit,
    Rule,
    Score,
    Scored,
    Value,
)

MOST_LEAVES = 100
DEEPEST = 12
MOST_TEXT = 200
MOST_VALUES = 1_000
MOST_TIMES = 1_000_000
LONGEST_DAYS = 36_500

EVENT_WORDS = {
    **{event.value: event for event in Event},
    "bought": Event.PURCHASED,
    "purchase": Event.PURCHASED,
    "ordered": Event.PURCHASED,
    "open": Event.OPENED,
    "click": Event.CLICKED,
    "reply": Event.REPLIED,
    "view": Event.VIEWED,
    "visited": Event.VIEWED,
    "complaint": Event.COMPLAINED,
}
KINDS = ("all", "any", "not", "attribute", "consent", "event", "score", "rfm", "segment")
OP_KEYS = tuple(op.value for op in Op)
EVENT_KEYS = ("event", "at_least", "at_most", "never", "days", "where", "of_last")

Choice = TypeVar("Choice")
Json = Mapping[str, object]


def read_rule(given: object, at: str = "rule") -> Rule:
    """The rule that a JSON value is. Raises InvalidInput whose `field` is the place in the tree."""
    reader = _Reader()
    return reader.rule(given, at, 0)


def refuse(at: str, message: str) -> NoReturn:
    raise InvalidInput(f"{at}: {message}", field=at)


def nearest(name: str, known: Collection[str]) -> str:
    """What to say of an unknown name: the nearest ones, else those there are."""
    plain = {each.casefold(): each for each in known}
    near = get_close_matches(name.casefold(), list(plain), n=2, cutoff=0.55)
    if near:
        return f"Did you mean {' or '.join(repr(plain[each]) for each in near)}?"
    if not known:
        return "There is none yet."
    return f"There are: {', '.join(sorted(known)[:12])}."


class _Reader:
    def __init__(self) -> None:
        self._leaves = 0

    def rule(self, given: object, at: str, depth: int) -> Rule:
        if not isinstance(given, dict):
            refuse(at, f"a rule is an object with one of {', '.join(KINDS)}.")
        if depth > DEEPEST:
            refuse(at, f"rules lie at most {DEEPEST} deep in each other.")
        kinds = [key for key in KINDS if key in given]
        if len(kinds) != 1:
            self._no_kind(given, kinds, at)
        kind = kinds[0]
        if kind in ("all", "any"):
            _only(given, (kind,), at)
            parts = self._several(given[kind], f"{at}.{kind}", depth)
            return All(parts) if kind == "all" else AnyOf(parts)
        if kind == "not":
            _only(given, (kind,), at)
            return Not(self.rule(given[kind], f"{at}.not", depth + 1))
        self._leaves += 1
        if self._leaves > MOST_LEAVES:
            refuse(at, f"a rule asks at most {MOST_LEAVES} questions.")
        return _LEAVES[kind](given, at)

    def _several(self, given: object, at: str, depth: int) -> tuple[Rule, ...]:
        if not isinstance(given, list) or not given:
            refuse(at, "a list of at least one rule is needed.")
        return tuple(
            self.rule(each, f"{at}[{place}]", depth + 1) for place, each in enumerate(given)
        )

    def _no_kind(self, given: Json, kinds: list[str], at: str) -> NoReturn:
        if kinds:
            refuse(at, f"{' and '.join(kinds)} cannot stand in one rule; join them by all or any.")
        for key in given:
            refuse(f"{at}.{str(key)[:40]}", f"no rule has this. {nearest(str(key), KINDS)}")
        refuse(at, f"this rule is empty; it needs one of {', '.join(KINDS)}.")


def _attribute(given: Json, at: str) -> Rule:
    name = _text(given, "attribute", at)
    op = _op(given, OP_KEYS, at)
    _only(given, ("attribute", op.value), at)
    value = given[op.value]
    place = f"{at}.{op.value}"
    if op is Op.KNOWN:
        if not isinstance(value, bool):
            refuse(place, "say true or false.")
        leaf = HasAttribute(name, Op.KNOWN)
        return leaf if value else Not(leaf)
    if op is not Op.ONE_OF:
        return HasAttribute(name, op, (_value(value, place, op),))
    if not isinstance(value, list) or not 0 < len(value) <= MOST_VALUES:
        refuse(place, f"a list of 1 to {MOST_VALUES:,} values is needed.")
    return HasAttribute(
        name, op, tuple(_value(each, f"{place}[{n}]", op) for n, each in enumerate(value))
    )


def _consent(given: Json, at: str) -> Rule:
    _only(given, ("consent",), at)
    words = {permit.value: permit for permit in Permit}
    return Allows(_choice(given["consent"], words, f"{at}.consent"))


def _event(given: Json, at: str) -> Rule:
    _only(given, EVENT_KEYS, at)
    event = _choice(given["event"], EVENT_WORDS, f"{at}.event")
    if "of_last" in given:
        return _of_last(given, event, at)
    days = _whole(given, "days", at, 1, LONGEST_DAYS)
    where = _where(given.get("where", {}), f"{at}.where")
    if "never" in given:
        if given["never"] is not True or "at_least" in given or "at_most" in given:
            refuse(f"{at}.never", "say true, and neither at_least nor at_most beside it.")
        return Did(event, 0, 0, days, where)
    most = _whole(given, "at_most", at, 0, MOST_TIMES)
    least = _whole(given, "at_least", at, 0, MOST_TIMES)
    if least is None:
        least = 1 if most is None else 0
    if most is not None and most < least:
        refuse(f"{at}.at_most", f"{most} is less than at_least {least}: this holds for nobody.")
    return Did(event, least, most, days, where)


def _of_last(given: Json, event: Event, at: str) -> Rule:
    _only(given, ("event", "at_least", "of_last"), at)
    if event not in ANSWERS:
        allowed = ", ".join(each.value for each in ANSWERS)
        refuse(f"{at}.event", f"of_last goes with {allowed}: what people do with a mail.")
    last = _whole(given, "of_last", at, 1, 100) or 1
    least = _whole(given, "at_least", at, 1, last)
    return OfLast(event, 1 if least is None else least, last)


def _score(given: Json, at: str) -> Rule:
    score = _choice(given["score"], {each.value: each for each in Score}, f"{at}.score")
    op = _op(given, tuple(each.value for each in ORDERED), at)
    _only(given, ("score", op.value), at)
    value = given[op.value]
    if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
        refuse(f"{at}.{op.value}", "a number is needed.")
    return Scored(score, op, float(value))


def _rfm(given: Json, at: str) -> Rule:
    _only(given, ("rfm",), at)
    found = given["rfm"]
    cells = found if isinstance(found, list) else [found]
    if not 0 < len(cells) <= MOST_VALUES or not all(isinstance(cell, str) for cell in cells):
        refuse(f"{at}.rfm", 'name cells such as "545" or RFM segments such as "Champions".')
    return InCell(tuple(str(cell) for cell in cells))


def _segment(given: Json, at: str) -> Rule:
    _only(given, ("segment",), at)
    return InSegment(_text(given, "segment", at))


_LEAVES: Mapping[str, Callable[[Json, str], Rule]] = {
    "attribute": _attribute,
    "consent": _consent,
    "event": _event,
    "score": _score,
    "rfm": _rfm,
    "segment": _segment,
}


def _only(given: Json, keys: Collection[str], at: str) -> None:
    for key in given:
        if key not in keys:
            said = nearest(str(key), [each for each in keys if each not in given] or keys)
            refuse(f"{at}.{str(key)[:40]}", f"this has no place here. {said}")


def _op(given: Json, ops: Collection[str], at: str) -> Op:
    found = [key for key in given if key in ops]
    if len(found) != 1:
        wrong = [key for key in given if key not in (*ops, "attribute", "score")]
        for key in wrong:
            refuse(f"{at}.{str(key)[:40]}", f"no comparison. {nearest(str(key), ops)}")
        refuse(at, f"exactly one comparison is needed, of {', '.join(ops)}.")
    return Op(found[0])


def _choice(given: object, words: Mapping[str, Choice], at: str) -> Choice:
    if not isinstance(given, str):
        refuse(at, f"a word is needed. {nearest('', words)}")
    found = words.get(given.strip().casefold().replace(" ", "_").replace("-", "_"))
    if found is None:
        refuse(at, f"{given[:40]!r} is not known. {nearest(given, words)}")
    return found


def _text(given: Json, key: str, at: str) -> str:
    text = given[key]
    if not isinstance(text, str) or not text.strip() or len(text) > MOST_TEXT or "\0" in text:
        refuse(f"{at}.{key}", f"a name of 1 to {MOST_TEXT} letters is needed.")
    return text.strip()


def _value(given: object, at: str, op: Op) -> Value:
    if isinstance(given, str) and given.strip() and len(given) <= MOST_TEXT and "\0" not in given:
        return given.strip()
    if isinstance(given, bool) and op in (Op.IS, Op.ONE_OF):
        return given
    if isinstance(given, int | float) and not isinstance(given, bool) and _finite(given):
        return given
    refuse(at, "a text of 1 to 200 letters or a number is needed.")


def _whole(given: Json, key: str, at: str, least: int, most: int) -> int | None:
    if key not in given:
        return None
    number = given[key]
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
        refuse(f"{at}.{key}", f"a whole number from {least} to {most:,} is needed.")
    return number


def _where(given: object, at: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(given, dict) or len(given) > 5:
        refuse(at, 'up to five properties of the event are needed, as {"category": "shoes"}.')
    for key, value in given.items():
        if not isinstance(value, str) or not value.strip() or len(value) > MOST_TEXT or not key:
            refuse(f"{at}.{str(key)[:40]}", "a text of 1 to 200 letters is needed.")
    return tuple(sorted((str(key), value.strip()) for key, value in given.items()))


def _finite(value: float) -> bool:
    return abs(value) < 1e300
