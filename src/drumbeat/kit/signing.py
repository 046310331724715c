"""Tracking tokens: one per recipient, unguessable, checked without a look-up.

A token is mailing (4 bytes), contact (4), occasion (2) and a keyed BLAKE2b-96 tag, base64url.
"""

import base64
import hashlib
import hmac
import struct
from dataclasses import dataclass

from drumbeat.kit.ids import ContactNo, MailingNo

_PACKED = struct.Struct(">IIH")
_TAG = 12
_LENGTH = 30  # characters: the decoder would pass over rubbish between them


TEST_OCCASION = 0xFFFF
"""Marks the tokens of test mail: then `mailing_no` is the number of the test, not of a mailing."""


@dataclass(frozen=True)
class Recipient:
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
        packed = _PACKED.pack(recipient.mailing_no, recipient.contact_no, recipient.occasion)
        return base64.urlsafe_b64encode(packed + self._tag(packed)).rstrip(b"=").decode()

    def read(self, token: str) -> Recipient | None:
        """The recipient a token was made for; None if it was never made by us."""
        if len(token) != _LENGTH:
            return None
        try:
            raw = base64.urlsafe_b64decode(token + "==")
        except ValueError:
            return None
        packed, tag = raw[: _PACKED.size], raw[_PACKED.size :]
        if len(tag) != _TAG or not hmac.compare_digest(tag, self._tag(packed)):
            return None
        mailing_no, contact_no, occasion = _PACKED.unpack(packed)
        return Recipient(MailingNo(mailing_no), ContactNo(contact_no), occasion)

    def _tag(self, packed: bytes) -> bytes:
        return hashlib.blake2b(packed, key=self.key, digest_size=_TAG).digest()
