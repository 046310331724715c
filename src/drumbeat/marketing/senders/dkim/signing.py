"""How a message is signed: relaxed/relaxed, SHA-256, From signed once more than it is there.

Header lines that all messages share are canonicalised once and remembered, so what a message costs
is its body's hash and the signature itself. With keys of both kinds there are two signatures, RSA
first, because not every receiver knows Ed25519 (RFC 8463).
"""

import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from drumbeat.marketing.senders.dkim.keys import Algorithm, SigningKey

SIGNED = (
    b"from",
    b"to",
    b"cc",
    b"reply-to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"list-id",
    b"list-help",
    b"feedback-id",
    b"auto-submitted",
    b"cfbl-address",
)
"""What is signed if it is there: who speaks, to whom, what about, and how to leave (RFC 8058)."""

_SHARED = frozenset(SIGNED) - {
    b"to",
    b"cc",
    b"subject",
    b"date",
    b"message-id",
    b"list-unsubscribe",
}
_REMEMBERED = 256
_LINE = 76
_PADDING, _HASH = PKCS1v15(), SHA256()

Canonical = tuple[bytes, bytes]
"""A header's name, and its line in relaxed form."""


@dataclass(frozen=True)
class Signer:
    """Signs for at most one key of each kind."""

    keys: Sequence[SigningKey]
    _known: dict[bytes, Canonical] = field(default_factory=dict, repr=False)
    _forms: dict[tuple[bytes, ...], list["_Form"]] = field(default_factory=dict, repr=False)

    def signed(self, message: bytes) -> bytes:
        """The message with its signatures on top."""
        end = message.find(b"\r\n\r\n")
        if end < 0:
            return self.fields(message, b"") + message
        return self.fields(message[: end + 2], message[end + 4 :]) + message

    def fields(self, head: bytes, body: bytes) -> bytes:
        """The DKIM-Signature fields of a message: its header lines, and what follows the gap.

        Both as they are on the wire before dots are doubled: CRLF throughout.
        """
        names, lines = self._chosen(head)
        forms = self._forms.get(names)
        if forms is None:
            forms = self._forms[names] = [_Form.of(key, names) for key in ordered(self.keys)]
        body_hash = binascii.b2a_base64(digest_of(body), newline=False)
        return b"".join(form.field(lines, body_hash) for form in forms)

    def _chosen(self, head: bytes) -> tuple[tuple[bytes, ...], bytes]:
        """The names for `h=` and the lines they stand for, the last of a name first (5.4.2)."""
        found: dict[bytes, list[bytes]] = {}
        if b"\r\n\t" in head:
            head = head.replace(b"\r\n\t", b" ")
        for line in head.replace(b"\r\n ", b" ").split(b"\r\n"):
            name, written = self._known.get(line) or self._relaxed(line)
            found.setdefault(name, []).append(written)
        names = [b"from"]  # one From more than there is: nobody can add another (8.15)
        lines = []
        for name in SIGNED:
            for written in reversed(found.get(name, ())):
                names.append(name)
                lines.append(written)
        return tuple(names), b"".join(lines)

    def _relaxed(self, line: bytes) -> Canonical:
        canonical = relaxed_line(line)
        if canonical[0] in _SHARED:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[line] = canonical
        return canonical


@dataclass(frozen=True)
class _Form:
    """One key's field for one list of names: all but the two hashes is known already."""

    key: SigningKey
    written: bytes
    hashed: bytes

    @classmethod
    def of(cls, key: SigningKey, names: Sequence[bytes]) -> "_Form":
        tags = [
            b"v=1; a=%b-sha256; c=relaxed/relaxed;" % key.algorithm.value.encode(),
            b"d=%b;" % key.domain.encode(),
            b"s=%b;" % key.selector.encode(),
            *_folded(names),
            b"bh=",
        ]
        written = b"DKIM-Signature: " + b"\r\n ".join(tags)
        return cls(key, written, b"dkim-signature:" + b" ".join(tags))

    def field(self, lines: bytes, body_hash: bytes) -> bytes:
        signature = self._sign(b"%b%b%b; b=" % (lines, self.hashed, body_hash))
        encoded = binascii.b2a_base64(signature, newline=False)
        pieces = [encoded[at : at + _LINE - 4] for at in range(0, len(encoded), _LINE - 4)]
        return b"%b%b;\r\n b=%b\r\n" % (self.written, body_hash, b"\r\n  ".join(pieces))

    def _sign(self, content: bytes) -> bytes:
        private = self.key.private
        if isinstance(private, Ed25519PrivateKey):
            return private.sign(hashlib.sha256(content).digest())  # RFC 8463 § 3: of the hash
        return private.sign(content, _PADDING, _HASH)


def ordered(keys: Sequence[SigningKey]) -> list[SigningKey]:
    return sorted(keys, key=lambda key: key.algorithm is not Algorithm.RSA)


def digest_of(body: bytes) -> bytes:
    """SHA-256 of the body in relaxed form (3.4.4); a body that is in it already is not copied."""
    if b"\t" in body:
        body = body.replace(b"\t", b" ")
    if _has_loose_spaces(body):
        while b"  " in body:
            body = body.replace(b"  ", b" ")
        body = body.replace(b" \r\n", b"\r\n")
    end = len(body) - body.endswith(b" ")
    while body[end - 2 : end] == b"\r\n":
        end -= 2
    found = hashlib.sha256(memoryview(body)[:end])
    if end:
        found.update(b"\r\n")
    return found.digest()


def _has_loose_spaces(body: bytes) -> bool:
    """A space before another or before a line's end; numpy takes a tenth of what `in` does."""
    octets = np.frombuffer(body, np.uint8)
    return bool(np.any((octets[:-1] == 32) & (octets[1:] <= 32)))


def relaxed_line(line: bytes) -> Canonical:
    """One unfolded header line as 3.4.2 wants it."""
    name, _, value = line.partition(b":")
    if b"\t" in value:
        value = value.replace(b"\t", b" ")
    while b"  " in value:
        value = value.replace(b"  ", b" ")
    name = name.strip(b" \t").lower()
    return name, b"%b:%b\r\n" % (name, value.strip(b" "))


def _folded(names: Sequence[bytes]) -> list[bytes]:
    lines, line = [], b"h="
    for number, name in enumerate(names):
        word = name + (b":" if number < len(names) - 1 else b";")
        if len(line) + len(word) > _LINE:
            lines.append(line)
            line = b""
        line += word
    return [*lines, line]
