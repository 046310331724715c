"""What is shown of a mail: its parts, and its HTML made harmless to look at.

Our own tracked addresses are taken out of what a frame shows: looking is no open and no click.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from starlette.responses import Response

FRAME_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; "
    "font-src https: data:; frame-ancestors 'self'"
)
FRAME_HEADERS = {
    "Content-Security-Policy": FRAME_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_HOST = r"(?:https?://[^\s\"'<>/]{1,300})?"
_PIXEL = re.compile(_HOST + r"/o/[\w~-]{8,}\.gif")
_TRACKED = re.compile(_HOST + r"/(?:c/\d+|u)/[\w~-]{8,}")
# Where the page is dark, a letter lies on it as a sheet of its own size, and not in a white block.
# Without specificity, so that whatever the author says wins; without a length, so that nothing
# moves. The height is for a letter without a doctype, whose body would fill the frame.
_DARK_GROUND = (
    "<style>@media (prefers-color-scheme: dark) { :where(html) { background: #252c29 } "
    ":where(body:not([bgcolor], [background])) { background: Canvas; "
    "box-shadow: 0 0 0 0.5rem Canvas; height: fit-content } }</style>"
)
_NOTHING = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="


@dataclass(frozen=True)
class Letter:
    subject: str
    sender: str
    recipient: str
    text: str
    html: str
    headers: Sequence[tuple[str, str]]
    source: str


def read_letter(raw: bytes) -> Letter:
    parsed = message_from_bytes(raw, _class=EmailMessage, policy=default)
    return Letter(
        subject=str(parsed["Subject"] or ""),
        sender=str(parsed["From"] or ""),
        recipient=str(parsed["To"] or ""),
        text=_part(parsed, "plain"),
        html=_part(parsed, "html"),
        headers=[(name, str(value)) for name, value in parsed.items()],
        source=raw.decode("utf-8", "replace"),
    )


def read_part(raw: bytes, kind: str) -> str:
    """Only the `html` or `plain` part of mail that we wrote ourselves; "" without one.

    Not by the policy of `read_letter`, which understands every header: that takes three times as
    long as the part itself.
    """
    for part in message_from_bytes(raw).walk():
        if part.get_content_type() == f"text/{kind}":
            payload = part.get_payload(decode=True)
            return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return ""


def framed(html: str) -> Response:
    """The author's HTML, alone in a document that has no origin, no script and no cookies."""
    return Response(harmless(html) + _DARK_GROUND, 200, FRAME_HEADERS, "text/html; charset=utf-8")


def harmless(html: str) -> str:
    return _TRACKED.sub("#", _PIXEL.sub(_NOTHING, html))


def _part(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body((kind,))
    content = part.get_content() if part is not None else ""
    return content if isinstance(content, str) else ""
