"""Who has a data folder open: everybody shares it; who moves or replaces it has it alone.

A lock of the operating system on one file in the folder: it ends with its process, whatever number
that had. Where no such lock can be had, as in a folder that nobody may write to, nothing is locked.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from drumbeat.kit.errors import Conflict

LOCK_FILE = "drumbeat.lock"


@dataclass(frozen=True)
class FolderLock:
    """Held until it is closed; `handle` is None where nothing could be locked."""

    folder: Path
    handle: int | None

    def keep_others_out(self) -> None:
        """From a share to having it alone. Raises BlockingIOError if somebody shares it."""
        if self.handle is not None:
            fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        if self.handle is not None:
            os.close(self.handle)


def share(folder: Path) -> FolderLock:
    """Beside everybody else who works there. Raises Conflict while somebody has it alone."""
    busy = f"{folder} is being moved or replaced just now: try again when that is done."
    return _take(folder, fcntl.LOCK_SH, busy)


@contextmanager
def alone(folder: Path, what: str) -> Iterator[FolderLock]:
    """Nobody opens the folder meanwhile; one that does not exist is not made.

    Raises Conflict, saying to stop it to `what`, if somebody has it open.
    """
    busy = f"A command or a program has {folder} open: let it end, or stop it, to {what}."
    lock = _take(folder, fcntl.LOCK_EX, busy) if folder.is_dir() else FolderLock(folder, None)
    try:
        yield lock
    finally:
        lock.close()


def remove_abandoned(parent: Path, pattern: str) -> None:
    """Folders whose maker was killed: they have its lock file, and nobody holds the lock."""
    for left in parent.glob(pattern):
        if not (left / LOCK_FILE).is_file():
            continue
        try:
            with alone(left, "remove it") as lock:
                if lock.handle is not None:
                    shutil.rmtree(left, ignore_errors=True)
        except Conflict:
            continue


def _take(folder: Path, how: int, busy: str) -> FolderLock:
    """Again if another folder took this one's name between the opening and the lock."""
    path = folder / LOCK_FILE
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return FolderLock(folder, None)
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(handle), path.stat()):
                return FolderLock(folder, handle)
        except BlockingIOError:
            os.close(handle)
            raise Conflict(busy) from None
        except FileNotFoundError:
            pass
        except OSError:  # a file system that knows no locks
            os.close(handle)
            return FolderLock(folder, None)
        os.close(handle)
