"""A sending engine's sign of life for those who cannot see its wire log: a lease in a table.

On one machine the log's lock tells who lives. On another, claims without a log here would look
lost; while their engine's lease holds they are left alone.
"""

import time
from dataclasses import dataclass

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_SENDING
from drumbeat.storage.leases import holder_name

SECONDS = 30.0


@dataclass(eq=False)
class Heartbeat:
    """`beat` often: it writes only when a third of the lease has passed."""

    drumbeat: Drumbeat
    engine: str
    _until: float = 0.0

    def beat(self) -> None:
        now = time.time()
        if self._until - now > SECONDS * 2 / 3:
            return
        with self.drumbeat.begin(SYSTEM_SENDING) as department:
            department.leases.take(_name(self.engine), holder_name(), now=now, seconds=SECONDS)
        self._until = now + SECONDS

    def stop(self) -> None:
        """No longer needed once this engine holds no claim."""
        if self._until:
            with self.drumbeat.begin(SYSTEM_SENDING) as department:
                department.leases.give_back(_name(self.engine), holder_name())
            self._until = 0.0


def beats_elsewhere(drumbeat: Drumbeat, engine: str) -> bool:
    """Whether another process holds the engine's lease, and is not known to have ended."""
    with drumbeat.look(SYSTEM_SENDING) as department:
        holder = department.leases.living(_name(engine), now=time.time())
    return holder not in (None, holder_name())


def _name(engine: str) -> str:
    return f"sending.{engine}"
