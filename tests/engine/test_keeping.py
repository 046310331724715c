"""A long job keeps its lease while it works, and nobody else's afterwards."""

import threading
import time
from itertools import takewhile

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.keeping import LeaseKeeper
from drumbeat.kit.actor import SYSTEM_UPKEEP
from drumbeat.storage.leases import holder_name

LOOKS = 2_000


def until(house: Drumbeat) -> float:
    with house.look(SYSTEM_UPKEEP) as department:
        return next((end for name, _, end in department.leases.list_() if name == "long"), 0.0)


def leases_seen(house: Drumbeat, pause: threading.Event) -> list[float]:
    """Every new end of the lease, until it moved twice."""
    seen = [until(house)]
    for _ in takewhile(lambda _: len(seen) < 3, range(LOOKS)):
        pause.wait(0.01)
        if until(house) != seen[-1]:
            seen.append(until(house))
    return seen


def test_a_job_that_outlasts_its_lease_keeps_it(house: Drumbeat) -> None:
    with house.begin(SYSTEM_UPKEEP) as department:
        assert department.leases.take("long", holder_name(), now=time.time(), seconds=0.3)
    keeper = LeaseKeeper(house, holder_name(), 0.3)
    with keeper.running(), keeper.at_work("long"):
        seen = leases_seen(house, threading.Event())
    assert len(seen) == 3
    assert seen == sorted(seen)


def test_between_jobs_nothing_is_renewed(house: Drumbeat) -> None:
    keeper = LeaseKeeper(house, holder_name(), 0.003)
    with keeper.running():
        threading.Event().wait(0.05)
    assert until(house) == 0.0
