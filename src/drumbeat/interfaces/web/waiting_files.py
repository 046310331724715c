"""Files that were uploaded and wait for their person, in this process and nowhere else.

Kept until they are worked through, or until others need the place.
"""

import threading
import weakref
from dataclasses import dataclass, field
from typing import BinaryIO, Generic, Protocol, TypeVar

from drumbeat.kit.actor import Actor
from drumbeat.kit.errors import Conflict, NotFound
from drumbeat.marketing.audience import ImportProgress


class Waiting(Protocol):
    """A file with the key it is asked for by; nobody takes its place while it is `busy`."""

    key: str
    person_no: int | None
    file: BinaryIO

    @property
    def busy(self) -> bool: ...


T = TypeVar("T", bound=Waiting)


@dataclass
class WaitingFiles(Generic[T]):
    """Thread-safe. At most `most` wait; whoever moves one on to another state holds the `lock`."""

    most: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    _by_key: dict[str, T] = field(default_factory=dict)

    def put(self, waiting: T) -> T:
        """In place of the oldest that is idle. Raises Conflict while too many are at work."""
        weakref.finalize(waiting, waiting.file.close)  # of a file that nobody came back for
        with self.lock:
            while len(self._by_key) >= self.most:
                idle = next((each for each in self._by_key.values() if not each.busy), None)
                if idle is None:
                    raise Conflict("Several files are being imported: wait until one has ended.")
                self._by_key.pop(idle.key).file.close()
            self._by_key[waiting.key] = waiting
        return waiting

    def get(self, actor: Actor, key: str) -> T:
        """Raises NotFound for a key that was never given out, or to somebody else."""
        with self.lock:
            waiting = self._by_key.get(key)
        if waiting is None or waiting.person_no != actor.person_no:
            raise NotFound("This file is not here any more: upload it again.")
        return waiting


def share_read(at: ImportProgress) -> float:
    """0 to 1; all of an empty file."""
    return min(at.bytes_read / at.bytes_total, 1.0) if at.bytes_total else 1.0
