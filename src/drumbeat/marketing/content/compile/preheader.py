"""What an inbox shows behind the subject: the first words of the HTML, seen nowhere in the mail.

It is written as plain text, so what stands outside its Liquid is escaped. Invisible filler after it
keeps the mail's own first words out of the inbox; the text part goes without.
"""

import html
import re

from drumbeat.marketing.content.compile.markup import Piece, cut

_STYLE = "display:none;max-height:0;overflow:hidden;mso-hide:all;font-size:1px;line-height:1px"
_FILLER = "&#847;&zwnj;&nbsp;" * 40
_LIQUID = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)


def with_preheader(source: str, preheader: str) -> str:
    """`source` with the preheader as the first thing in its body; no line is added to it."""
    shown = f'<div style="{_STYLE}">{_escaped(preheader)}{_FILLER}</div>'
    pieces = list(cut(source))
    pieces.insert(_start(pieces), Piece("text", shown))
    return "".join(piece.source for piece in pieces)


def _start(pieces: list[Piece]) -> int:
    """Behind the tag that opens the body, or the end of the head, or whatever comes before both."""
    for tag in (("open", "body"), ("close", "head"), ("open", "html")):
        for at, piece in enumerate(pieces):
            if (piece.kind, piece.name) == tag:
                return at + 1
    return 1 if pieces and pieces[0].source[:2] == "<!" else 0


def _escaped(preheader: str) -> str:
    pieces = _LIQUID.split(preheader)
    return "".join(each if at % 2 else html.escape(each) for at, each in enumerate(pieces))
