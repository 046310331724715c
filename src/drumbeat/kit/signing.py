"""Tracking tokens: one per recipient, unguessable, checked without a look-up.

A token is mailing (4 bytes), contact (4), occasion (2) and a keyed BLAKE2b-96 tag, base64url.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from drumbeat.kit.ids import ContactNo, MailingNo

_PACKED = struct.Struct(">IIH")
_TAG = 12
_LENGTH = 30  # characters: the decoder would pass over rubbish between them
_ALPHABET = bytes.maketrans(b"-_+/", b"+/!!")


TEST_OCCASION = 0xFFFF
"""Marks the tokens of test mail: then `mailing_no` is the number of the test, not of a mailing."""


class Recipient(NamedTuple):
    mailing_no: MailingNo
    contact_no: ContactNo
    occasion: int = 0

    @property
    def is_test(self) -> bool:
        """It was built for a tester: nothing done with it counts, or says no for anybody."""
        return self.occasion == TEST_OCCASION


@dataclass(frozen=True)
class TokenSigner:
    key: bytes

    def token(self, recipient: Recipient) -> str:
        return base64.urlsafe_b64encode(self.signed(recipient))[:_LENGTH].decode()

    def signed(self, recipient: Recipient) -> bytes:
        """The token's bytes, for whoever writes them in other letters."""
        packed = _PACKED.pack(recipient.mailing_no, recipient.contact_no, recipient.occasion)
        return packed + self._tag(packed)

    def read(self, token: str) -> Recipient | None:
        """The recipient a token was made for; None if it was never made by us."""
        return self.read_bytes(token.encode("ascii", "replace"))

    def read_bytes(self, token: bytes) -> Recipient | None:
        """The same of a token as it came over the wire."""
        if len(token) != _LENGTH:
            return None
        try:
            raw = binascii.a2b_base64(token.translate(_ALPHABET) + b"==")
        except ValueError:
            return None
        packed, tag = raw[: _PACKED.size], raw[_PACKED.size :]
        if len(tag) != _TAG or not hmac.compare_digest(tag, self._tag(packed)):
            return None
        mailing_no, contact_no, occasion = _PACKED.unpack(packed)
        return Recipient(mailing_no, contact_no, occasion)

    def _tag(self, packed: bytes) -> bytes:
        hashed = self._keyed.copy()
        hashed.update(packed)
        return hashed.digest()

    @cached_property
    def _keyed(self) -> "hashlib.blake2b":
        return hashlib.blake2b(key=self.key, digest_size=_TAG)
