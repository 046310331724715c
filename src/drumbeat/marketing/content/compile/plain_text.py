"""What the text part says when nobody wrote one: the HTML's words, its Liquid left in place.

Blocks become lines, list items get a dash, a link becomes `label (url)`, an image its alternative
text. It works on pieces of source, so conditions and loops keep their place and the text part is
a template of its own.
"""

import html
import re

from drumbeat.marketing.content.compile.markup import Piece, cut, liquid_parts

_PARAGRAPHS = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "hr"))
_LINES = frozenset(("br", "div", "tr", "li", "section", "article", "footer", "center", "body"))
_CELLS = frozenset(("td", "th"))
_SPACE = re.compile(r"[ \t\r\n\f\u200b\u200c\u00ad\ufeff]+")


def text_of(source: str) -> str:
    """A Liquid template of plain text; `source` is HTML whose links are final."""
    writer = _Writer()
    for piece in cut(source):
        writer.write(piece)
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(writer.parts))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


class _Writer:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self.links: list[tuple[str, int]] = []
        self.in_head = False

    def write(self, piece: Piece) -> None:
        if piece.kind == "text":
            self._say(piece.source)
        elif piece.kind == "liquid":
            self.parts.append(piece.source)
        elif piece.kind == "comment":
            # A condition may open in one comment and close in another.
            self.parts += [part for part in liquid_parts(piece.source) if part.startswith("{%")]
        elif piece.kind == "open":
            self._open(piece)
        elif piece.kind == "close":
            self._close(piece)

    def _say(self, source: str) -> None:
        if not self.in_head:
            said = _SPACE.sub(" ", _without_liquid_marks(html.unescape(source)))
            self.parts.append(said.lstrip() if self._newlines() else said)

    def _open(self, piece: Piece) -> None:
        self._break(piece.name)
        if piece.name == "head":
            self.in_head = True
        elif piece.name in _CELLS:
            self._say(" ")
        elif piece.name == "li":
            self.parts.append("- ")
        elif piece.name == "img" and (alt := piece.get("alt")):
            for inner in cut(alt.value):
                self.write(inner)
        elif piece.name == "a":
            href = piece.get("href")
            target = html.unescape(href.value).strip() if href else ""
            self.links.append((target, len(self.parts)))

    def _close(self, piece: Piece) -> None:
        self._break(piece.name)
        if piece.name == "head":
            self.in_head = False
        elif piece.name == "a" and self.links:
            target, start = self.links.pop()
            label = "".join(self.parts[start:]).strip()
            if target and not target.startswith("#") and label != target:
                self.parts.append(f" ({target})" if label else target)

    def _break(self, name: str) -> None:
        wanted = 2 if name in _PARAGRAPHS else 1 if name in _LINES else 0
        self.parts.append("\n" * (wanted - self._newlines()))

    def _newlines(self) -> int:
        """Line breaks at the end so far; Liquid tags print nothing and are looked through."""
        count = 0
        for part in reversed(self.parts):
            if part.startswith("{%") or not part:
                continue
            bare = part.rstrip("\n")
            count += len(part) - len(bare)
            if bare:
                return count
        return 2


def _without_liquid_marks(text: str) -> str:
    """`&#123;&#123;` was text in the HTML and must not become Liquid here."""
    return text.replace("{{", "{ {").replace("{%", "{ %")
