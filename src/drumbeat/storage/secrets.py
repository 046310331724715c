"""The one key everything at rest is sealed with, and the purposes derived from it.

It lies outside the data folder: a stolen folder or backup is unreadable without it.
Derivation is HKDF-like keyed BLAKE2b, one sub-key a purpose.
"""

import contextlib
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drumbeat.kit.errors import Conflict

KEY_BYTES = 32


@dataclass(frozen=True)
class KeyRing:
    master: bytes

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose; purposes cannot be computed from each other."""
        return hashlib.blake2b(purpose.encode(), key=self.master, digest_size=32).digest()

    def address_key(self, address: str) -> bytes:
        """16 bytes naming one normalised address: equal addresses meet, nobody reads them back."""
        return self.index("address", address)

    def index(self, purpose: str, value: str) -> bytes:
        """16 bytes to look a sealed value up by: equal ones meet, nobody reads them back."""
        key = self.derive(purpose)
        return hashlib.blake2b(value.encode(), key=key, digest_size=16).digest()

    def indexes(self, purpose: str, values: Sequence[str]) -> list[bytes]:
        """`index` of each value, at half the price of asking for them one by one."""
        keyed = hashlib.blake2b(key=self.derive(purpose), digest_size=16)
        found = []
        for value in values:
            state = keyed.copy()
            state.update(value.encode())
            found.append(state.digest())
        return found


def load_key(path: Path) -> KeyRing:
    """Raises Conflict if the file is missing or is not a key."""
    try:
        master = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        message = f"The key file {path} is missing; without it the data folder cannot be read."
        raise Conflict(message) from None
    except (ValueError, UnicodeDecodeError):
        raise Conflict(f"{path} is not a Drumbeat key file.") from None
    if len(master) != KEY_BYTES:
        raise Conflict(f"{path} is not a Drumbeat key file.")
    return KeyRing(master)


def create_key(path: Path) -> KeyRing:
    """Make the key once, readable by its owner only; an existing one is loaded, never replaced.

    It appears under its name whole or not at all, so two processes that found a folder agree.
    """
    if path.exists():
        return load_key(path)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(os.urandom(KEY_BYTES).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)  # unlike a rename it never replaces
    finally:
        fresh.unlink()
    return load_key(path)
