"""Sealed files in the data folder: AES-256-GCM, written whole, named by their owner's row.

A file is written to a side name, synced and renamed, so a reader never meets half of one. The
folders are synced too: a row that names a file must not outlive it in a power cut.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from drumbeat.kit.errors import Conflict, NotFound

_NONCE = 12


@dataclass(frozen=True)
class SealedFiles:
    folder: Path
    key: bytes

    def write(self, name: str, content: bytes) -> None:
        """Seal `content` under `name` (a relative path); replaces what was there in one step."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        nonce = os.urandom(_NONCE)
        fresh = path.with_name(path.name + f".{os.getpid()}.new")
        try:
            with open(fresh, "wb") as file:
                file.write(nonce + AESGCM(self.key).encrypt(nonce, content, name.encode()))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)  # a full disk is not filled further by what failed
        sync_folders(path.parent, self.folder.parent)

    def read(self, name: str) -> bytes:
        """Raises NotFound if absent, Conflict if it was changed or sealed with another key."""
        try:
            sealed = (self.folder / name).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"The file {name} is not in the data folder.") from None
        try:
            return AESGCM(self.key).decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
        except (InvalidTag, ValueError):  # ValueError: too short to hold even the nonce
            raise Conflict(f"The file {name} was damaged or sealed with another key.") from None

    def remove(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def written_at(self, name: str) -> float:
        """When it was written, in real epoch seconds; now if it is gone."""
        try:
            return (self.folder / name).stat().st_mtime
        except FileNotFoundError:
            return time.time()

    def list_(self, under: str) -> list[str]:
        root = self.folder / under
        found = [p for p in root.rglob("*") if p.is_file()] if root.is_dir() else []
        return sorted(p.relative_to(self.folder).as_posix() for p in found)


def sync_folders(inner: Path, outer: Path) -> None:
    """Make what `inner` and the folders around it, up to `outer`, list survive a power cut."""
    for folder in (inner, *inner.parents):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        if folder == outer:
            return
