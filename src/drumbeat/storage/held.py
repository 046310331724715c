"""One thing a process holds in memory because making it is dear: newer takes its place."""

import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Held:
    """Thread-safe; what is held never changes, it is only replaced by something of a later time."""

    _thing: Any = None
    _at: int = -1
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self) -> Any:
        """None before anything was put."""
        with self._lock:
            return self._thing

    def put(self, thing: Any, at: int) -> None:
        with self._lock:
            if at >= self._at:
                self._thing, self._at = thing, at

    def drop(self) -> None:
        with self._lock:
            self._thing, self._at = None, -1
