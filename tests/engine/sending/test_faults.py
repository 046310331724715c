"""The engine and its real carrier against a server that misbehaves: the ledger tells what happened.

Nobody is mailed twice, nothing is lost, and only a body without an answer is uncertain.
"""

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from drumbeat.adapters.messengers.smtp import SmtpCarrier, parse_smtp_url
from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.sending import Provider, SendingEngine
from drumbeat.kit.errors import ProviderFailed
from drumbeat.kit.ids import MailingNo
from tests.conftest import MARIA, HandClock
from tests.engine.sending.cast import HandTime, PlainLetter, maria, wires
from tests.fault_server import FaultServer, Peer, Script
from tests.marketing.delivery.cast import address, invite, open_frozen, plan_for, states

PEOPLE = 12
_TO = re.compile(rb"To: (\S+)")


@dataclass
class Mailbox:
    """Whom a body arrived for, whole, and what the server then did about it."""

    arrived: Counter[str] = field(default_factory=Counter)
    turns: Counter[str] = field(default_factory=Counter)

    async def take(self, peer: Peer) -> str:
        body = await peer.hear_body()
        found = _TO.search(body)
        assert found is not None
        self.arrived[found[1].decode()] += 1
        return found[1].decode()


@contextmanager
def serving(*scripts: Script) -> Iterator[str]:
    """A fault server in a thread of its own; answers the URL to reach it by."""
    loop, server = asyncio.new_event_loop(), FaultServer(*scripts)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.listen(0), loop).result(10)
        yield f"smtp://127.0.0.1:{server.port}?timeout=0.5&connections=2&starttls=0"
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def engine(house: Drumbeat, url: str) -> SendingEngine:
    time = HandTime()
    return SendingEngine(
        house,
        SmtpCarrier(parse_smtp_url(url), pauses=()),
        name="one",
        folder=wires(house),
        letters_of=lambda mailing: [PlainLetter("A"), PlainLetter("B")],
        actor_for=maria,
        provider=Provider("mx"),
        real=time,
        wait=time.wait,
    )


def send(house: Drumbeat, *scripts: Script) -> None:
    """Until nothing is due, or the server is given up."""
    with serving(*scripts) as url:
        sending = engine(house, url)
        try:
            sending.run_until_idle()
        except ProviderFailed:
            pass
        finally:
            sending.close()


def conversation(mailbox: Mailbox, **answers: str) -> Script:
    """Takes mail, one command after another; `answers` by verb, or by verb and how many came."""

    async def talk(peer: Peer) -> None:
        await peer.welcome("8BITMIME")
        while True:
            line = await peer.hear()
            verb = line[:4].upper()
            mailbox.turns[verb] += 1
            said = answers.get(f"{verb}{mailbox.turns[verb]}", answers.get(verb, ""))
            if said == "cut":
                peer.cut()
                return
            if verb == "QUIT":
                await peer.say("221 bye")
                return
            await peer.say(said or ("354 go" if verb == "DATA" else "250 ok"))
            if verb == "DATA" and not said:
                await mailbox.take(peer)
                mailbox.turns["BODY"] += 1
                after = answers.get(f"BODY{mailbox.turns['BODY']}", answers.get("BODY", ""))
                if after == "cut":
                    peer.cut()
                    return
                if after == "late":
                    await peer.hang()
                    return
                await peer.say(after or "250 2.0.0 Ok: queued as Q1")

    return talk


@pytest.fixture
def mailing_no(house: Drumbeat) -> MailingNo:
    invite(house, PEOPLE)
    return open_frozen(house, plan_for(house, PEOPLE, domains=["example.com"]))


def attempts(house: Drumbeat, mailing_no: MailingNo) -> set[int]:
    with house.look(MARIA) as department:
        rows = department.delivery.ledgers.list_page(mailing_no, None, 1000, ())
    return {row.attempts for row in rows}


def nobody_twice(mailbox: Mailbox) -> bool:
    return set(mailbox.arrived.values()) <= {1}


@pytest.mark.parametrize("greeting", ["554 5.7.1 no service", "421 4.3.2 too busy", ""])
def test_a_server_that_refuses_stalls_or_is_silent_burns_nothing_and_loses_nobody(
    house: Drumbeat, mailing_no: MailingNo, greeting: str
) -> None:
    async def unwilling(peer: Peer) -> None:
        if greeting:
            await peer.say(greeting)
        await peer.hang()

    send(house, unwilling)
    assert states(house, mailing_no) == {"planned": PEOPLE}
    assert attempts(house, mailing_no) == {0}
    mailbox = Mailbox()
    send(house, conversation(mailbox))
    assert states(house, mailing_no) == {"sent": PEOPLE}
    assert len(mailbox.arrived) == PEOPLE
    assert nobody_twice(mailbox)


