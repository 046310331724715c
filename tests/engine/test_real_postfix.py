"""A real Postfix takes, refuses, bounces and queues our mail; the ledger says what came of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic

import pytest

from drumbeat.adapters.messengers.smtp import SmtpCarrier, SmtpServer
from drumbeat.bootstrap import Drumbeat
from drumbeat.engine import bounces
from drumbeat.kit.actor import SYSTEM_FACTS
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.audience import Consent, ContactRow
from drumbeat.marketing.delivery import LedgerLine
from drumbeat.marketing.folds import fold_facts
from tests.conftest import MARIA
from tests.engine.sending.cast import engine_for
from tests.marketing.delivery.cast import open_frozen, plan_for, states
from tests.postfix import Postfix, free_port, missing, postfix

needs_postfix = pytest.mark.skipif(bool(missing()), reason=missing() or "postfix")
pytestmark = [needs_postfix, pytest.mark.slow]

PEOPLE = {
    "ada": "ada@good.example",
    "refused": "refused@good.example",
    "gone": "gone@far.example",
    "full": "full@far.example",
    "blocked": "blocked@far.example",
    "slow": "slow@slow.example",
}
BOXES = {"ada@good.example": "ada", "refused@good.example": "550 5.1.1 No such mailbox here"}
FAR = {
    "gone@far.example": "550 5.1.1 User unknown",
    "full@far.example": "552 5.2.2 Mailbox full",
    "blocked@far.example": "554 5.7.1 Blocked by our reputation list",
}


@contextmanager
def relaying(house: Drumbeat) -> Iterator[Postfix]:
    """Postfix, whose bounces come back to the house's own receiver."""
    told = replace(house.settings, bounce_listen="127.0.0.1:0")
    office = replace(house.office, return_path="bounces@mail.shop.example")
    house.in_force = replace(house.in_force, settings=told, office=office)
    with house.receiving_bounces() as port:
        routes = {"mail.shop.example": port, "slow.example": free_port()}
        with postfix(BOXES, far=FAR, routes=routes) as server:
            yield server


def invite_people(house: Drumbeat) -> None:
    rows = [ContactRow(address, consent=Consent.subscribed) for address in PEOPLE.values()]
    with house.begin(MARIA) as department:
        department.audience.merge_contacts(rows)


def send_to_all(house: Drumbeat, server: Postfix) -> MailingNo:
    mailing_no = open_frozen(house, plan_for(house, len(PEOPLE)))
    address = SmtpServer("127.0.0.1", server.port, connections=2)
    engine_for(house, SmtpCarrier(address)).run_until_idle()  # type: ignore[arg-type]
    return mailing_no


def lines_of(house: Drumbeat, mailing_no: MailingNo) -> dict[str, LedgerLine]:
    names = {address: name for name, address in PEOPLE.items()}
    with house.look(MARIA) as department:
        return {names[line.email]: line for line in department.delivery.ledger_rows(mailing_no)}


def work_until(house: Drumbeat, done: Callable[[], bool], push: Callable[[], object]) -> bool:
    """The engine's own jobs, again and again, for a minute at the most."""
    ends = monotonic() + 60
    while not done() and monotonic() < ends:
        if not bounces.read(house):
            push()
        with house.begin(SYSTEM_FACTS) as department:
            fold_facts(department)
    return done()


def test_what_postfix_does_with_each_message_is_in_the_ledger(house: Drumbeat) -> None:
    invite_people(house)
    with relaying(house) as server:
        mailing_no = send_to_all(house, server)
        assert states(house, mailing_no) == {"sent": 5, "failed": 1}

        def told() -> bool:
            lines = lines_of(house, mailing_no)
            return all(lines[name].reason for name in PEOPLE if name != "ada")

        assert work_until(house, told, server.flush), server.log()
        lines = lines_of(house, mailing_no)
        assert lines["ada"].reason == ""
        assert lines["refused"].reason.startswith("550 5.1.1")
        assert lines["gone"].reason.startswith("bounced (hard): ")
        assert lines["full"].reason.startswith("bounced (quota): ")
        assert lines["blocked"].reason.startswith("bounced (policy): ")
        assert lines["slow"].reason.startswith("delayed: ")
        assert states(house, mailing_no) == {"sent": 5, "failed": 1}
        [mail] = server.mails_of("ada")
        assert b"bounces+" in mail.partition(b"\n")[0]
        assert server.log().count(": client=") == 5  # what we sent, and nothing in answer
    with house.look(MARIA) as department:
        numbers = {name: line.contact_no for name, line in lines.items()}
        found = department.audience.permissions(list(numbers.values()))
    barred = {name for name, number in numbers.items() if not found[ContactNo(number)].may_mail}
    assert barred == {"refused", "gone"}


def test_mail_given_up_after_days_in_the_queue_is_a_soft_bounce(house: Drumbeat) -> None:
    invite_people(house)
    with relaying(house) as server:
        server.set("maximal_queue_lifetime", "1s")
        mailing_no = send_to_all(house, server)

        def given_up() -> bool:
            return "bounced (soft)" in lines_of(house, mailing_no)["slow"].reason

        assert work_until(house, given_up, server.flush), server.log()
    with house.look(MARIA) as department:
        slow = lines_of(house, mailing_no)["slow"].contact_no
        assert department.audience.permissions([slow])[slow].may_mail
