"""The parts of a mail that may be hostile: linear in its size, and never an error.

Only the first megabyte is read: every report says why before it returns the message. Python's own
parser walks nested parts by recursion, line by line against every open boundary.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header

MOST_BYTES = 1 << 20
MOST_PARTS = 64
MOST_DEPTH = 6
_HEAD_BYTES = 1 << 16
_MOST_FIELDS = 500
_MOST_VALUE = 4_000

_FIELD = re.compile(r"([!-9;-~]{1,80})[ \t]*:[ \t]*(.*)")
_TAG = re.compile(r"<[^<>]*>")
_PARAMETER = re.compile(
    r";\s*([a-z0-9*_-]{1,40})\s*=\s*(?:\"([^\"]{0,300})\"|([^\s;\"]{1,300}))", re.I
)
# Some codecs of Python are quadratic (punycode, idna) and none of those is a charset of mail; UTF-7
# is none any more, and Python's makes lone surrogates of it, which no database can keep.
_CHARSETS = re.compile(
    r"utf-?(?:8|16|16le|16be)|(?:us-)?ascii|iso[-_]?8859[-_]\d{1,2}|latin-?1|windows-\d{3,4}"
    r"|cp\d{3,4}|koi8-[ru]|gb2312|gbk|gb18030|big5|euc-(?:jp|kr)|shift_jis|iso-2022-(?:jp|kr)",
    re.I,
)

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of the tree; `kind` is its media type in lower case, `body` still encoded."""

    headers: Headers
    kind: str
    body: bytes

    def decoded(self) -> bytes:
        """Without the transfer encoding, as far as it makes sense."""
        encoding = header(self.headers, "content-transfer-encoding").strip().lower()
        if encoding == "quoted-printable":
            return binascii.a2b_qp(self.body)
        return _from_base64(self.body) if encoding == "base64" else self.body

    def text(self) -> str:
        """Readable text whatever the charset; HTML without its tags."""
        charset = parameter(header(self.headers, "content-type"), "charset")
        text = _decode(self.decoded(), charset).replace("\r\n", "\n")
        if self.kind != "text/html":
            return text
        return _TAG.sub(" ", re.sub(r"<(?:br|p|/p|/div|/tr)\b[^<>]*>", "\n", text, flags=re.I))


@dataclass(frozen=True, slots=True)
class Mail:
    """The outermost headers, its media type, and its leaves in order."""

    headers: Headers
    kind: str
    parts: tuple[Part, ...]


def read_mail(raw: bytes) -> Mail:
    """Whatever the bytes are, some mail; what lies beyond the bounds is left out."""
    data = raw[:MOST_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n")
    if data.startswith(b"From "):  # as mbox files have it
        data = data.partition(b"\n")[2]
    headers, body = _head_and_body(data)
    parts: list[Part] = []
    kind = _walk(headers, body, "text/plain", 0, parts)
    return Mail(headers, kind, tuple(parts))


def header(headers: Headers, name: str) -> str:
    """The first field of that name (lower case); "" if there is none."""
    return next((value for key, value in headers if key == name), "")


def every(headers: Headers, name: str) -> list[str]:
    return [value for key, value in headers if key == name]


def parameter(value: str, name: str) -> str:
    """A parameter of a Content-Type; "" if there is none."""
    for key, quoted, plain in _PARAMETER.findall(value):
        if key.lower() == name:
            return str(quoted or plain)
    return ""


def fields(text: str) -> Headers:
    """Header fields, unfolded, names in lower case; what is no field is passed over."""
    found: list[tuple[str, str]] = []
    for line in text.split("\n"):
        if line[:1] in (" ", "\t") and found:
            name, value = found[-1]
            if len(value) < _MOST_VALUE:
                found[-1] = name, f"{value} {line.strip()}"[:_MOST_VALUE]
        elif (field := _FIELD.match(line)) is not None and len(found) < _MOST_FIELDS:
            found.append((field[1].lower(), field[2].strip()[:_MOST_VALUE]))
    return tuple(found)


def words_of(value: str) -> str:
    """A header as people read it, encoded words decoded."""
    if "=?" not in value:
        return value
    try:
        return str(make_header(decode_header(value[:1_000])))
    except (HeaderParseError, LookupError, ValueError, AssertionError):
        return value


def _walk(headers: Headers, body: bytes, usual: str, depth: int, parts: list[Part]) -> str:
    content = header(headers, "content-type")
    kind = content.partition(";")[0].strip().lower() or usual
    boundary = parameter(content, "boundary").rstrip()
    if kind.startswith("multipart/") and boundary and depth < MOST_DEPTH:
        inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        for chunk in _chunks(body, boundary.encode("latin-1", "replace")):
            _walk(*_head_and_body(chunk), inner, depth + 1, parts)
    elif len(parts) < MOST_PARTS:
        parts.append(Part(headers, kind, body))
    return kind


def _chunks(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """What lies between the delimiter lines; an end that never comes is the end of the data."""
    pieces = (b"\n" + body).split(b"\n--" + boundary, MOST_PARTS)
    current: bytes | None = None
    for piece in pieces[1:]:
        line, _, rest = piece.partition(b"\n")
        if line.strip(b" \t") not in (b"", b"--"):  # a longer boundary that begins like this one
            if current is not None:
                current += b"\n--" + boundary + piece
            continue
        if current is not None:
            yield current
        current = rest
        if line.startswith(b"--"):
            return
    if current is not None:
        yield current


def _head_and_body(data: bytes) -> tuple[Headers, bytes]:
    if data.startswith(b"\n"):
        return (), data[1:]
    end = data.find(b"\n\n")
    head = data if end < 0 else data[:end]
    return fields(_decode(head[:_HEAD_BYTES], "")), b"" if end < 0 else data[end + 2 :]


def _decode(data: bytes, charset: str) -> str:
    if charset and _CHARSETS.fullmatch(charset):
        try:
            return data.decode(charset, "replace")
        except (LookupError, ValueError):
            pass
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _from_base64(data: bytes) -> bytes:
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    letters = letters[: len(letters) // 4 * 4] if len(letters) % 4 == 1 else letters
    try:
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return data
