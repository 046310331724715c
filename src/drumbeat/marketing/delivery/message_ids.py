"""The Message-ID of every mail: the same for a row however often it is built, and readable by us.

Its local part is the recipient's keyed token in base32, because some servers fold letter case.
"""

import base64

from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.signing import Recipient, TokenSigner
from drumbeat.storage.secrets import KeyRing

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [first + second for first in _LETTERS for second in _LETTERS]
_PADDING = 4  # 22 bytes and these bits are 36 letters; the standard library's way takes longer
_SHIFTS = range(170, -1, -10)


class MessageIds:
    """Makes the ids of many messages; the key is derived once."""

    def __init__(self, keys: KeyRing) -> None:
        self._signer = _signer(keys)

    def of(self, recipient: Recipient, domain: str) -> str:
        """With its angle brackets, as in the header."""
        number = int.from_bytes(self._signer.signed(recipient)) << _PADDING
        pairs = [_PAIRS[number >> shift & 1023] for shift in _SHIFTS]
        return f"<{''.join(pairs)}@{domain}>"


def message_id_of(
    mailing_no: MailingNo, contact_no: ContactNo, occasion: int, keys: KeyRing, domain: str
) -> str:
    """With its angle brackets, as in the header."""
    return MessageIds(keys).of(Recipient(mailing_no, contact_no, occasion), domain)


def parse_message_id(text: str, keys: KeyRing) -> Recipient | None:
    """Whom a Message-ID was made for; None if it is not one of ours, or of a test."""
    local = text.strip().strip("<>").partition("@")[0].upper()
    try:
        packed = base64.b32decode(local + "=" * (-len(local) % 8))
    except ValueError:
        return None
    found = _signer(keys).read(base64.urlsafe_b64encode(packed).rstrip(b"=").decode())
    return None if found is None or found.is_test else found


def _signer(keys: KeyRing) -> TokenSigner:
    return TokenSigner(keys.derive("message-id"))
