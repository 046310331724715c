"""Pause, cancel and urgent mail bite within a second or two of work, on a clock that stands by."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.sending import Provider
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.delivery import TRANSACTIONAL, Accepted, DeliveryService, Outcome
from drumbeat.marketing.delivery.ports import Parcel
from tests.conftest import MARIA
from tests.engine.sending.cast import FakeCarrier, HandTime, engine_for
from tests.marketing.delivery.cast import NEWSLETTER, invite, open_frozen, plan_for, states

RATE = 10.0
PEOPLE = 120
TILL = "till@shop.example"


class Sent:
    """Sends at a pace; `then` is called once, after so many were taken."""

    def __init__(self, house: Drumbeat, after: int, then: Callable[[], None]) -> None:
        self.log: list[tuple[float, Parcel]] = []
        self.at = 0.0
        time = HandTime()

        def take(parcel: Parcel) -> Outcome:
            self.log.append((time.now, parcel))
            if len(self.log) == after:
                then()
                self.at = time.now
            return Accepted("")

        engine = engine_for(house, FakeCarrier(take, connections=1))
        engine = replace(engine, real=time, wait=time.wait, doze=time.doze)
        replace(engine, provider=Provider("mx", RATE)).run_until_idle()

    @property
    def later(self) -> list[float]:
        """Seconds after the order at which mail still left."""
        return [at - self.at for at, _ in self.log if at > self.at]


@pytest.mark.parametrize("order", [DeliveryService.pause, DeliveryService.cancel])
def test_nothing_leaves_two_seconds_after_a_pause_or_a_cancel(
    house: Drumbeat, order: Callable[[DeliveryService, MailingNo], object]
) -> None:
    invite(house, PEOPLE)
    mailing_no = open_frozen(house, plan_for(house, PEOPLE))

    def stop() -> None:
        with house.begin(MARIA) as department:
            order(department.delivery, mailing_no)

    sent = Sent(house, 25, stop)
    assert max(sent.later, default=0.0) <= 2.0
    assert 25 <= len(sent.log) <= 25 + 2 * RATE


def test_whoever_unsubscribes_gets_nothing_that_is_not_being_written(house: Drumbeat) -> None:
    invite(house, PEOPLE)
    mailing_no = open_frozen(house, plan_for(house, PEOPLE))

    def everybody_leaves() -> None:
        with house.begin(MARIA) as department:
            for number in range(1, PEOPLE + 1):
                department.audience.withdraw(ContactNo(number), source="test")

    sent = Sent(house, 25, everybody_leaves)
    assert sent.later == []
    assert states(house, mailing_no) == {"sent": 25, "suppressed": PEOPLE - 25}


def test_mail_that_somebody_waits_for_overtakes_a_mailing_under_way(house: Drumbeat) -> None:
    invite(house, PEOPLE)
    open_frozen(house, plan_for(house, PEOPLE))
    plan = plan_for(house, 3, domains=["gmail.com"])
    urgent = replace(NEWSLETTER, kind=TRANSACTIONAL, step="receipt", sender_email=TILL)

    def somebody_buys() -> None:
        open_frozen(house, plan, new=urgent)

    sent = Sent(house, 25, somebody_buys)
    urgent_at = [at for at, parcel in sent.log if parcel.sender == TILL]
    assert len(urgent_at) == 3
    assert max(urgent_at) - sent.at <= 2.0
    assert len(sent.log) == PEOPLE + 3
    took = sent.log[-1][0] - sent.log[0][0]
    assert took >= (PEOPLE + 2) / RATE * 0.98  # nobody left faster for it
