"""Who may run a job now: one row a job, so that any number of engines never run one twice at once.

Jobs are level-triggered and carry no payload: losing a lease loses nothing but time. A holder that
died on this machine frees its lease at once, because its process is gone.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, Float, String, Table, delete, or_, select, update

from drumbeat.storage.database import Connection, metadata, once, upsert

lease = Table(
    "lease",
    metadata,
    Column("name", String(160), primary_key=True),
    Column("holder", String(120), nullable=False),
    Column("until", Float, nullable=False),
)


def holder_name() -> str:
    """This process, told apart from a later one with the same number."""
    return f"{_machine()}:{os.getpid()}:{_started(os.getpid())}"


def holder_is_gone(holder: str) -> bool:
    """True only if the holder ran on this boot of this machine and its process has ended."""
    machine, _, rest = holder.partition(":")
    pid, _, started = rest.partition(":")
    return machine == _machine() and pid.isdigit() and _started(int(pid)) != started


@dataclass(frozen=True)
class LeaseStore:
    connection: Connection

    def take(self, name: str, holder: str, *, now: float, seconds: float) -> bool:
        """Hold `name` until `now + seconds` (wall clock); False if another living holder has it."""
        row = self.connection.execute(select(lease).where(lease.c.name == name)).first()
        if row is not None and row.holder != holder and holder_is_gone(row.holder):
            now_free = lease.c.holder == row.holder
        else:
            now_free = or_(lease.c.holder == holder, lease.c.until <= now)
        values = {"holder": holder, "until": now + seconds}
        if row is None:
            added = upsert(lease).values(name=name, **values).on_conflict_do_nothing()
            return self.connection.scalar(added.returning(lease.c.name)) is not None
        moved = update(lease).where(lease.c.name == name, now_free).values(values)
        return self.connection.execute(moved).rowcount == 1

    def give_back(self, name: str, holder: str) -> None:
        self.connection.execute(delete(lease).where(lease.c.name == name, lease.c.holder == holder))

    def remove_all(self) -> None:
        """Only where nobody works: in a copy of the database."""
        self.connection.execute(delete(lease))

    def list_(self) -> list[tuple[str, str, float]]:
        """Every lease's name, holder, and until when (wall clock)."""
        query = select(lease.c.name, lease.c.holder, lease.c.until).order_by(lease.c.name)
        return [(row.name, row.holder, row.until) for row in self.connection.execute(query)]

    def living(self, name: str, *, now: float) -> str | None:
        """Who holds `name` now and is not known to be gone."""
        return once(self.connection, (lease.name, name), lambda: self._living(name, now))

    def _living(self, name: str, now: float) -> str | None:
        row = self.connection.execute(select(lease).where(lease.c.name == name)).first()
        if row is None or row.until <= now or holder_is_gone(row.holder):
            return None
        return str(row.holder)


def _machine() -> str:
    """This boot of this machine, and of its containers this one: process numbers are theirs."""
    boot, numbers = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    if not boot.exists():
        return os.uname().nodename
    return f"{boot.read_text().strip()}.{os.stat(numbers).st_ino}"


def _started(pid: int) -> str:
    """The process's start time in clock ticks; "" if it is gone (or unknown on this system)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return ""
        except PermissionError:
            return "running"
        return "running" if not Path("/proc/self").exists() else ""
    return stat.rpartition(")")[2].split()[19]
