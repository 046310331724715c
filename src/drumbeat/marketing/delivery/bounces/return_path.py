"""Where a bounce of one message goes: an address of its own, which only this house can make.

The local part is the return path's, "+", and mailing, contact, occasion and a keyed tag in small
base32: some servers fold letter case. RFC 5321 allows 64 octets; the token takes 29 of them.
"""

import base64
import binascii
import hashlib
import hmac
import re
import struct
from dataclasses import dataclass, field
from functools import cached_property

from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.signing import Recipient
from drumbeat.marketing.office import Office

_PACKED = struct.Struct(">IIH")
_TAG = 8
TOKEN_LENGTH = 29
_LONGEST_LOCAL = 64 - TOKEN_LENGTH - 1
_ADDRESS = re.compile(r"([a-zA-Z0-9._=-]+)@([a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+)")


@dataclass(frozen=True)
class ReturnPath:
    """`address` as DRUMBEAT_RETURN_PATH has it; "" means that bounces go to the sender."""

    address: str
    key: bytes = field(repr=False)

    def of(self, recipient: Recipient) -> str:
        """The envelope sender of one message; "" without a return path."""
        if not self.address:
            return ""
        before, after = self._ends
        return before + self.token(recipient) + after

    def token(self, recipient: Recipient) -> str:
        packed = _PACKED.pack(recipient.mailing_no, recipient.contact_no, recipient.occasion)
        return base64.b32encode(packed + self._tag(packed))[:TOKEN_LENGTH].lower().decode()

    def read(self, token: str) -> Recipient | None:
        """Whom a token was made for, in whatever case; None if it was never made here."""
        if len(token) != TOKEN_LENGTH or not token.isascii():
            return None
        try:
            raw = base64.b32decode(token.upper() + "===")
        except (ValueError, binascii.Error):
            return None
        packed, tag = raw[: _PACKED.size], raw[_PACKED.size :]
        if not hmac.compare_digest(tag, self._tag(packed)):
            return None
        mailing_no, contact_no, occasion = _PACKED.unpack(packed)
        return Recipient(MailingNo(mailing_no), ContactNo(contact_no), occasion)

    def recipient_of(self, address: str) -> Recipient | None:
        """Whose bounces arrive at this address; None if it is no return path of ours."""
        local, _, domain = address.strip().strip("<>").rpartition("@")
        mine, _, here = self.address.lower().partition("@")
        name, _, token = local.rpartition("+")
        if not mine or domain.lower() != here or name.lower() != mine:
            return None
        return self.read(token)

    def _tag(self, packed: bytes) -> bytes:
        keyed = self._keyed.copy()
        keyed.update(packed)
        return keyed.digest()

    @cached_property
    def _keyed(self) -> "hashlib.blake2b":
        return hashlib.blake2b(key=self.key, digest_size=_TAG)

    @cached_property
    def _ends(self) -> tuple[str, str]:
        local, _, domain = self.address.partition("@")
        return f"{local}+", f"@{domain}"


def return_path_of(office: Office) -> ReturnPath:
    """Where bounces of this house's mail go."""
    return ReturnPath(office.return_path, office.keys.derive("return-path"))


def check_return_path(address: str) -> str:
    """The address again. Raises InvalidInput naming the setting."""
    found = _ADDRESS.fullmatch(address.strip())
    if found is None or len(found[1]) > _LONGEST_LOCAL or len(found[2]) > 253:
        raise InvalidInput(
            "The setting DRUMBEAT_RETURN_PATH must be an address such as bounces@mail.example.com, "
            f"with at most {_LONGEST_LOCAL} letters before the @, not {address[:80]!r}.",
            field="DRUMBEAT_RETURN_PATH",
        )
    return found.group()
