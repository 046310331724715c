"""What counts as an SMTP reply: everything else a server may send is refused here.

Replies are shown to people and stored, so they are bounded and cleaned of control characters.
"""

import re
from dataclasses import dataclass

MOST_LINE = 4096  # RFC 5321 says 512; some relays put whole URLs and traces in a line
MOST_LINES = 128
MOST_TEXT = 400
_SHORT, _KNOWN = 80, 16  # replies that are remembered

_LINE = re.compile(rb"([2-5][0-9][0-9])([ -]?)(.*)", re.DOTALL)
_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")


class NotAReply(Exception):
    """The peer does not speak SMTP, or is out of step; the connection is of no more use."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`status` is the enhanced code of RFC 3463 ("5.1.1"), "" if the server gave none."""

    code: int
    lines: tuple[str, ...]

    @property
    def status(self) -> str:
        found = _STATUS.match(self.lines[0])
        return found[1] if found else ""

    @property
    def text(self) -> str:
        """The reply in one line, with its codes, at most MOST_TEXT characters."""
        status = self.status
        rest = [line.removeprefix(status).strip() if status else line for line in self.lines]
        return " ".join(filter(None, (str(self.code), status, *rest)))[:MOST_TEXT]

    @property
    def positive(self) -> bool:
        return 200 <= self.code < 300

    @property
    def negative(self) -> bool:
        return self.code >= 400


class ReplyReader:
    """Bytes in, whole replies out."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[str] = []
        self._code = 0
        self._known: dict[bytes, Reply] = {}

    @property
    def inside(self) -> bool:
        """True when part of a reply has come."""
        return bool(self._rest or self._lines)

    def feed(self, data: bytes) -> list[Reply]:
        """Raises NotAReply, after which the reader must not be fed again."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > MOST_LINE:
            raise NotAReply(f"a reply line of more than {MOST_LINE} bytes")
        replies, known = [], self._known
        for line in lines:
            reply = self._reply(line) if self._lines else known.get(line) or self._reply(line)
            if reply is not None:
                replies.append(reply)
        return replies

    def _reply(self, line: bytes) -> Reply | None:
        """A server says the same few words all the time."""
        whole = not self._lines
        reply = self._line(line.rstrip(b"\r"))
        if whole and reply is not None and len(line) < _SHORT and len(self._known) < _KNOWN:
            self._known[line] = reply
        return reply

    def _line(self, line: bytes) -> Reply | None:
        if len(line) > MOST_LINE:
            raise NotAReply(f"a reply line of more than {MOST_LINE} bytes")
        found = _LINE.fullmatch(line)
        if found is None or (found[3] and not found[2]):
            raise NotAReply(f"{clean(line[:60])!r}, which is not an SMTP reply")
        code = int(found[1])
        if self._lines and code != self._code:
            raise NotAReply(f"a reply that begins with {self._code} and goes on with {code}")
        self._code = code
        self._lines.append(clean(found[3]))
        if len(self._lines) > MOST_LINES:
            raise NotAReply(f"a reply of more than {MOST_LINES} lines")
        if found[2] == b"-":
            return None
        reply, self._lines = Reply(code, tuple(self._lines)), []
        return reply


def clean(raw: bytes) -> str:
    return _CONTROL.sub("?", raw.decode("utf-8", "replace"))
