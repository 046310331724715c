"""One file that holds a whole data folder: a tar of sealed files behind a signed list of them.

The list comes first and is signed with the key, so a tampered, cut or foreign archive is refused
before anything is unpacked. The key itself is never in it. A member is taken only if it is the
plain file that the list names next: no links, no paths of its own, nothing besides.
"""

import hashlib
import hmac
import io
import json
import os
import re
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from drumbeat.kit.errors import Conflict
from drumbeat.storage.files import sync_folders
from drumbeat.storage.moving import Told, untold
from drumbeat.storage.secrets import KeyRing

FORMAT = 1
_LIST, _SIGNATURE = "manifest.json", "manifest.hmac"
_MOST_LIST = 256 << 20
_CHUNK = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=-]*(?:/[A-Za-z0-9][A-Za-z0-9._=-]*)*")


@dataclass(frozen=True, slots=True)
class Member:
    """One file: its path in the data folder, length and SHA-256."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What an archive holds. `made_at` is an ISO instant, `database` what it was taken from."""

    made_at: str
    version: str
    schema: str
    database: str
    members: tuple[Member, ...]

    @property
    def bytes(self) -> int:
        return sum(member.bytes for member in self.members)


def measure(folder: Path, name: str) -> Member:
    """Read the file through once."""
    digest = hashlib.sha256()
    with (folder / name).open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
        return Member(name, file.tell(), digest.hexdigest())


def pack(path: Path, contents: Contents, folder: Path, keys: KeyRing, told: Told = untold) -> None:
    """Write the members, which lie in `folder`, as the archive `path`, and read it back.

    It appears under its name whole, checked and synced, or not at all.
    """
    fresh = path.with_name(f".{path.name}.{os.urandom(4).hex()}.new")
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            _write(file, contents, folder, keys, told)
            file.flush()
            os.fsync(file.fileno())
        unpack(fresh, keys, told=told)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folders(path.parent, path.parent)


def read_contents(path: Path, keys: KeyRing) -> Contents:
    """The signed list alone. Raises Conflict for another key, or for what is no backup."""
    with _opened(path) as tar:
        return _contents(tar, path, keys)


def unpack(path: Path, keys: KeyRing, into: Path | None = None, told: Told = untold) -> Contents:
    """Check every member, and write it below `into` if that is given.

    Raises Conflict at the first byte that is not as signed; what is in `into` by then is worthless.
    """
    with _opened(path) as tar:
        contents = _contents(tar, path, keys)
        done = 0
        for member in contents.members:
            with _next_file(tar, path, member.name, member.bytes) as source:
                _take(source, member, path, into)
            done += member.bytes
            told("checked" if into is None else "unpacked", done, contents.bytes)
        if tar.next() is not None:
            raise _damaged(path, "it holds more than its list names")
    return contents


def _write(file: IO[bytes], contents: Contents, folder: Path, keys: KeyRing, told: Told) -> None:
    listed = json.dumps({"format": FORMAT, "key": _key_name(keys), **asdict(contents)}).encode()
    signed = _signature(listed, keys).encode()
    done = 0
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in ((_LIST, listed), (_SIGNATURE, signed)):
            tar.addfile(_header(name, len(data)), io.BytesIO(data))
        for member in contents.members:
            with (folder / member.name).open("rb") as source:
                tar.addfile(_header(member.name, member.bytes), source)
            done += member.bytes
            told("written", done, contents.bytes)


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode = size, 0o600
    return header


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path, mode="r:") as tar:
            yield tar
    except (tarfile.TarError, EOFError) as error:
        raise _damaged(path, f"it is no backup of Drumbeat, or cut short ({error})") from None


def _contents(tar: tarfile.TarFile, path: Path, keys: KeyRing) -> Contents:
    with _next_file(tar, path, _LIST) as file:
        listed = file.read()
    with _next_file(tar, path, _SIGNATURE) as file:
        signature = file.read()
    try:
        told: dict[str, Any] = json.loads(listed)
        members = tuple(Member(**each) for each in told.pop("members"))
        version, key = told.pop("format"), told.pop("key")
        contents = Contents(**told, members=members)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _damaged(path, "its list cannot be read") from None
    if key != _key_name(keys):
        raise Conflict(f"{path} was made with another key file; with this one it is unreadable.")
    if not hmac.compare_digest(_signature(listed, keys).encode(), signature):
        raise _damaged(path, "its list was changed after it was signed")
    if version != FORMAT:
        raise Conflict(f"{path} has the format {version}; this Drumbeat reads {FORMAT}.")
    if not all(_NAME.fullmatch(member.name) for member in members):
        raise _damaged(path, "it names a file outside of the data folder")
    return contents


@contextmanager
def _next_file(
    tar: tarfile.TarFile, path: Path, name: str, size: int | None = None
) -> Iterator[IO[bytes]]:
    found = tar.next()
    if found is None or found.name != name or found.type != tarfile.REGTYPE:
        raise _damaged(path, f"{name} is missing where it should come")
    if found.size != size if size is not None else found.size > _MOST_LIST:
        raise _damaged(path, f"{name} has another length than was signed")
    file = tar.extractfile(found)
    assert file is not None, "a regular file"
    with file:
        yield file


def _take(source: IO[bytes], member: Member, path: Path, into: Path | None) -> None:
    target = None if into is None else into / member.name
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    with open(os.devnull if target is None else target, "wb") as file:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
        if target is not None:
            file.flush()
            os.fsync(file.fileno())
    if digest.hexdigest() != member.sha256:
        raise _damaged(path, f"{member.name} is not what was signed")


def _signature(listed: bytes, keys: KeyRing) -> str:
    return hmac.new(keys.derive("backup"), listed, hashlib.sha256).hexdigest()


def _key_name(keys: KeyRing) -> str:
    return keys.derive("backup: name of the key")[:8].hex()


def _damaged(path: Path, why: str) -> Conflict:
    return Conflict(f"{path} cannot be used: {why}.")


def names_below(folder: Path, *areas: str) -> Sequence[str]:
    """The files of these folders inside `folder`, as an archive names them."""
    found = [path for area in areas for path in (folder / area).rglob("*") if path.is_file()]
    return sorted(path.relative_to(folder).as_posix() for path in found)
