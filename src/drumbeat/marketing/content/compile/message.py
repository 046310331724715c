"""One recipient's message as bytes: multipart/alternative, quoted-printable, CRLF throughout.

Complete RFC 5322, not dot-stuffed. RFC 2369 and 8058 headers make unsubscribing one click; the
Message-ID is the caller's, so that a repeated delivery can be recognised.
"""

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from liquid.template import BoundTemplate

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.content.compile import headers
from drumbeat.marketing.content.compile.language import plain, render
from drumbeat.marketing.content.compile.links import TOKEN

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

    def build(
        self, *, to: str, fields: Mapping[str, Any], token: str, message_id: str, date: datetime
    ) -> bytes:
        """The message for `to`. Raises InvalidInput when an address, id or value cannot be used,
        or when the template fails on these fields."""
        rendered = self.rendered(to=to, fields=fields, token=token, date=date)
        lines = [
            headers.date_field(date),
            b"To: " + headers.address_bytes(to, field="email") + b"\r\n",
            headers.unstructured("Subject", rendered.subject),
            b"Message-ID: " + headers.identifier(message_id, field="message_id") + b"\r\n",
            self._unsubscribe(token),
            self.head,
            b"\r\n",
        ]
        part = b"--%b\r\nContent-Type: text/%b; charset=utf-8\r\n"
        part += b"Content-Transfer-Encoding: quoted-printable\r\n\r\n%b\r\n"
        lines += [
            part % (self.boundary, b"plain", quoted_printable(rendered.text)),
            part % (self.boundary, b"html", quoted_printable(rendered.html)),
            b"--" + self.boundary + b"--\r\n",
        ]
        return b"".join(lines)

    def rendered(
        self, *, to: str, fields: Mapping[str, Any], token: str, date: datetime
    ) -> "RenderedEmail":
        """What the recipient will read, before it is encoded."""
        if not _TOKEN_FORM.fullmatch(token):
            raise InvalidInput(f"{token[:40]!r} is not a tracking token.", field="token")
        values = self._values(to, fields, token, date)
        return RenderedEmail(
            subject=render(self.subject, values, field="subject_line"),
            html=render(self.html, values, field="content_html").replace(TOKEN, token),
            text=render(self.text, values, field="content_text").replace(TOKEN, token),
        )

    def _values(
        self, to: str, fields: Mapping[str, Any], token: str, date: datetime
    ) -> dict[str, Any]:
        contact = {str(key): plain(value) for key, value in fields.items()}
        contact.setdefault("email", to)
        return {
            **contact,
            "contact": contact,
            **self.own_fields,
            "unsubscribe_url": f"{self.public_url}/u/{token}",
            "postal_address": self.postal_address,
            "now": date,
            "today": date,
        }

    def _unsubscribe(self, token: str) -> bytes:
        line = f"List-Unsubscribe: <{self.public_url}/u/{token}>"
        if self.unsubscribe_mailto:
            line += f",\r\n <mailto:{self.unsubscribe_mailto}?subject=unsubscribe-{token}>"
        return line.encode() + b"\r\n"


@dataclass(frozen=True, slots=True)
class RenderedEmail:
    subject: str
    html: str
    text: str


def quoted_printable(text: str) -> bytes:
    """RFC 2045 body of CRLF lines ≤ 76; lone surrogates, which no charset has, become `?`."""
    unix = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    return binascii.b2a_qp(unix, istext=True).replace(b"\n", b"\r\n")
