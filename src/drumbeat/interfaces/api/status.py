"""REST: /status, the house at a glance."""

import time

from fastapi import APIRouter

from drumbeat.interfaces.api.house_answers import EngineView, Status
from drumbeat.interfaces.api.identity import Caller
from drumbeat.kit.clock import from_epoch
from drumbeat.marketing.campaigns.answer import house_status
from drumbeat.marketing.campaigns.pipeline import next_due

router = APIRouter(tags=["status"])

ADVANCING = "campaigns.advance"


@router.get("/status", response_model=Status)
def show_status(caller: Caller) -> dict[str, object]:
    """Totals over every campaign; `improvement` is null without a hold-out to compare with."""
    with caller.look() as department:
        return house_status(department)


@router.get("/engine", response_model=EngineView)
def show_engine(caller: Caller) -> dict[str, object]:
    """Whether an engine works here, and when something is due next."""
    with caller.look() as department:
        due = next_due(department)
        holder = department.leases.living(ADVANCING, now=time.time())
        now = department.office.clock()
        provisional = department.events.provisional()
        outages = department.connections.list_outages()
    return {
        "running": holder is not None,
        "due_now": due is not None and due <= now,
        "next_due": None if due is None else due.isoformat(),
        "provisional": provisional,
        "outages": [
            {"trouble": each.trouble, "tried_again_at": from_epoch(int(each.until)).isoformat()}
            for each in outages
        ],
    }
