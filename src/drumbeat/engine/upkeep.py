"""Forget what was kept for a time only: the answers to requests with an Idempotency-Key."""

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_UPKEEP


def sweep(drumbeat: Drumbeat) -> bool:
    """One unit of at most 500 rows; True while there may be more."""
    with drumbeat.begin(SYSTEM_UPKEEP) as department:
        return department.requests.sweep(department.office.clock())
