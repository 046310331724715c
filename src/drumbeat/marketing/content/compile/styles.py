"""Style sheets become style attributes once a mailing, because many mail programs drop them.

Only the computed styles are taken from css-inline and set into the source as it stands: it works
on a shadow of the HTML without Liquid, whose elements carry numbers. So no condition, loop or
attribute of the template can be lost. Rules that cannot be inlined (media queries, :hover) stay.
"""

import html
import re

import css_inline
from selectolax.lexbor import LexborHTMLParser

from drumbeat.marketing.content.compile.markup import Piece, cut, liquid_parts
from drumbeat.marketing.content.compile.model import LinkTable

_NUMBER = "data-drumbeat-number"
_MARK = re.compile(r"drumbeat-liquid-(\d+)-")
_LINKED = re.compile(r"<link\b[^>]*\bstylesheet\b", re.IGNORECASE)


def with_inline_styles(source: str, table: LinkTable) -> str:
    """The HTML with its `<style>` rules as attributes; problems are told to `table`."""
    pieces = list(cut(source))
    if _LINKED.search(source):
        table.warn("A linked style sheet is not read: put its rules in a <style> element.")
    if not any(_is_sheet(piece) for piece in pieces):
        return source
    marks: list[str] = []
    shadow = "".join(_shadow(piece, number, marks) for number, piece in enumerate(pieces))
    try:
        inlined = css_inline.inline(
            shadow,
            keep_style_tags=True,
            # A class that Liquid decides needs its rule at the reader's.
            remove_inlined_selectors=not any(map(_has_liquid_class, pieces)),
            load_remote_stylesheets=False,
        )
    except ValueError as error:
        table.warn(f"The style sheet could not be inlined: {str(error)[:120]}.")
        return source
    styles, sheets = _read(inlined)
    return "".join(
        _styled(piece, styles.get(str(number)), sheets, marks)
        for number, piece in enumerate(pieces)
    )


def _is_sheet(piece: Piece) -> bool:
    return piece.kind == "hidden" and piece.name == "style" and not liquid_parts(piece.source)


def _has_liquid_class(piece: Piece) -> bool:
    return piece.kind == "open" and (
        len(piece.settled) < len(piece.attributes)
        or any(a.name in ("class", "id") and liquid_parts(a.value) for a in piece.attributes)
    )


def _shadow(piece: Piece, number: int, marks: list[str]) -> str:
    """What css-inline sees: style sheets, and tags with plain attributes and a number."""
    if _is_sheet(piece):
        return piece.source
    if piece.kind == "close":
        return f"</{piece.name}>"
    if piece.kind == "open":
        closing = "/" if piece.source.endswith("/>") else ""
        return f'<{piece.name}{_attributes(piece, marks)} {_NUMBER}="{number}"{closing}>'
    # Text matters for `:empty`; Liquid will most often print something.
    return "x" if piece.kind == "liquid" or piece.source.strip() else " "


def _attributes(piece: Piece, marks: list[str]) -> str:
    written = []
    for attribute in piece.settled:
        value = attribute.value
        for part in liquid_parts(value):
            marks.append(part)
            value = value.replace(part, f"drumbeat-liquid-{len(marks) - 1}-", 1)
        quoted = html.escape(html.unescape(value))
        written.append(f' {attribute.name}="{quoted}"')
    return "".join(written)


def _read(inlined: str) -> tuple[dict[str, str], list[str]]:
    """Style by element number, and what is left of each style sheet, in order."""
    tree = LexborHTMLParser(inlined)
    styles: dict[str, str] = {}
    for node in tree.css(f"[{_NUMBER}][style]"):
        # The parser may have cloned a misplaced element: the first is where it was written.
        styles.setdefault(node.attributes[_NUMBER] or "", node.attributes["style"] or "")
    return styles, [node.text() for node in tree.css("style")]


def _styled(piece: Piece, style: str | None, sheets: list[str], marks: list[str]) -> str:
    if _is_sheet(piece):
        left = sheets.pop(0).strip() if sheets else ""
        start = piece.source[: piece.source.index(">") + 1]
        return f"{start}\n{left}\n</style>" if left else ""
    if piece.kind != "open" or not style:
        return piece.source
    value = _MARK.sub(lambda mark: marks[int(mark[1])], html.escape(style, quote=False))
    value = value.replace('"', "&quot;") if not liquid_parts(value) else _quoted(value)
    written = piece.get("style")
    if written:
        # A style that a condition of the tag may drop is the author's affair.
        return piece.with_value(written, value) if written in piece.settled else piece.source
    end = 1 + len(piece.name)
    return f'{piece.source[:end]} style="{value}"{piece.source[end:]}'


def _quoted(value: str) -> str:
    """Escape double quotes outside Liquid; inside they belong to the template."""
    pieces = re.split(r"(\{\{.*?\}\}|\{%.*?%\})", value, flags=re.DOTALL)
    return "".join(p if p.startswith("{") else p.replace('"', "&quot;") for p in pieces)
