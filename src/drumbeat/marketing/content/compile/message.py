"""One recipient's message as bytes: multipart/alternative, quoted-printable, CRLF throughout.

Complete RFC 5322; no line begins with a dot, so it may be written to a mail server as it is. RFC
2369 and 8058 headers make unsubscribing one click; the Message-ID is the caller's, so that a
repeated delivery can be recognised.
"""

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, ClassVar

from liquid.template import BoundTemplate

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.content.compile import headers
from drumbeat.marketing.content.compile.guard import OUTPUT_SIZE
from drumbeat.marketing.content.compile.language import plain, render
from drumbeat.marketing.content.compile.links import TOKEN
from drumbeat.marketing.content.compile.program import REMEMBERED, Ink, Program

LINE = 76
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
SOFT_BREAK = b"=\r\n"
TOKEN_MARK = b"\0"
TOKEN_MARK_LINE = TOKEN_MARK + SOFT_BREAK
_PART = b"\r\nContent-Type: text/%b; charset=utf-8\r\n"
_PART += b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
_TEXT, _HTML = _PART % b"plain", _PART % b"html"
_PLAIN = (bool, int, float)
_TOKEN_FORM = re.compile(r"[A-Za-z0-9_-]{1,120}")


@dataclass(frozen=True)
class CompiledEmail:
    """One arm, ready to be filled in; the inside may change, `build` and `rendered` stay.

    `head` holds the header lines that are equal for all recipients, `boundary` the one string
    that quoted-printable cannot produce.
    """

    subject: BoundTemplate
    html: BoundTemplate
    text: BoundTemplate
    own_fields: Mapping[str, str]
    head: bytes
    boundary: bytes
    public_url: str
    postal_address: str
    unsubscribe_mailto: str = ""
    clean: ClassVar[bool] = True  # lines as SMTP wants them, by construction: `closed_lines`

    @cached_property
    def relaxed(self) -> bool:
        """Whether every message is in DKIM's relaxed form: no two spaces together, no tab.

        Values are written so that they are; of what the template itself says it is seen here.
        """
        self._html.compile()
        self._text.compile()
        return self._literals.relaxed

    def build(
        self, *, to: str, fields: Mapping[str, Any], token: str, message_id: str, date: datetime
    ) -> bytes:
        """The message for `to`. Raises InvalidInput when an address, id or value cannot be used,
        or when the template fails on these fields."""
        values = self._values(to, fields, token, date)
        mark = token.encode()
        subject = "".join(self._written(self._subject, values, "subject_line", token))
        head = _joined_head(
            _date_line(date.replace(microsecond=0)),
            b"To: " + headers.address_bytes(to, field="email") + b"\r\n",
            self._subject_line(subject.replace(TOKEN, token)),
            b"Message-ID: " + headers.identifier(message_id, field="message_id") + b"\r\n",
            self._unsubscribe(token),
            self.head,
        )
        text = self._written(self._text, values, "content_text", mark)
        html = self._written(self._html, values, "content_html", mark)
        # Joined once: a message is longer than what a processor keeps at hand for long.
        message = b"".join([head, self._opening, *text, self._between, *html, self._closing])
        if len(message) > OUTPUT_SIZE:
            self._refuse_too_long(values, text, html)
        # In what a tag rendered, or in a value that held the token's place; no header can.
        return message.replace(TOKEN_MARK, mark) if TOKEN_MARK in message else message

    def rendered(
        self, *, to: str, fields: Mapping[str, Any], token: str, date: datetime
    ) -> "RenderedEmail":
        """What the recipient will read, before it is encoded."""
        values = self._values(to, fields, token, date)
        return RenderedEmail(
            subject=render(self.subject, values, field="subject_line"),
            html=render(self.html, values, field="content_html").replace(TOKEN, token),
            text=render(self.text, values, field="content_text").replace(TOKEN, token),
        )

    def _values(
        self, to: str, fields: Mapping[str, Any], token: str, date: datetime
    ) -> dict[str, Any]:
        if not _TOKEN_FORM.fullmatch(token):
            raise InvalidInput(f"{token[:40]!r} is not a tracking token.", field="token")
        contact = {
            str(key): value
            if (type(value) is str and value.isascii()) or type(value) in _PLAIN
            else plain(value)
            for key, value in fields.items()
        }
        contact.setdefault("email", to)
        return {
            **contact,
            "contact": contact,
            **self.own_fields,
            "unsubscribe_url": f"{self.public_url}/u/{token}",
            "preferences_url": f"{self.public_url}/p/{token}",
            "postal_address": self.postal_address,
            "now": date,
            "today": date,
        }

    @cached_property
    def _subject(self) -> Program[str]:
        return Program(self.subject, str, TOKEN)

    @cached_property
    def _html(self) -> Program[bytes]:
        return Program(self.html, tight_lines, TOKEN_MARK, self._constants, self._literals)

    @cached_property
    def _text(self) -> Program[bytes]:
        return Program(self.text, tight_lines, TOKEN_MARK, self._constants, self._literals)

    @cached_property
    def _literals(self) -> "Literals":
        return Literals()

    @property
    def _constants(self) -> Mapping[str, str]:
        return {
            "unsubscribe_url": f"{self.public_url}/u/{TOKEN}",
            "preferences_url": f"{self.public_url}/p/{TOKEN}",
            "postal_address": self.postal_address,
        }

    @cached_property
    def _opening(self) -> bytes:
        return b"--" + self.boundary + _TEXT

    @cached_property
    def _between(self) -> bytes:
        return b"\r\n--" + self.boundary + _HTML

    @cached_property
    def _closing(self) -> bytes:
        return b"\r\n--" + self.boundary + b"--\r\n"

    @cached_property
    def _subject_lines(self) -> dict[str, bytes]:
        return {}

    def _subject_line(self, subject: str) -> bytes:
        """Encoded once for all who read the same."""
        known = self._subject_lines.get(subject)
        if known is None:
            if len(self._subject_lines) >= REMEMBERED:
                self._subject_lines.clear()
            known = self._subject_lines[subject] = headers.unstructured("Subject", subject)
        return known

    def _written(
        self, program: Program[Ink], values: dict[str, Any], field: str, token: Ink
    ) -> list[Ink]:
        """Raises InvalidInput(field) in the words that python-liquid has for it."""
        try:
            written = program.run(values, token)
        except Exception:  # python-liquid does it below, or refuses it in the author's words
            written = []
        if not written:
            return [program.encode(render(program.template, values, field=field))]
        return written

    def _refuse_too_long(
        self, values: dict[str, Any], text: list[bytes], html: list[bytes]
    ) -> None:
        """Raises InvalidInput if a part, unencoded too, is longer than Liquid would let it be."""
        if sum(map(len, text)) > OUTPUT_SIZE:
            render(self.text, values, field="content_text")
        if sum(map(len, html)) > OUTPUT_SIZE:
            render(self.html, values, field="content_html")

    def _unsubscribe(self, token: str) -> bytes:
        line = f"List-Unsubscribe: <{self.public_url}/u/{token}>"
        if self.unsubscribe_mailto:
            line += f",\r\n <mailto:{self.unsubscribe_mailto}?subject=unsubscribe-{token}>"
        return line.encode() + b"\r\n"