def test_a_body_without_an_answer_is_uncertain_and_everybody_else_is_sent(
    house: Drumbeat, mailing_no: MailingNo
) -> None:
    mailbox = Mailbox()
    send(house, conversation(mailbox, BODY3="cut", BODY7="late"))
    assert states(house, mailing_no) == {"sent": PEOPLE - 2, "uncertain": 2}
    assert nobody_twice(mailbox)
    assert len(mailbox.arrived) == PEOPLE


def test_two_connections_cut_at_once_cost_two_answers_and_nobody_an_attempt(
    house: Drumbeat, mailing_no: MailingNo
) -> None:
    mailbox = Mailbox()
    with serving(conversation(mailbox, BODY3="cut", BODY4="cut")) as url:
        sending = engine(house, url)
        sending.run_until_idle()
        assert sending.failure() is None
        sending.close()
    assert states(house, mailing_no) == {"sent": PEOPLE - 2, "uncertain": 2}
    assert attempts(house, mailing_no) == {0}
    assert nobody_twice(mailbox)
    assert len(mailbox.arrived) == PEOPLE


def test_a_server_that_always_cuts_after_the_body_is_given_up_and_costs_few(
    house: Drumbeat, mailing_no: MailingNo
) -> None:
    mailbox = Mailbox()
    send(house, conversation(mailbox, BODY="cut"))
    counts = states(house, mailing_no)
    assert counts["uncertain"] == mailbox.arrived.total() <= 6
    assert counts["planned"] == PEOPLE - counts["uncertain"]
    assert nobody_twice(mailbox)
    healthy = Mailbox()
    send(house, conversation(healthy))
    assert states(house, mailing_no) == {
        "sent": PEOPLE - counts["uncertain"],
        "uncertain": counts["uncertain"],
    }
    assert not mailbox.arrived.keys() & healthy.arrived.keys()


def test_a_connection_cut_before_the_body_costs_nobody_an_attempt(
    house: Drumbeat, mailing_no: MailingNo
) -> None:
    mailbox = Mailbox()
    send(house, conversation(mailbox, RCPT2="cut", DATA5="cut"))
    assert states(house, mailing_no) == {"sent": PEOPLE}
    assert attempts(house, mailing_no) == {0}
    assert nobody_twice(mailbox)
    assert len(mailbox.arrived) == PEOPLE


def test_421_in_the_middle_stops_everything_burns_nothing_and_goes_on_later(
    house: Drumbeat, mailing_no: MailingNo
) -> None:
    mailbox = Mailbox()
    send(house, conversation(mailbox, RCPT5="421 4.7.0 too many messages, slow down"))
    assert states(house, mailing_no) == {"sent": PEOPLE}
    assert attempts(house, mailing_no) == {0}
    assert nobody_twice(mailbox)


def test_4xx_and_then_5xx_is_tried_again_when_it_is_due_and_then_failed(
    house: Drumbeat, mailing_no: MailingNo, clock: HandClock
) -> None:
    mailbox = Mailbox()
    send(house, conversation(mailbox, RCPT4="450 4.2.1 busy, try again in 20 minutes"))
    assert states(house, mailing_no) == {"sent": PEOPLE - 1, "planned": 1}
    clock.advance(minutes=19)
    send(house, conversation(mailbox, RCPT="550 5.1.1 no such user"))
    assert states(house, mailing_no) == {"sent": PEOPLE - 1, "planned": 1}
    clock.advance(minutes=1)
    mailbox.turns.clear()
    send(house, conversation(mailbox, RCPT="550 5.1.1 no such user"))
    assert states(house, mailing_no) == {"sent": PEOPLE - 1, "failed": 1}
    assert attempts(house, mailing_no) == {0, 1}
    with house.look(MARIA) as department:
        assert department.delivery.ledger(mailing_no).reasons == {"550 5.1.1 no such user": 1}
    assert nobody_twice(mailbox)


def test_a_refused_body_is_failed_for_its_recipient_alone(
    house: Drumbeat, mailing_no: MailingNo
) -> None:
    mailbox = Mailbox()
    send(house, conversation(mailbox, BODY2="554 5.7.1 rejected as spam"))
    assert states(house, mailing_no) == {"sent": PEOPLE - 1, "failed": 1}
    assert len(mailbox.arrived) == PEOPLE
    assert {address(number) for number in range(1, PEOPLE + 1)} == mailbox.arrived.keys()
