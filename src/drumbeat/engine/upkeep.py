"""Forget what was kept for a time only, and files that nothing names.

The first are the answers to requests with an Idempotency-Key, the second the plans of audiences
that were planned anew, or whose planner was killed before its row named them.
"""

import time

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_UPKEEP

ORPHANED_SECONDS = 86_400.0
"""A younger file may be one whose row is about to be written."""


def sweep(drumbeat: Drumbeat) -> bool:
    """One unit of at most 500 rows; True while there may be more."""
    with drumbeat.begin(SYSTEM_UPKEEP) as department:
        return department.requests.sweep(department.office.clock())


def sweep_plans(drumbeat: Drumbeat) -> bool:
    """Remove plan files that no mailing names; what a mailing was sent by is kept for ever."""
    files = drumbeat.office.files
    found = files.list_("plans")
    with drumbeat.look(SYSTEM_UPKEEP) as department:
        kept = department.delivery.list_plan_files()
    for name in found:
        if name not in kept and time.time() - files.written_at(name) > ORPHANED_SECONDS:
            files.remove(name)
    return False
