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
    _plans: dict[tuple[bytes, ...], "_Plan"] = field(default_factory=dict, repr=False)

    def signed(self, message: bytes, *, relaxed: bool = False) -> bytes:
        """The message with its signatures on top; its lines end in CRLF, dots are not doubled.

        `relaxed` says that its maker saw to it that the body is in relaxed form already.
        """
        gap = message.find(b"\r\n\r\n")
        end, start = (len(message), len(message)) if gap < 0 else (gap, gap + 4)
        body_hash = binascii.b2a_base64(digest_of(message, start, relaxed=relaxed), newline=False)
        return self._fields(message[:end], body_hash) + message

    def _fields(self, head: bytes, body_hash: bytes) -> bytes:
        """The DKIM-Signature fields of a message with these header lines."""
        if b"\r\n\t" in head:
            head = head.replace(b"\r\n\t", b" ")
        known, names, written = self._known, [], []
        for line in head.replace(b"\r\n ", b" ").split(b"\r\n"):
            name, canonical = known.get(line) or self._relaxed(line)
            names.append(name)
            written.append(canonical)
        plan = self._plans.get(tuple(names)) or self._planned(names)
        lines = b"".join([written[place] for place in plan.places])
        return b"".join([form.field(lines, body_hash) for form in plan.forms])

    def _planned(self, names: Sequence[bytes]) -> "_Plan":
        """What is signed of headers in this order, the last of a name first (5.4.2)."""
        found: dict[bytes, list[int]] = {}
        for place, name in enumerate(names):
            found.setdefault(name, []).insert(0, place)
        places = [place for name in SIGNED for place in found.get(name, ())]
        # One From more than there is: nobody can add another (8.15).
        chosen = [b"from", *(names[place] for place in places)]
        plan = _Plan(tuple(places), tuple(_Form.of(key, chosen) for key in ordered(self.keys)))
        if len(self._plans) >= _REMEMBERED:
            self._plans.clear()
        self._plans[tuple(names)] = plan
        return plan

    def _relaxed(self, line: bytes) -> Canonical:
        canonical = relaxed_line(line)
        if canonical[0] in _SHARED:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[line] = canonical
        return canonical


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which header lines are signed, and how it is said; equal for all letters alike."""

    places: tuple[int, ...]
    forms: tuple["_Form", ...]


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


def digest_of(message: bytes, start: int = 0, *, relaxed: bool = False) -> bytes:
    """SHA-256 of the body that begins at `start`, in relaxed form (3.4.4).

    A body that is in it already, but for empty lines at its end, is not copied.
    """
    if not relaxed and (message.find(b"\t", start) >= 0 or _has_loose_spaces(message, start)):
        message, start = _tightened(message[start:]), 0
    end = len(message) - (len(message) > start and message.endswith(b" "))
    while end >= start + 2 and message[end - 2 : end] == b"\r\n":
        end -= 2
    found = hashlib.sha256(memoryview(message)[start:end])
    if end > start:
        found.update(b"\r\n")
    return found.digest()


def _tightened(body: bytes) -> bytes:
    body = body.replace(b"\t", b" ")
    while b"  " in body:
        body = body.replace(b"  ", b" ")
    return body.replace(b" \r\n", b"\r\n")


def _has_loose_spaces(message: bytes, start: int) -> bool:
    """A space before another or before a line's end; numpy takes a tenth of what `in` does."""
    octets = np.frombuffer(message, np.uint8)[start:]
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
