"""What every marketing mail must carry: a way out and the sender's postal address.

A template may place `{{ unsubscribe_url }}`, `{{ preferences_url }}` and `{{ postal_address }}`
itself. What it does not
show in every case (outside conditions, loops and comments) a standard footer adds; without a
postal address nothing is compiled.
"""

import re

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.content.compile.markup import Piece, before_end, cut

_BLOCKS = frozenset(("if", "unless", "case", "for", "capture", "ifchanged"))
_STYLE = "margin:24px 0;font:12px/1.5 Arial,sans-serif;color:#666666;text-align:center"
_HTML = {
    "postal_address": "{{ postal_address | newline_to_br }}",
    "unsubscribe_url": '<a href="{{ unsubscribe_url }}" style="color:#666666">Unsubscribe</a> · '
    '<a href="{{ preferences_url }}" style="color:#666666">Your choices</a>',
}
_TEXT = {
    "postal_address": "{{ postal_address }}",
    "unsubscribe_url": "Unsubscribe: {{ unsubscribe_url }}\nYour choices: {{ preferences_url }}",
}


def require_postal_address(postal_address: str) -> None:
    if not postal_address.strip():
        message = "The sender has no postal address; commercial mail must show one."
        raise InvalidInput(message, field="postal_address")


def with_html_footer(source: str, postal_address: str) -> str:
    missing = [_HTML[name] for name in missing_parts(source, postal_address)]
    if not missing:
        return source
    return before_end(source, f'<div style="{_STYLE}">{"<br>".join(missing)}</div>')


def with_text_footer(source: str, postal_address: str) -> str:
    missing = [_TEXT[name] for name in missing_parts(source, postal_address)]
    return source.rstrip() + "\n\n--\n" + "\n".join(missing) + "\n" if missing else source


def missing_parts(source: str, postal_address: str) -> list[str]:
    """Of `postal_address` and `unsubscribe_url`, those that some recipient would not see."""
    shown = _always_shown(source)
    address_written = postal_address.strip() in shown
    return [
        name
        for name in ("postal_address", "unsubscribe_url")
        if not re.search(rf"\{{\{{-?\s*{name}\b", shown)
        and not (name == "postal_address" and address_written)
    ]


def _always_shown(source: str) -> str:
    depth, shown = 0, []
    for piece in cut(source):
        tag = piece.liquid_tag if piece.kind == "liquid" else ""
        depth += (tag in _BLOCKS) - (tag.removeprefix("end") in _BLOCKS and tag[:3] == "end")
        if depth == 0:
            shown.append(_visible(piece))
    return "".join(shown)


def _visible(piece: Piece) -> str:
    if piece.kind in ("text", "liquid"):
        return "" if piece.liquid_tag else piece.source
    href = piece.get("href") if piece.kind == "open" and piece.name == "a" else None
    return href.value if href else ""
