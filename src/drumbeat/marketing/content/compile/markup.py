"""HTML that still holds Liquid, cut into pieces without ever being parsed into a tree.

A tree builder moves what stands between `<table>` and `<tr>`, closes what a branch leaves open and
drops repeated attributes, so it destroys templates. Here the pieces joined are the source again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Kind = Literal["text", "liquid", "comment", "hidden", "open", "close"]

# Atomic groups and possessive repeats: an unclosed quote costs one pass, not a power of two.
_LIQUID = r"\{\{.*?\}\}|\{%.*?%\}"
_QUOTED = rf'"(?>{_LIQUID}|[^"])*+"|' rf"'(?>{_LIQUID}|[^'])*+'"
_BLOCK = r"\{%-?\s*(raw|comment|doc)\b.*?%\}.*?\{%-?\s*end(?:raw|comment|doc)\s*-?%\}"
_HIDDEN = rf"<(?P<hidden>style|script|title|textarea)\b(?>{_QUOTED}|[^>\"'])*+>.*?</(?P=hidden)\s*>"
_TAG = rf"<(?P<slash>/?)(?P<name>[a-zA-Z][\w:-]*)(?>{_LIQUID}|{_QUOTED}|[^>\"'])*+>"
_PIECE = re.compile(
    rf"(?P<liquid>{_BLOCK}|{_LIQUID})|(?P<comment><!--.*?-->|<![^>]*>)|{_HIDDEN}|{_TAG}",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    rf"(?P<name>[^\s=>\"'/{{}}]+)\s*=\s*(?P<value>{_QUOTED}|(?>{_LIQUID}|[^\s\"'>])++)", re.DOTALL
)
_TAG_NAME = re.compile(r"\{%-?\s*(\w+)")


@dataclass(frozen=True, slots=True)
class Attribute:
    """`start` and `end` span name and value in the piece; `value` has lost its quotes."""

    name: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Piece:
    """`hidden` is a whole style, script, title or textarea; `name` is its or the tag's name."""

    kind: Kind
    source: str
    name: str = ""

    @cached_property
    def attributes(self) -> tuple[Attribute, ...]:
        end = self.source.index(">") + 1 if self.kind == "hidden" else len(self.source)
        return tuple(
            Attribute(m["name"].lower(), _unquoted(m["value"]), m.start(), m.end())
            for m in _ATTRIBUTE.finditer(self.source, 1 + len(self.name), end)
        )

    def get(self, name: str) -> Attribute | None:
        return next((a for a in self.attributes if a.name == name), None)

    @cached_property
    def settled(self) -> tuple[Attribute, ...]:
        """The attributes before any Liquid of the tag itself: no condition drops them."""
        spans = [(a.start, a.end) for a in self.attributes]
        loose = [
            m.start()
            for m in re.finditer(_LIQUID, self.source, re.DOTALL)
            if not any(start <= m.start() < end for start, end in spans)
        ]
        return tuple(a for a in self.attributes if not loose or a.end <= loose[0])

    def with_value(self, attribute: Attribute, value: str) -> str:
        """The source with another value, in double quotes; `value` is HTML-escaped already."""
        fresh = f'{attribute.name}="{value}"'
        return self.source[: attribute.start] + fresh + self.source[attribute.end :]

    @property
    def liquid_tag(self) -> str:
        """`if` of `{% if x %}`; empty for an output."""
        found = _TAG_NAME.match(self.source)
        return found[1] if found else ""


def cut(source: str) -> Iterator[Piece]:
    """All pieces in order; joined they are `source`."""
    end = 0
    for match in _PIECE.finditer(source):
        if match.start() > end:
            yield Piece("text", source[end : match.start()])
        end = match.end()
        yield _piece(match)
    if end < len(source):
        yield Piece("text", source[end:])


def _piece(match: re.Match[str]) -> Piece:
    whole = match[0]
    if match["liquid"]:
        return Piece("liquid", whole)
    if match["comment"]:
        return Piece("comment", whole)
    if match["hidden"]:
        return Piece("hidden", whole, match["hidden"].lower())
    return Piece("close" if match["slash"] else "open", whole, match["name"].lower())


def before_end(source: str, addition: str) -> str:
    """`source` with `addition` before its last `</body>`, or `</html>`, or at its end."""
    pieces = list(cut(source))
    for name in ("body", "html"):
        for index in range(len(pieces) - 1, -1, -1):
            if pieces[index].kind == "close" and pieces[index].name == name:
                pieces.insert(index, Piece("text", addition))
                return "".join(piece.source for piece in pieces)
    return source + addition


def liquid_parts(source: str) -> list[str]:
    """The Liquid tags and outputs in `source`, as written."""
    return re.findall(_LIQUID, source, re.DOTALL)


def _unquoted(value: str) -> str:
    return value[1:-1] if value[:1] in "\"'" else value
