"""Single values that are sealed on every database: secrets, and addresses outside of contacts.

AES-256-GCM with the value's own name as associated data: moved under another name it does not open.
"""

import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from drumbeat.kit.errors import Conflict

_NONCE_BYTES = 12


@dataclass(frozen=True)
class SealedValues:
    """`key` is derived for one purpose; `what` names the values to a person."""

    key: bytes
    what: str

    def seal(self, name: str, value: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self.key).encrypt(nonce, value, name.encode())

    def open(self, name: str, sealed: bytes) -> bytes:
        """Raises Conflict if it was not sealed under this name and key."""
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self.key).decrypt(nonce, rest, name.encode())
        except InvalidTag:
            raise Conflict(f"{self.what} {name} was changed outside of Drumbeat.") from None
