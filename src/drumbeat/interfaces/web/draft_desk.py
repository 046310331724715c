"""The last looks at mail that nobody has saved, kept for the frames that show them.

A frame has an address, and an address needs something to answer with. Kept in this process, in
memory, for the one person who looked; the oldest look makes room.
"""

import secrets
import threading
from dataclasses import dataclass, field

from drumbeat.kit.actor import Actor
from drumbeat.kit.errors import NotFound

MOST_KEPT = 24


@dataclass(frozen=True)
class KeptLook:
    person_no: int | None
    message: bytes


@dataclass
class DraftDesk:
    """Thread-safe."""

    _kept: dict[str, KeptLook] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, actor: Actor, message: bytes) -> str:
        """The key under which this person gets it back."""
        key = secrets.token_hex(12)
        with self._lock:
            while len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = KeptLook(actor.person_no, message)
        return key

    def get(self, actor: Actor, key: str) -> bytes:
        """Raises NotFound for a key that was never given out, to somebody else, or long ago."""
        with self._lock:
            look = self._kept.get(key)
        if look is None or look.person_no != actor.person_no:
            raise NotFound("This preview is not here any more: show it again.")
        return look.message
