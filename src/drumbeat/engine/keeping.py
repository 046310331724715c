"""A job that takes longer than its lease keeps it: renewed beside the job until it is done."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_UPKEEP

log = structlog.get_logger()


@dataclass(eq=False)
class LeaseKeeper:
    """Renews the lease of whatever `at_work` names, three times in its `seconds`."""

    drumbeat: Drumbeat
    holder: str
    seconds: float
    _job: str = ""
    _ended: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[None]:
        self._ended.clear()
        thread = threading.Thread(target=self._work, name="leases", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    @contextmanager
    def at_work(self, job: str) -> Iterator[None]:
        self._job = job
        try:
            yield
        finally:
            self._job = ""

    def _work(self) -> None:
        while not self._ended.wait(self.seconds / 3):
            job = self._job
            try:
                if job:
                    self._renew(job)
            except Exception as error:  # the edge of the thread: it is tried again
                log.warning("lease.not_renewed", job=job, error=type(error).__name__)

    def _renew(self, job: str) -> None:
        with self.drumbeat.begin(SYSTEM_UPKEEP) as department:
            department.leases.take(job, self.holder, now=time.time(), seconds=self.seconds)
