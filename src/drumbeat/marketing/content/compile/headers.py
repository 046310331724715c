"""How header fields are written: RFC 5322 lines, RFC 2047 words, and nothing that can inject.

Every value is folded into one line of printable characters before it is encoded; addresses and
identifiers that would need it are refused instead. Non-ASCII local parts are written as UTF-8
(RFC 6532); non-ASCII domains as IDNA.
"""

import binascii
import re
from datetime import datetime
from email.utils import format_datetime

from drumbeat.kit.domain_names import ascii_domain
from drumbeat.kit.errors import InvalidInput

_LINE = 76
_WORD_BYTES = 36  # 48 of base64 and 12 of wrapping leave room for a field's name in 76
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f-\x9f]{1,64}@[\w.-]{1,253}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+")


def one_line(text: str) -> str:
    """Line breaks and control characters become one space; the ends are bare."""
    return _BREAKS.sub(" ", text).strip()


def unstructured(name: str, text: str) -> bytes:
    """`Subject: …` and its like: ASCII folded at spaces, anything else as encoded words."""
    text = one_line(text)
    words = text.split(" ")
    # A run of spaces could be folded into a line of spaces alone (RFC 5322 § 3.2.2).
    single = "  " not in text and "=?" not in text
    if text.isascii() and single and max(map(len, words)) < _LINE - len(name) - 2:
        return f"{name}: ".encode() + _folded(words, len(name) + 2) + b"\r\n"
    return f"{name}: ".encode() + encoded_words(text) + b"\r\n"


def encoded_words(text: str) -> bytes:
    """RFC 2047 B words, cut between characters, one a line."""
    chunks: list[bytes] = [b""]
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if len(chunks[-1]) + len(encoded) > _WORD_BYTES:
            chunks.append(b"")
        chunks[-1] += encoded
    return b"\r\n ".join(
        b"=?utf-8?b?" + binascii.b2a_base64(c, newline=False) + b"?=" for c in chunks
    )


def mailbox(display_name: str, address: str, *, field: str) -> bytes:
    """`Name <address>`; the name as atoms, a quoted string or encoded words."""
    name, written = one_line(display_name), address_bytes(address, field=field)
    if not name:
        return written
    if not name.isascii() or "=?" in name or len(name) > 60:
        return encoded_words(name) + b"\r\n <" + written + b">"
    if _ATOM.fullmatch(name):
        return name.encode() + b" <" + written + b">"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return b'"' + quoted.encode() + b'" <' + written + b">"


def address_bytes(address: str, *, field: str) -> bytes:
    """Raises InvalidInput(field) for what is not one plain address."""
    if not _ADDRESS.fullmatch(address):
        raise InvalidInput(f"{field}: {address[:80]!r} is not an email address.", field=field)
    local, _, domain = address.rpartition("@")
    encoded = domain if domain.isascii() else ascii_domain(domain)
    if encoded is None:
        raise InvalidInput(f"{field}: {domain[:80]!r} is not a domain name.", field=field)
    try:
        return f"{local}@{encoded}".encode()
    except UnicodeError:  # half a character, which no address has
        message = f"{field}: {address[:80]!r} is not an email address."
        raise InvalidInput(message, field=field) from None


def identifier(text: str, *, field: str) -> bytes:
    """`<left@right>` of a Message-ID given with or without its brackets."""
    bare = text.strip("<>")
    if not _IDENTIFIER.fullmatch(bare) or len(bare) > 250:
        raise InvalidInput(f"{field}: {text[:80]!r} is not a message id.", field=field)
    return b"<" + bare.encode() + b">"


def date_field(instant: datetime) -> bytes:
    return b"Date: " + format_datetime(instant).encode() + b"\r\n"


def list_id(name: str, list_id_: str, domain: str) -> bytes:
    """RFC 2919: a stable id that looks like a host name, with the list's name before it."""
    whole = list_id_ if "." in list_id_ else f"{list_id_}.{domain}"
    bare = re.sub(r"[^a-z0-9.-]+", "-", whole.lower()).strip("-.")[:250]
    phrase = one_line(name)
    if not phrase.isascii() or "=?" in phrase or len(phrase) > 60:
        return b"List-Id: " + encoded_words(phrase) + b"\r\n <" + bare.encode() + b">\r\n"
    quoted = phrase.replace("\\", "\\\\").replace('"', '\\"')
    shown = f'"{quoted}" ' if phrase else ""
    return f"List-Id: {shown}<{bare}>\r\n".encode()


def _folded(words: list[str], used: int) -> bytes:
    lines, line = [], ""
    for word in words:
        if line and used + len(line) + 1 + len(word) > _LINE:
            lines.append(line)
            line, used = " " + word, 0
        else:
            line = f"{line} {word}" if line else word
    return "\r\n".join([*lines, line]).encode()
