"""A rule in one line: `country = DE and clicked >= 3 in 30d and not bought`.

    attribute   country = DE · age >= 18 · city contains burg · plan in (pro, team) · phone known
    event       clicked >= 3 in 30d · bought with category = shoes · never bought
                opened 2 of last 5
    the rest    subscribed · score engagement >= 0.7 · rfm Champions · segment "Lapsed buyers"

joined by and, or, not and parentheses. What has more than letters in it stands in quotes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience.rule_tree.reading import DEEPEST, EVENT_WORDS, read_rule
from drumbeat.marketing.audience.rule_tree.tree import Permit, Rule

LONGEST = 4_000
_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"[^"]*"|'[^']*')|(?P<sign>>=|<=|!=|[=<>(),])|(?P<word>[^\s=<>!(),"']+))"""
)
_SIGNS = {">=": "at_least", "<=": "at_most", ">": "above", "<": "below", "=": "is", "!=": "is"}
_DAYS = re.compile(r"(\d{1,5})(d|days|w|weeks)?")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def parse_rule(text: str) -> Rule:
    """Raises InvalidInput for `rule`, saying at which word it was not understood."""
    if len(text) > LONGEST:
        raise InvalidInput(f"A rule in words has at most {LONGEST:,} letters.", field="rule")
    return read_rule(_Parser(_tokens(text)).whole())


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    at: int
    quoted: bool = False

    def is_(self, *words: str) -> bool:
        return not self.quoted and self.text.casefold() in words


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise InvalidInput(f"Not understood at {text[at:].strip()[:20]!r}.", field="rule")
        quoted = match["quoted"]
        plain = quoted[1:-1] if quoted else match["sign"] or match["word"]
        found.append(_Token(plain, match.end(), quoted is not None))
        at = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0

    def whole(self) -> JsonObject:
        rule = self._any()
        if self._place < len(self._tokens):
            self._fail("and, or, or the end")
        return rule

    def _any(self) -> JsonObject:
        return self._joined("or", "any")

    def _joined(self, word: str, key: str) -> JsonObject:
        def part() -> JsonObject:
            return self._joined("and", "all") if word == "or" else self._one()

        parts = [part()]
        while self._take(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else {key: parts}

    def _one(self) -> JsonObject:
        if self._take("not"):
            self._depth += 1
            if self._depth > DEEPEST:
                self._fail("fewer rules within each other")
            inner: JsonObject = {"not": self._one()}
            self._depth -= 1
            return inner
        if self._take("("):
            self._depth += 1
            if self._depth > DEEPEST:
                self._fail("fewer rules within each other")
            rule = self._any()
            self._need(")")
            self._depth -= 1
            return rule
        return self._leaf()

    def _leaf(self) -> JsonObject:
        first = self._next("a question")
        word = first.text.casefold()
        if first.quoted:
            return self._attribute(first.text)
        if word in EVENT_WORDS:
            return self._event(word, never=False)
        if self._peek("=", "!=", ">", "<", "contains", "starts", "known") and word != "rfm":
            return self._attribute(first.text)
        if word in _SPECIAL:
            return _SPECIAL[word](self)
        return {"consent": word} if word in set(Permit) else self._attribute(first.text)

    def _never(self) -> JsonObject:
        return self._event(self._next("an event").text, never=True)

    def _rfm(self) -> JsonObject:
        self._take("=", "in")
        return {"rfm": [str(cell) for cell in self._values()]}

    def _segment(self) -> JsonObject:
        return {"segment": self._next("a segment's name").text}

    def _attribute(self, name: str) -> JsonObject:
        if self._take("known"):
            return {"attribute": name, "known": True}
        if self._take("contains"):
            return {"attribute": name, "contains": self._next("a text").text}
        if self._take("starts"):
            self._take("with")
            return {"attribute": name, "starts_with": self._next("a text").text}
        if self._take("in"):
            return {"attribute": name, "one_of": self._values()}
        sign = self._next("a comparison: = != >= <= > < in, contains, starts with or known")
        if sign.quoted or sign.text not in _SIGNS:
            self._place -= 1
            self._fail(f"a comparison behind {name!r}")
        leaf: JsonObject = {"attribute": name, _SIGNS[sign.text]: self._value()}
        return {"not": leaf} if sign.text == "!=" else leaf

    def _event(self, word: str, *, never: bool) -> JsonObject:
        leaf: JsonObject = {"event": word}
        if never:
            leaf["never"] = True
        elif self._peek_number():
            leaf["at_least"] = self._whole("how often")
            self._need("of")
            self._take("last")
            leaf["of_last"] = self._whole("of how many")
            return leaf
        elif self._peek(">=", "<=", "=", ">", "<"):
            self._times(leaf)
        if self._take("with", "where"):
            leaf["where"] = self._where()
        if self._take("in"):
            leaf["days"] = self._days()
        return leaf

    def _times(self, leaf: JsonObject) -> None:
        sign = self._next("").text
        times = self._whole("how often")
        if self._take("of"):
            self._take("last")
            leaf["of_last"] = self._whole("of how many")
            leaf["at_least"] = times + (sign == ">")
            return
        if sign in (">=", ">", "="):
            leaf["at_least"] = times + (sign == ">")
        if sign in ("<=", "<", "="):
            leaf["at_most"] = times - (sign == "<")

    def _where(self) -> JsonObject:
        where: JsonObject = {}
        while True:
            key = self._next("a property").text
            self._need("=")
            where[key] = self._next("a text").text
            if not self._take(","):
                return where

    def _score(self) -> JsonObject:
        name = self._next("a score's name").text
        sign = self._next("a comparison: >= <= > <").text
        if sign not in (">=", "<=", ">", "<"):
            self._place -= 1
            self._fail("a comparison: >= <= > <")
        return {"score": name, _SIGNS[sign]: self._value()}

    def _values(self) -> list[object]:
        if not self._take("("):
            return [self._value()]
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._need(")")
        return values

    def _value(self) -> object:
        token = self._next("a value")
        if token.quoted or not _NUMBER.fullmatch(token.text):
            return token.text
        return float(token.text) if "." in token.text else int(token.text)

    def _days(self) -> int:
        token = self._next("a time such as 30d")
        found = _DAYS.fullmatch(token.text.casefold())
        if found is None:
            self._place -= 1
            self._fail("a time such as 30d or 4w")
        weeks = found[2] in ("w", "weeks") or (not found[2] and self._take("weeks", "week"))
        self._take("days", "day")
        return int(found[1]) * (7 if weeks else 1)

    def _whole(self, what: str) -> int:
        token = self._next(what)
        if token.quoted or not token.text.isdecimal() or len(token.text) > 9:
            self._place -= 1
            self._fail(f"a whole number ({what})")
        return int(token.text)

    def _peek_number(self) -> bool:
        rest = self._tokens[self._place : self._place + 1]
        return bool(rest) and not rest[0].quoted and rest[0].text.isdecimal()

    def _peek(self, *words: str) -> bool:
        return self._place < len(self._tokens) and self._tokens[self._place].is_(*words)

    def _take(self, *words: str) -> bool:
        if self._peek(*words):
            self._place += 1
            return True
        return False

    def _need(self, word: str) -> None:
        if not self._take(word):
            self._fail(repr(word))

    def _next(self, what: str) -> _Token:
        if self._place >= len(self._tokens):
            self._fail(what)
        self._place += 1
        return self._tokens[self._place - 1]

    def _fail(self, wanted: str) -> NoReturn:
        if self._place < len(self._tokens):
            found = f"at {self._tokens[self._place].text[:40]!r}"
        else:
            found = "at its end"
        message = f"The rule is not understood {found}: {wanted} was expected."
        raise InvalidInput(message, field="rule")


_SPECIAL: dict[str, Callable[[_Parser], JsonObject]] = {
    "never": _Parser._never,
    "score": _Parser._score,
    "rfm": _Parser._rfm,
    "segment": _Parser._segment,
}
