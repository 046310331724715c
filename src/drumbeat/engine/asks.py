"""Sends what readers asked for: puts one mail into the ledger for each request, and ends old ones.

The mail and the note that it is there are one unit of work: a request is mailed once.
"""

from collections import defaultdict
from collections.abc import Sequence

import structlog

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import GATEKEEPER, SYSTEM_UPKEEP, Actor
from drumbeat.kit.errors import Conflict, DrumbeatError
from drumbeat.kit.ids import PersonNo
from drumbeat.marketing.audience import ANSWER_TOPIC, Ask, AskKind
from drumbeat.marketing.delivery import MOST_AT_ONCE, TRANSACTIONAL, NewMailing
from drumbeat.marketing.department import Department

log = structlog.get_logger()


def send(drumbeat: Drumbeat) -> bool:
    """True if any request was answered by a mail in the ledger."""
    with drumbeat.look(SYSTEM_UPKEEP) as department:
        waiting = department.asks.list_waiting()
    alike: dict[tuple[AskKind, int], list[Ask]] = defaultdict(list)
    for ask in waiting:
        alike[ask.kind, ask.form_no or 0].append(ask)
    return any([_mailed(drumbeat, asks[:MOST_AT_ONCE]) for asks in alike.values()])


def expire(drumbeat: Drumbeat) -> bool:
    """End requests that nobody confirmed; True while there may be more."""
    with drumbeat.begin(SYSTEM_UPKEEP) as department:
        return department.asks.expire() > 0


def _mailed(drumbeat: Drumbeat, asks: Sequence[Ask]) -> bool:
    try:
        actor = _decider(drumbeat, asks[0].form_no)
        with drumbeat.begin(actor) as department:
            _mail(department, asks)
    except DrumbeatError as error:  # who decided is gone or lost the right: it waits, and is told
        log.warning("asks.unsent", kind=asks[0].kind.value, why=str(error))
        return False
    return True


def _decider(drumbeat: Drumbeat, form_no: int | None) -> Actor:
    """Who made the form; requests without one are answered in the name of the folder's owner."""
    owner = drumbeat.owner().through("engine")
    if form_no is None:
        return owner
    with drumbeat.look(owner) as department:
        form = department.forms.get_form_by_no(form_no)
    with drumbeat.look(GATEKEEPER) as department:
        return department.accounts.actor_of(form.owner_no).through("engine")


def _mail(department: Department, asks: Sequence[Ask]) -> None:
    sender = department.senders.default_sender()
    people = department.audience.recipients([ask.contact_no for ask in asks])
    domains = {each.contact_no: each.address.rpartition("@")[2] for each in people}
    # Who was erased since gets a row that says so: nobody is lost on the way.
    readers = [(ask.contact_no, domains.get(ask.contact_no, "")) for ask in asks]
    person = department.actor.person_no
    if person is None:
        raise Conflict("Nobody answers for this mail.")
    new = NewMailing(
        campaign_no=None,
        kind=TRANSACTIONAL,
        sender_name=sender.name,
        sender_email=sender.email,
        piece_no=asks[0].form_no or 0,
        piece_revision=1,
        decided_by=PersonNo(person),
        step=asks[0].kind.value,
        topic_no=ANSWER_TOPIC,
    )
    placed = department.answers.append(new, readers)
    for ask, (mailing_no, occasion) in zip(asks, placed, strict=True):
        if not department.asks.note_mailed(ask, mailing_no, occasion):
            raise Conflict(f"Request {ask.ask_no} was mailed by another engine.")
