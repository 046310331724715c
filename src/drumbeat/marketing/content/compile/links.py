"""Which links are tracked, under which number, and where a click on one may lead.

An http(s) address becomes `{public_url}/c/{number}/{token}`; its target stays in the mailing's own
table, so nobody can forge a redirect. Targets may hold Liquid after a fixed host; then the click
fills them in (`resolve_target`), never the host. mailto:, tel:, #anchors and unsubscribe links
stay as they are.
"""

import html
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from liquid.template import BoundTemplate

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.content.compile.language import parse, plain, render
from drumbeat.marketing.content.compile.markup import Piece, cut, liquid_parts
from drumbeat.marketing.content.compile.model import LinkTable

TOKEN = "\ue000token\ue001"
"""Stands for the recipient's token in a compiled template; no template language can reach it."""

_HOST = re.compile(r"https?://[\w.-]+(:\d{1,5})?(?=[/?#]|$)", re.IGNORECASE)
# RFC 3986; "%" stays, because the author encoded what needed it.
_URL_CHARACTERS = "!#$%&'()*+,/:;=?@[]~-._"
_OWN_PAGE = re.compile("unsubscribe_url|preferences_url")
_UNTRACKED = re.compile(r"(mailto|tel|sms|cid|data):|#|$", re.IGNORECASE)
_CONTACT_VALUE = re.compile(r"\{\{-?\s*(?:contact\.)?(\w+)\s*(?:\|[^}]*)?-?\}\}")


def track(source: str, public_url: str, table: LinkTable, own_names: frozenset[str]) -> str:
    """The HTML with its links numbered in `table`; `own_names` are set inside the template."""

    def rewritten(piece: Piece) -> str:
        if piece.kind == "comment" and piece.source.startswith("<!--[if"):
            # Outlook's buttons live in conditional comments: <v:roundrect href="…">.
            inner = track(piece.source[4:-3], public_url, table, own_names)
            return f"<!--{inner}-->"
        href = piece.get("href") if piece.kind == "open" and _is_link(piece) else None
        if href is None:
            return piece.source
        number = _number(html.unescape(href.value).strip(), table, own_names)
        if number is None:
            return piece.source
        return piece.with_value(href, f"{public_url}/c/{number}/{TOKEN}")

    return "".join(map(rewritten, cut(source)))


def resolve_target(target: str, fields: Mapping[str, Any]) -> str:
    """Where a click goes: `target` itself, its Liquid filled in as in the mail.

    Raises InvalidInput(field="link") if the filled-in address would leave the target's host.
    """
    if "{" not in target:
        return target
    values = {str(key): plain(value) for key, value in fields.items()}
    address = render(_template(target), values | {"contact": values}, field="link")
    # Line breaks, spaces, backslashes and whatever is not ASCII leave percent-encoded.
    address = quote(address.strip(), safe=_URL_CHARACTERS)
    host, filled = _HOST.match(target), _HOST.match(address)
    if not host or not filled or host[0] != filled[0]:
        raise InvalidInput("The link would leave its own site.", field="link")
    return address


@lru_cache(maxsize=1024)
def _template(target: str) -> BoundTemplate:
    return parse(target, field="link")


def _is_link(piece: Piece) -> bool:
    return piece.name in ("a", "area") or piece.name.startswith("v:")


def _number(href: str, table: LinkTable, own_names: frozenset[str]) -> int | None:
    if _UNTRACKED.match(href) or _OWN_PAGE.search(href):
        return None
    if not _HOST.match(href):
        table.warn(f"The link {href[:80]!r} is not tracked: it has no fixed http(s) host.")
        return None
    if not all(_from_contact(part, own_names) for part in liquid_parts(href)):
        table.warn(f"The link {href[:80]!r} is not tracked: a click could not fill it in again.")
        return None
    return table.number(href)


def _from_contact(part: str, own_names: frozenset[str]) -> bool:
    """Whether a click, knowing only the contact, can fill this part in as the mail did."""
    words = re.findall(r"[A-Za-z_]\w*", part)
    return _CONTACT_VALUE.fullmatch(part) is not None and own_names.isdisjoint(words)
