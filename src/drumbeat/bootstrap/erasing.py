"""Erasing somebody for good: the sandbox's mail, every table, every file of facts and segment.

Each part may be repeated. What a killed process left undone the engine finishes.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_SEGMENTS, Actor
from drumbeat.kit.ids import ContactNo
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience import Erasure
from drumbeat.marketing.campaigns.ports import Unit
from drumbeat.marketing.campaigns.subject_answer import subject_answer
from drumbeat.marketing.events import unname

MOST_MAILS = 10_000
_SEGMENTS_AT_ONCE = 5
"""Memberships written in one unit: each is as long as a bit for every contact there ever was."""

Opened = Callable[[], AbstractContextManager[Unit]]


def erase(drumbeat: Drumbeat, actor: Actor, contact_no: ContactNo) -> Erasure:
    """Returns once nothing in the house names them. Raises NotFound."""
    with drumbeat.look(actor) as department:
        address = department.audience.get_contact(contact_no).address
    with drumbeat.begin(actor) as department:
        erasure = department.erasing.erase(contact_no)
    drumbeat.sandbox.forget(address)
    finish(drumbeat, actor)
    return erasure


def finish(drumbeat: Drumbeat, actor: Actor) -> bool:
    """Make the facts and memberships of everybody who was erased nobody's; True if any were."""
    look, begin = partial(drumbeat.look, actor), partial(drumbeat.begin, actor)
    with look() as department:
        waiting = department.erasing.list_open()
    for erasure in waiting:
        unname(look, begin, erasure.contact_no)
        _leave_segments(look, begin, erasure.contact_no)
    if waiting:
        _forget_attributes(drumbeat)
    for erasure in waiting:
        with begin() as department:
            department.erasing.end(erasure)
    return bool(waiting)


def _leave_segments(look: Opened, begin: Opened, contact_no: int) -> None:
    """Out of every membership that is kept; one that is taken meanwhile is met in the next turn."""
    while True:
        with look() as unit:
            places = unit.erasing.list_memberships(contact_no)
        if not places:
            return
        for at in range(0, len(places), _SEGMENTS_AT_ONCE):
            with begin() as unit:
                unit.erasing.leave_memberships(contact_no, places[at : at + _SEGMENTS_AT_ONCE])


def _forget_attributes(drumbeat: Drumbeat) -> None:
    """The sealed copy of attributes that segments are counted from may still have theirs."""
    with drumbeat.begin(SYSTEM_SEGMENTS) as department:
        department.mirroring.unname()
    with drumbeat.look(SYSTEM_SEGMENTS) as department:
        department.mirroring.sweep()


def everything_about(drumbeat: Drumbeat, actor: Actor, address: str) -> JsonObject:
    """All that is kept about an address, also where no contact has it. Raises NotFound."""
    with drumbeat.look(actor) as department:
        told = subject_answer(department, address)
    mails = drumbeat.sandbox.list_(MOST_MAILS, to=str(told["email"]))
    told["sandbox_mail"] = [
        {
            "received_at": mail.received_at.isoformat(),
            "subject": mail.subject,
            "message_id": mail.message_id,
            "source": mail.raw.decode("utf-8", "replace"),
        }
        for mail in mails
    ]
    return told
