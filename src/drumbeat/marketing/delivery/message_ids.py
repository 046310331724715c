"""The Message-ID of every mail: the same for a row however often it is built, and readable by us.

Its local part is the recipient's keyed token in hexadecimal, because some servers fold letter case.
In base32, as ids of earlier versions are, it would be shorter and take ten times as long.
"""

import base64

from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.signing import Recipient, TokenSigner
from drumbeat.storage.secrets import KeyRing

_HEX = 44  # characters of 22 bytes


class MessageIds:
    """Makes the ids of many messages; the key is derived once."""

    def __init__(self, keys: KeyRing) -> None:
        self._signer = _signer(keys)

    def of(self, recipient: Recipient, domain: str) -> str:
        """With its angle brackets, as in the header."""
        return f"<{self._signer.signed(recipient).hex()}@{domain}>"


def message_id_of(
    mailing_no: MailingNo, contact_no: ContactNo, occasion: int, keys: KeyRing, domain: str
) -> str:
    """With its angle brackets, as in the header."""
    return MessageIds(keys).of(Recipient(mailing_no, contact_no, occasion), domain)


def parse_message_id(text: str, keys: KeyRing) -> Recipient | None:
    """Whom a Message-ID was made for; None if it is not one of ours, or of a test."""
    local = text.strip().strip("<>").partition("@")[0].upper()
    try:
        packed = bytes.fromhex(local) if len(local) == _HEX else _of_base32(local)
    except ValueError:
        return None
    found = _signer(keys).read(base64.urlsafe_b64encode(packed).rstrip(b"=").decode())
    return None if found is None or found.is_test else found


def _of_base32(local: str) -> bytes:
    return base64.b32decode(local + "=" * (-len(local) % 8))


def _signer(keys: KeyRing) -> TokenSigner:
    return TokenSigner(keys.derive("message-id"))
