"""At the root: /metrics, what the house measured of itself, for Prometheus.

Nobody's data, and nothing that costs more with more rows: kept counts, and lists of what is open.
"""

import shutil
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version

from fastapi import APIRouter, Response

from drumbeat.bootstrap.databases import is_postgresql
from drumbeat.interfaces.api.exposition import (
    CONTENT_TYPE,
    Family,
    exposed,
    one,
    process_families,
)
from drumbeat.interfaces.api.identity import Caller, CallingHouse
from drumbeat.marketing.campaigns import State
from drumbeat.marketing.department import Department
from drumbeat.storage.leases import holder_is_gone
from drumbeat.storage.migrations import NEWEST

router = APIRouter(tags=["status"])

MOST_COUNTED = 10_000
SENDING_LEASE = "sending."


@router.get("/metrics", response_class=Response)
def show_metrics(caller: Caller) -> Response:
    """In Prometheus' text format 0.0.4. On the port it takes a key with the scopes
    campaigns:read and events:read.
    """
    with caller.look() as department:
        families = [*_house(department), *_engines(department), *_machine(caller)]
    return Response(exposed(families), media_type=CONTENT_TYPE)


def _house(department: Department) -> Iterator[Family]:
    pulse, campaigns = department.sending.pulse(), department.campaigns.count_states()
    now = department.office.clock()
    age = 0.0 if pulse.oldest_due is None else (now - pulse.oldest_due).total_seconds()
    waiting, facts = department.approvals.count_waiting(), department.events.count_waiting
    yield Family(
        "drumbeat_messages",
        "Messages of all mailings by state; their sum is every recipient ever frozen.",
        [({"state": state}, n) for state, n in pulse.states.items()],
    )
    yield Family(
        "drumbeat_campaigns",
        "Campaigns by state.",
        [({"state": state.value}, campaigns.get(state, 0)) for state in State],
    )
    yield one("drumbeat_due_queues", "Queues whose next message is due now.", pulse.due_lanes)
    yield one("drumbeat_oldest_due_seconds", "How long the oldest due message has waited.", age)
    yield one("drumbeat_approvals_waiting", "Questions that wait for a person's yes.", waiting)
    counted = f"Facts to be folded, counted up to {MOST_COUNTED}."
    yield one("drumbeat_events_unfolded", counted, facts(MOST_COUNTED))


def _engines(department: Department) -> Iterator[Family]:
    now = time.time()
    leases = department.leases.list_()
    held = [(name, who, until - now) for name, who, until in leases]
    living = [(name, who) for name, who, left in held if left > 0 and not holder_is_gone(who)]
    sending = sum(name.startswith(SENDING_LEASE) for name, _ in living)
    engines = len({who for _, who in living})
    yield one("drumbeat_engines", "Engine processes that hold a lease.", engines)
    yield one("drumbeat_sending_engines", "Engines that are sending just now.", sending)
    yield Family(
        "drumbeat_job_lease_seconds",
        "How long a job's lease still holds; below zero, nobody has done the job since.",
        [({"job": name}, left) for name, _, left in held if not name.startswith(SENDING_LEASE)],
    )


def _machine(caller: CallingHouse) -> Iterator[Family]:
    drumbeat = caller.drumbeat
    database = "postgresql" if is_postgresql(drumbeat.settings) else "sqlite"
    told = {"version": version("drumbeat"), "schema": NEWEST, "database": database}
    told["python"] = sys.version.split()[0]
    yield Family("drumbeat_build_info", "Always 1; its labels say what runs.", [(told, 1)])
    free = shutil.disk_usage(drumbeat.home).free
    yield one("drumbeat_disk_free_bytes", "Free bytes on the data folder's disk.", free)
    yield from process_families()
