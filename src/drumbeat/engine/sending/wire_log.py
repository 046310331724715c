"""The wire log: which messages touched the wire, kept through kill -9 in 24 bytes a step.

One record before each body and one after each reply, written into memory that the file shares: it
is the system's the moment it is there, as after a write, and costs no call. The file's lock says
that its engine lives; its header names the boot, because after a power cut the tail may be lost.
"""

import fcntl
import mmap
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from uuid import UUID, uuid4
from zlib import crc32

from drumbeat.kit.errors import Conflict
from drumbeat.marketing.delivery import (
    Accepted,
    Deferred,
    Outcome,
    Place,
    Refused,
    Traces,
    Unknown,
)

_MAGIC = b"drumwire"
_HEADER = struct.Struct(">8s16s")
_RECORD = struct.Struct(">IIIHBxHxx")  # mailing, place, claim, lane, kind, reply code
_SIZE = _RECORD.size + 4  # and a checksum
_ROOM = 1 << 18  # taken from the disk at once, so that none is missing when a record is written
_BEGUN = 1
_LOST_WORDS = "the server's words were lost in a restart"
_BOOT_FILE = Path("/proc/sys/kernel/random/boot_id")


class Sign(Enum):
    """What can be told of an engine's log besides its traces."""

    LIVING = "living"
    LOST = "lost"


def boot_id() -> str:
    """A UUID that differs after every start of the machine; a new one each time if unknown."""
    return _BOOT_FILE.read_text().strip() if _BOOT_FILE.exists() else str(uuid4())


class WireLog:
    """One engine's log. Raises Conflict if an engine of that name is running."""

    def __init__(self, path: Path, boot: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = path
        self._boot = UUID(boot)
        self._handle = _own(path)
        self._mapped: mmap.mmap | None = None
        self._end = os.fstat(self._handle).st_size

    def read(self) -> Traces | None:
        """What this engine, or an earlier one of its name, has written since `clear`."""
        return _decode(_content(self._handle))

    def clear(self) -> None:
        """Forget everything; only while no claim is open."""
        self._let_go()
        os.ftruncate(self._handle, 0)
        self._end = 0
        self._make_room()[: _HEADER.size] = _HEADER.pack(_MAGIC, self._boot.bytes)
        self._end = _HEADER.size

    @property
    def size(self) -> int:
        """Bytes written; the file is longer by room for more."""
        return self._end

    def begin(self, place: Place, claim_no: int) -> None:
        """The body's first byte is about to be written."""
        self._append(place, claim_no, _BEGUN, 0)

    def reply(self, place: Place, claim_no: int, outcome: Outcome) -> None:
        kind, code = (2, 0) if type(outcome) is Accepted else _encode(outcome)
        self._append(place, claim_no, kind, code)

    def close(self, *, forget: bool = False) -> None:
        """`forget` removes the file: right once no claim of this engine is open."""
        if forget:
            self._path.unlink(missing_ok=True)
        self._let_go()
        os.close(self._handle)

    def _append(self, place: Place, claim_no: int, kind: int, code: int) -> None:
        mailing_no, lane_no, number = place
        record = _RECORD.pack(mailing_no, number, claim_no, lane_no, kind, code)
        start, end = self._end, self._end + _SIZE
        mapped = self._mapped
        if mapped is None or end > len(mapped):
            mapped = self._make_room()
        mapped[start:end] = record + crc32(record).to_bytes(4, "big")
        self._end = end

    def _make_room(self) -> mmap.mmap:
        length = os.fstat(self._handle).st_size
        written = os.write(self._handle, bytes(_ROOM))
        if written != _ROOM:
            os.ftruncate(self._handle, length)
            raise OSError("The wire log could not be written: is the disk full?")
        self._let_go()
        self._mapped = mmap.mmap(self._handle, length + _ROOM)
        return self._mapped

    def _let_go(self) -> None:
        if self._mapped is not None:
            self._mapped.close()
            self._mapped = None


@contextmanager
def log_of(path: Path) -> Iterator[Traces | Sign]:
    """Another engine's log, locked while it is looked at, so that nobody else recovers it too."""
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        yield Sign.LOST
        return
    try:
        if not _lock(handle):
            yield Sign.LIVING
        else:
            yield _decode(_content(handle)) or Sign.LOST
    finally:
        os.close(handle)


def _own(path: Path) -> int:
    """Open and lock; again if somebody swept the file away between the two."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        if not _lock(handle):
            os.close(handle)
            raise Conflict(f"An engine named {path.stem} is running already.")
        if path.exists() and os.path.samestat(os.fstat(handle), path.stat()):
            return handle
        os.close(handle)


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _content(handle: int) -> bytes:
    return os.pread(handle, os.fstat(handle).st_size, 0)


def _decode(content: bytes) -> Traces | None:
    """None if the header is not whole. A torn or damaged record is skipped."""
    content = content[: _written(content)]
    if len(content) < _HEADER.size:
        return None
    magic, boot = _HEADER.unpack_from(content)
    if magic != _MAGIC:
        return None
    begun: set[tuple[Place, int]] = set()
    replies: dict[tuple[Place, int], Outcome] = {}
    for start in range(_HEADER.size, len(content) - _SIZE + 1, _SIZE):
        record = content[start : start + _RECORD.size]
        if crc32(record).to_bytes(4, "big") != content[start + _RECORD.size : start + _SIZE]:
            continue
        mailing_no, number, claim_no, lane_no, kind, code = _RECORD.unpack(record)
        key = (Place(mailing_no, lane_no, number), claim_no)
        if kind == _BEGUN:
            begun.add(key)
        else:
            replies[key] = _OUTCOMES[kind](code)
    return Traces(str(UUID(bytes=boot)), frozenset(begun), replies)


def _written(content: bytes) -> int:
    """Where the last record ends: there are zeros behind it, and it may end in some itself."""
    records = len(content.rstrip(b"\0")) - _HEADER.size
    return _HEADER.size - (-max(records, 0) // _SIZE) * _SIZE


def _encode(outcome: Outcome) -> tuple[int, int]:
    match outcome:
        case Accepted():
            return 2, 0
        case Deferred(_, "recipient"):
            return 3, 0
        case Deferred():
            return 4, 0
        case Refused(_, permanent, code):
            return 5 if permanent else 6, code
        case Unknown():
            return 7, 0


_OUTCOMES: dict[int, Callable[[int], Outcome]] = {
    2: lambda code: Accepted(""),
    3: lambda code: Deferred(_LOST_WORDS, "recipient"),
    4: lambda code: Deferred(_LOST_WORDS, "transport"),
    5: lambda code: Refused(f"{code} {_LOST_WORDS}", True, code),
    6: lambda code: Refused(f"{code} {_LOST_WORDS}", False, code),
    7: lambda code: Unknown("the engine was stopped before the reason was kept"),
}
