"""A provider that is out is left alone by every engine and through restarts, and burns nobody."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.sending import Provider, SendingEngine
from drumbeat.engine.sending.pacing import FAILURES_TO_REST, clock_ahead
from drumbeat.kit.actor import SYSTEM_SENDING
from drumbeat.kit.errors import ProviderFailed
from drumbeat.kit.ids import MailingNo
from drumbeat.marketing.delivery import Accepted, Deferred, Outcome, Unknown, asked_to_wait
from drumbeat.marketing.delivery.ports import Parcel
from tests.conftest import MARIA, HandClock
from tests.engine.sending.cast import FakeCarrier, HandTime, engine_for
from tests.marketing.delivery.cast import address, invite, open_frozen, plan_for, states

DOWN = Deferred("mail.example.com:25 refused the connection", "transport")
CLOSED = Deferred(
    "mail.example.com:25 said: 421 4.7.0 too many, try again in 3 minutes", "provider"
)


def engine(
    house: Drumbeat, carrier: FakeCarrier, time: HandTime, name: str = "one", provider: str = "mx"
) -> SendingEngine:
    made = engine_for(house, carrier, name=name)
    return replace(made, real=time, wait=time.wait, provider=Provider(provider))


def attempts(house: Drumbeat, mailing_no: MailingNo) -> Counter[int]:
    with house.look(MARIA) as department:
        rows = department.delivery.ledgers.list_page(mailing_no, None, 1000, ())
    return Counter(row.attempts for row in rows)


@pytest.fixture
def mailing_no(house: Drumbeat) -> MailingNo:
    invite(house, 40)
    return open_frozen(house, plan_for(house, 40))


def test_a_restart_does_not_hammer_a_provider_that_asked_for_rest(
    house: Drumbeat, mailing_no: MailingNo
) -> None:
    time, first = HandTime(), FakeCarrier(before_body=lambda parcel: CLOSED)
    before = engine(house, first, time)
    before.step()
    before.close()
    after = engine(house, FakeCarrier(), time)
    assert not after.step()
    assert after.rest_seconds() == pytest.approx(180, abs=1)
    time.wait(180)
    after.run_until_idle()
    assert states(house, mailing_no) == {"sent": 40}
    assert attempts(house, mailing_no) == {0: 40}


def test_another_engine_hears_of_it_while_it_sends(house: Drumbeat, mailing_no: MailingNo) -> None:
    time = HandTime()

    def the_other_one_is_told(parcel: Parcel) -> Outcome:
        time.now += 1  # so that the engine looks around again
        if sum(carrier.accepted.values()) == 3:
            with house.begin(SYSTEM_SENDING) as department:
                department.connections.note_outage("mx", "421", asked=60.0, now=wall(time))
        return Accepted("")

    carrier = FakeCarrier(the_other_one_is_told, connections=1)
    sending = engine(house, carrier, time)
    sending = replace(sending, provider=Provider("mx", rate=5.0))
    sending.step()
    assert sending.rest_seconds() > 40
    assert 3 < sum(carrier.accepted.values()) < 20


def test_another_login_at_the_same_server_is_not_held_up(
    house: Drumbeat, mailing_no: MailingNo
) -> None:
    time = HandTime()
    engine(house, FakeCarrier(before_body=lambda parcel: CLOSED), time).step()
    engine(house, FakeCarrier(), time, "two", "mx with another login").run_until_idle()
    assert states(house, mailing_no) == {"sent": 40}


def test_after_an_outage_one_message_tries_whether_it_is_over(
    house: Drumbeat, mailing_no: MailingNo
) -> None:
    time, seen = HandTime(), Counter[float]()

    def cut_after_the_body(parcel: Parcel) -> None:
        seen[time.now] += 1

    carrier = FakeCarrier(cut_after_the_body, connections=5)
    with pytest.raises(ProviderFailed):
        engine(house, carrier, time).run_until_idle()
    assert max(list(seen.values())[1:]) == 1
    counts = states(house, mailing_no)
    assert counts["uncertain"] == seen.total() <= FAILURES_TO_REST + (5 - 1) + 2
    assert counts["planned"] == 40 - counts["uncertain"]


def test_an_outage_that_ended_is_forgotten(house: Drumbeat, mailing_no: MailingNo) -> None:
    time = HandTime()
    carrier = FakeCarrier(before_body=lambda parcel: DOWN if time.now < 1003 else None)
    engine(house, carrier, time).run_until_idle()
    with house.look(SYSTEM_SENDING) as department:
        assert department.connections.list_outages() == []


def test_an_idle_run_that_finds_a_long_rest_says_so_instead_of_waiting(
    house: Drumbeat, mailing_no: MailingNo
) -> None:
    time = HandTime()
    with pytest.raises(ProviderFailed, match=r"too many.*tried again in 180 s"):
        engine(house, FakeCarrier(before_body=lambda parcel: CLOSED), time).run_until_idle()
    with house.look(MARIA) as department:
        assert "it is tried again at 09:03" in department.delivery.get(mailing_no).trouble


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("421 4.7.0 Try again in 15 minutes", 900),
        ("450 4.2.0 Greylisted for 300 seconds", 300),
        ("451 4.7.1 Please retry after 2 hours", 7200),
        ("450 4.7.1 greylisting in action, please come back in 00:04:51", None),
        ("421 Too many connections from 10.1.2.3, try again later", None),
        ("452 4.2.2 mailbox of 15 mb is full", None),
        ("421 wait 99999 hours", 86_400),
    ],
)
def test_what_a_server_asks_for_is_understood_and_bounded(words: str, seconds: int | None) -> None:
    assert asked_to_wait(words) == seconds


def test_a_recipient_is_tried_again_when_their_server_said(
    house: Drumbeat, clock: HandClock
) -> None:
    invite(house, 1)
    mailing_no = open_frozen(house, plan_for(house, 1))
    later = Deferred("450 4.2.0 greylisted for 45 minutes", "recipient")
    engine_for(house, FakeCarrier(before_body=lambda parcel: later)).run_until_idle()
    with house.look(MARIA) as department:
        [line] = department.delivery.ledger_rows(mailing_no)
    assert line.planned_at == clock() + timedelta(minutes=45)


def test_one_message_after_which_connections_break_does_not_end_the_others(
    house: Drumbeat, mailing_no: MailingNo
) -> None:
    def cut(parcel: Parcel) -> Outcome:
        return Unknown("hung up") if parcel.recipient == address(7) else Accepted("")

    engine_for(house, FakeCarrier(cut)).run_until_idle()
    assert states(house, mailing_no) == {"sent": 39, "uncertain": 1}


def wall(time: HandTime) -> float:
    return time() + clock_ahead()
