"""Finishes what erasures left to do, and lets the retention rules remove what is old."""

from drumbeat.bootstrap import Drumbeat
from drumbeat.bootstrap.erasing import finish
from drumbeat.kit.actor import SYSTEM_RETENTION


def finish_erasures(drumbeat: Drumbeat) -> bool:
    """True if there were any."""
    return finish(drumbeat, SYSTEM_RETENTION)


def retain(drumbeat: Drumbeat) -> bool:
    """One bounded unit of the retention rules; True while there may be more."""
    with drumbeat.begin(SYSTEM_RETENTION) as department:
        removed = department.erasing.retain()
    return bool(removed)