def _joined_head(*fields: bytes) -> bytes:
    """With the gap behind it. Raises InvalidInput for a header that would begin a line of its own:
    none of ours does."""
    head = b"".join((*fields, b"\r\n"))
    if not head.count(b"\r\n") == head.count(b"\n") == head.count(b"\r"):
        raise InvalidInput("A header holds a line end of its own.", field="header")
    return head


@lru_cache(maxsize=4)
def _date_line(date: datetime) -> bytes:
    return headers.date_field(date)


@dataclass(frozen=True, slots=True)
class RenderedEmail:
    subject: str
    html: str
    text: str


class Literals:
    """`closed_lines` of what a template says itself, and whether all of it was in relaxed form."""

    def __init__(self) -> None:
        self.relaxed = True

    def __call__(self, text: str) -> bytes:
        encoded = closed_lines(text)
        self.relaxed = self.relaxed and not _is_loose(encoded)
        return encoded


def tight_lines(text: str) -> bytes:
    """`closed_lines` in relaxed form: spaces beside a space are written as =20, and tabs as =09."""
    encoded = closed_lines(text)
    if not _is_loose(encoded):
        return encoded
    return _undotted(b"\r\n".join(map(_tight, encoded.split(b"\r\n"))))


def _is_loose(encoded: bytes) -> bool:
    """Quoted-printable leaves no space at the end of a line."""
    return b"  " in encoded or b"\t" in encoded


def _tight(line: bytes) -> bytes:
    if not _is_loose(line):
        return line
    said = binascii.a2b_qp(line)
    written = binascii.b2a_qp(said, quotetabs=True).replace(b"\n", b"\r\n")
    return _soft_end(written).removesuffix(b"\r\n") if line.endswith(b"=") else written


def closed_lines(text: str) -> bytes:
    """Quoted-printable that starts and ends at column 0, so that pieces can be put together.

    The token's place becomes `TOKEN_MARK`, which quoted-printable cannot produce. No line begins
    with a dot, so SMTP has none to double.
    """
    if len(text) < LINE and text.isalnum() and text.isascii():  # codes, of which each is new
        return text.encode() + SOFT_BREAK
    return TOKEN_MARK_LINE.join(map(_closed, text.split(TOKEN)))


def _closed(text: str) -> bytes:
    encoded = _undotted(quoted_printable(text))
    return encoded if not encoded or encoded.endswith(b"\r\n") else _soft_end(encoded)


def _soft_end(encoded: bytes) -> bytes:
    if len(encoded.rpartition(b"\r\n")[2]) < LINE:
        return encoded + SOFT_BREAK
    last = len(encoded) - (3 if encoded[-3:-2] == b"=" else 1)  # one character, perhaps escaped
    return encoded[:last] + SOFT_BREAK + encoded[last:] + SOFT_BREAK


def _undotted(encoded: bytes) -> bytes:
    while encoded.startswith(b".") or b"\n." in encoded:
        encoded = _LEADING_DOT.sub(b"=2E=\r\n", encoded)
    return encoded


def quoted_printable(text: str) -> bytes:
    """RFC 2045 body of CRLF lines ≤ 76; lone surrogates, which no charset has, become `?`."""
    unix = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    return binascii.b2a_qp(unix, istext=True).replace(b"\n", b"\r\n")
