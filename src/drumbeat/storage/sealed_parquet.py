"""Parquet files nobody can read without the key: AES-256-GCM in blocks of 256 KB.

A column reader fetches the blocks it needs, so a report does not decrypt a whole file. Layout:
magic, salt, length of the plain text; then blocks, each with its tag. Name and length are bound to
every block and the key is derived per file, so blocks cannot be moved, swapped or cut off.
"""

import hashlib
import io
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from drumbeat.kit.errors import Conflict, NotFound
from drumbeat.storage.files import sync_folders

BLOCK = 256 * 1024
PROTOCOL = "sealed"
_MAGIC = b"DRUMPQ1\n"
_SALT = 16
_TAG = 16
_HEADER = len(_MAGIC) + _SALT + 8
_CACHED_BLOCKS = 64


@dataclass(frozen=True, slots=True)
class FactFile:
    """A sealed file that is written; it counts once the manifest names it.

    `rules` is the version of the rules that its verdicts were last judged by.
    """

    family: str
    month: int
    name: str
    n: int
    bytes: int
    min_mailing: int
    max_mailing: int
    first_at: int
    last_at: int
    rules: int = 1


@dataclass(frozen=True)
class SealedParquet:
    """A folder of sealed files; `name` is a relative path, bound to the content."""

    folder: Path
    key: bytes

    def write(self, name: str, plain: bytes | memoryview) -> int:
        """Seal and sync a new file, and its folder's entry; answers its size on disk."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        salt = os.urandom(_SALT)
        seal = _Seal(self.key, salt, name, len(plain))
        fresh = path.with_name(path.name + f".{os.getpid()}.new")
        with open(fresh, "wb") as file:
            file.write(_MAGIC + salt + len(plain).to_bytes(8, "big"))
            view = memoryview(plain)
            for number, start in enumerate(range(0, len(plain), BLOCK)):
                file.write(seal.close(number, view[start : start + BLOCK]))
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        fresh.replace(path)
        sync_folders(path.parent, self.folder.parent)
        return size

    def open(self, name: str) -> "SealedFile":
        """Raises NotFound if it is absent, Conflict if it is not a sealed file."""
        return SealedFile(self, name)

    def exists(self, name: str) -> bool:
        return (self.folder / name).is_file()

    def remove(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def list_(self) -> list[str]:
        """Names of all files, half-written ones too."""
        found = [p for p in self.folder.rglob("*") if p.is_file()] if self.folder.is_dir() else []
        return sorted(p.relative_to(self.folder).as_posix() for p in found)


class _Seal:
    def __init__(self, key: bytes, salt: bytes, name: str, length: int) -> None:
        self._cipher = AESGCM(hashlib.blake2b(salt, key=key, digest_size=32).digest())
        self._bound = f"{name}\0{length}".encode()

    def close(self, number: int, plain: memoryview) -> bytes:
        return self._cipher.encrypt(number.to_bytes(12, "big"), plain, self._bound)

    def open(self, number: int, sealed: bytes) -> bytes:
        return self._cipher.decrypt(number.to_bytes(12, "big"), sealed, self._bound)


class SealedFile:
    """One open file, readable from any thread; it stays readable when it is unlinked."""

    def __init__(self, files: SealedParquet, name: str) -> None:
        self.name = name
        try:
            self._fd = os.open(files.folder / name, os.O_RDONLY)
        except FileNotFoundError:
            raise NotFound(f"The fact file {name} is not in the data folder.") from None
        header = os.pread(self._fd, _HEADER, 0)
        if len(header) != _HEADER or not header.startswith(_MAGIC):
            self.close()
            raise Conflict(f"The fact file {name} is not a sealed file.")
        self.size = int.from_bytes(header[-8:], "big")
        self._seal = _Seal(files.key, header[len(_MAGIC) : -8], name, self.size)
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._guard = threading.Lock()

    def read_at(self, start: int, size: int) -> bytes:
        """Raises Conflict if a block was changed or sealed with another key."""
        start = min(start, self.size)
        end = min(self.size, start + size)
        parts = []
        for number in range(start // BLOCK, -(-end // BLOCK)):
            base = number * BLOCK
            parts.append(self._block(number)[max(0, start - base) : end - base])
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        os.close(self._fd)

    def _block(self, number: int) -> bytes:
        with self._guard:
            known = self._blocks.get(number)
        if known is not None:
            return known
        at = _HEADER + number * (BLOCK + _TAG)
        try:
            plain = self._seal.open(number, os.pread(self._fd, BLOCK + _TAG, at))
        except InvalidTag:
            message = f"The fact file {self.name} was damaged or sealed with another key."
            raise Conflict(message) from None
        with self._guard:
            self._blocks[number] = plain
            if len(self._blocks) > _CACHED_BLOCKS:
                self._blocks.popitem(last=False)
        return plain


class SealedHandle(io.RawIOBase):
    """A file object over a SealedFile; every thread has a position of its own.

    DuckDB seeks and reads one handle from several threads; a shared position mixed them up.
    """

    def __init__(self, file: SealedFile) -> None:
        super().__init__()
        self._file = file
        self._here = threading.local()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return int(getattr(self._here, "position", 0))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self._file.size}[whence]
        self._here.position = max(0, base + offset)
        return self.tell()

    def read(self, size: int | None = -1) -> bytes:
        start = self.tell()
        wanted = self._file.size if size is None or size < 0 else size
        data = self._file.read_at(start, wanted)
        self._here.position = start + len(data)
        return data
