"""The engine sends what is due, once, to whom it may, and says what stands in the way."""

from dataclasses import replace
from datetime import timedelta
from time import monotonic, sleep

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.sending import Letter, Provider, WireLog
from drumbeat.kit.actor import SYSTEM_SENDING, SYSTEM_UPKEEP, Actor, Scope
from drumbeat.kit.errors import Conflict, InvalidInput, NotFound, ProviderFailed
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.delivery import (
    Accepted,
    Deferred,
    EngineName,
    Mailing,
    MailingState,
    Outcome,
    Refused,
)
from drumbeat.marketing.delivery.ports import Parcel
from tests.conftest import MARIA, HandClock
from tests.engine.sending.cast import FakeCarrier, HandTime, engine_for, wires
from tests.marketing.delivery.cast import NEWSLETTER, address, invite, open_frozen, plan_for, states

DOWN = Deferred("mail.example.com:25 refused the connection", "transport")


def test_everyone_due_gets_exactly_one_mail(house: Drumbeat) -> None:
    invite(house, 700)
    mailing_no = open_frozen(house, plan_for(house, 700, barred={5: "unsubscribed"}))
    carrier = FakeCarrier()
    engine = engine_for(house, carrier)
    engine.run_until_idle()
    assert set(carrier.accepted.values()) == {1}
    assert len(carrier.accepted) == 699
    assert address(5) not in carrier.accepted
    assert states(house, mailing_no) == {"sent": 699, "suppressed": 1}
    engine.close()
    assert list(wires(house).iterdir()) == []


def test_nobody_gets_mail_before_it_is_due(house: Drumbeat, clock: HandClock) -> None:
    invite(house, 4)
    mailing_no = open_frozen(house, plan_for(house, 4, later=[0, 0, 60, 60]))
    carrier = FakeCarrier()
    engine = engine_for(house, carrier)
    engine.run_until_idle()
    assert states(house, mailing_no) == {"sent": 2, "planned": 2}
    clock.advance(seconds=60)
    engine.run_until_idle()
    assert states(house, mailing_no) == {"sent": 4}


def test_each_arm_gets_its_letter_and_its_own_message_id(house: Drumbeat) -> None:
    invite(house, 2)
    mailing_no = open_frozen(house, plan_for(house, 2))
    seen: list[Parcel] = []

    def keep(parcel: Parcel) -> Outcome:
        seen.append(parcel)
        return Accepted("")

    engine_for(house, FakeCarrier(keep)).run_until_idle()
    with house.look(MARIA) as department:
        lines = {line.email: line for line in department.delivery.ledger_rows(mailing_no)}
    for parcel in seen:
        line = lines[parcel.recipient]
        assert parcel.sender == NEWSLETTER.sender_email
        assert line.message_id.encode() in parcel.message
        assert f"\r\n{line.variant} ".encode() in parcel.message


def test_an_unsubscribe_after_the_claim_still_stops_the_mail(house: Drumbeat) -> None:
    invite(house, 50)
    mailing_no = open_frozen(house, plan_for(house, 50, domains=["example.com"]))

    def first_one_withdraws_the_last(parcel: Parcel) -> Outcome:
        if parcel.recipient == address(1):
            with house.begin(MARIA) as department:
                department.audience.withdraw(ContactNo(50), source="test")
        return Accepted("")

    carrier = FakeCarrier(first_one_withdraws_the_last, connections=1)
    engine_for(house, carrier).run_until_idle()
    assert address(50) not in carrier.accepted
    assert states(house, mailing_no) == {"sent": 49, "suppressed": 1}
    with house.look(MARIA) as department:
        assert department.delivery.ledger(mailing_no).reasons == {"unsubscribed": 1}


def test_an_unsubscribe_while_the_server_thinks_recalls_the_mail(house: Drumbeat) -> None:
    invite(house, 3)
    mailing_no = open_frozen(house, plan_for(house, 3, domains=["example.com"]))

    def second_one_leaves(parcel: Parcel) -> None:
        if parcel.recipient == address(2):
            with house.begin(MARIA) as department:
                department.audience.withdraw(ContactNo(2), source="test")

    carrier = FakeCarrier(before_body=second_one_leaves, connections=1)
    engine_for(house, carrier).run_until_idle()
    assert address(2) not in carrier.accepted
    assert states(house, mailing_no) == {"sent": 2, "suppressed": 1}


def test_a_stop_does_not_wait_for_the_next_turn_of_a_slow_pace(house: Drumbeat) -> None:
    invite(house, 3)
    mailing_no = open_frozen(house, plan_for(house, 3))
    engine = replace(engine_for(house, FakeCarrier()), real=monotonic)
    engine = replace(engine, provider=Provider("fake", rate=0.01))
    with engine.running():
        while "sent" not in states(house, mailing_no):
            sleep(0.01)
        began = monotonic()
    assert monotonic() - began < 5
    assert states(house, mailing_no) == {"sent": 1, "planned": 2}


def test_what_somebody_else_judged_meanwhile_stays_judged(house: Drumbeat) -> None:
    invite(house, 6)
    mailing_no = open_frozen(house, plan_for(house, 6))

    def taken_for_dead(parcel: Parcel) -> Outcome:
        if "2@" in parcel.recipient:
            with house.begin(SYSTEM_SENDING) as department:
                boot = "11111111-2222-4333-8444-555555555555"
                department.sending.recover(EngineName("one", boot, "fake"), None)
        return Accepted("")

    engine_for(house, FakeCarrier(answer=taken_for_dead)).run_until_idle()
    assert states(house, mailing_no) == {"uncertain": 6}


def test_refusals_are_failed_and_the_others_still_leave(house: Drumbeat) -> None:
    invite(house, 6)
    mailing_no = open_frozen(house, plan_for(house, 6))

    def no_such(parcel: Parcel) -> Outcome | None:
        return Refused("550 no such user", True, 550) if "2@" in parcel.recipient else None

    carrier = FakeCarrier(before_body=no_such)
    engine_for(house, carrier).run_until_idle()
    assert states(house, mailing_no) == {"sent": 5, "failed": 1}


def test_a_letter_that_cannot_be_built_for_somebody_fails_for_them_alone(house: Drumbeat) -> None:
    class Picky:
        clean = True
        relaxed = False

        def build(self, *, to: str, **_: object) -> bytes:
            if to == address(2):
                raise InvalidInput("the field 'plan' is missing", field="plan")
            return b"Subject: hello\r\n\r\n"

    invite(house, 3)
    mailing_no = open_frozen(house, plan_for(house, 3))
    engine = replace(engine_for(house, FakeCarrier()), letters_of=lambda mailing: [Picky()] * 2)
    engine.run_until_idle()
    assert states(house, mailing_no) == {"sent": 2, "failed": 1}
    with house.look(MARIA) as department:
        [reason] = department.delivery.ledger(mailing_no).reasons
    assert reason == "not built: the field 'plan' is missing"


def test_an_outage_names_the_server_burns_nothing_and_is_waited_out(house: Drumbeat) -> None:
    invite(house, 30)
    mailing_no = open_frozen(house, plan_for(house, 30))
    time = HandTime()

    def down_for_three_seconds(parcel: Parcel) -> Outcome | None:
        return DOWN if time.now < 1003 else None

    carrier = FakeCarrier(before_body=down_for_three_seconds)
    engine = replace(engine_for(house, carrier), real=time, wait=time.wait)
    assert engine.step()
    with house.look(MARIA) as department:
        assert department.delivery.get(mailing_no).trouble == DOWN.reason
    assert states(house, mailing_no) == {"planned": 30}
    engine.run_until_idle()
    assert states(house, mailing_no) == {"sent": 30}
    assert time.waits == [1.0, 2.0]
    with house.look(MARIA) as department:
        assert department.delivery.get(mailing_no).trouble == ""


def test_a_lasting_outage_ends_an_idle_run_with_an_error_and_loses_nothing(
    house: Drumbeat,
) -> None:
    invite(house, 30)
    mailing_no = open_frozen(house, plan_for(house, 30))
    engine = engine_for(house, FakeCarrier(before_body=lambda parcel: DOWN))
    with pytest.raises(ProviderFailed, match=r"mail\.example\.com"):
        engine.run_until_idle()
    assert states(house, mailing_no) == {"planned": 30}
    assert engine.failure() is not None


def test_a_provider_that_asks_for_time_gets_it(house: Drumbeat, clock: HandClock) -> None:
    invite(house, 3)
    open_frozen(house, plan_for(house, 3))
    slow_down = Deferred("421 too many", "provider", clock() + timedelta(seconds=90))
    engine = engine_for(house, FakeCarrier(before_body=lambda parcel: slow_down))
    engine.step()
    assert engine.rest_seconds() == 90


def test_a_message_that_breaks_every_connection_waits_alone(house: Drumbeat) -> None:
    invite(house, 30)
    mailing_no = open_frozen(house, plan_for(house, 30))

    def cut(parcel: Parcel) -> Outcome | None:
        return DOWN if parcel.recipient == address(7) else None

    engine = engine_for(house, FakeCarrier(before_body=cut))
    engine.run_until_idle()
    assert states(house, mailing_no) == {"sent": 29, "planned": 1}


def test_a_carrier_that_goes_home_early_leaves_the_rest_planned(house: Drumbeat) -> None:
    class GoesHome(FakeCarrier):
        async def carry(self, parcels: object, receipts: object) -> None:
            return None

    invite(house, 5)
    mailing_no = open_frozen(house, plan_for(house, 5))
    engine = engine_for(house, GoesHome())
    with pytest.raises(ProviderFailed, match="no mail server can be reached"):
        engine.run_until_idle()
    assert states(house, mailing_no) == {"planned": 5}


def test_a_pause_gives_back_what_was_not_pulled(house: Drumbeat) -> None:
    invite(house, 40)
    mailing_no = open_frozen(house, plan_for(house, 40))
    real = HandTime()

    def pause_at_the_fifth(parcel: Parcel) -> Outcome:
        real.now += 1  # so that the engine looks around again
        if sum(carrier.accepted.values()) == 5:
            with house.begin(MARIA) as department:
                department.delivery.pause(mailing_no)
        return Accepted("")

    carrier = FakeCarrier(pause_at_the_fifth, connections=1)
    slow = Provider("fake", rate=5.0)
    engine = replace(engine_for(house, carrier), real=real, provider=slow)
    engine.run_until_idle()
    counts = states(house, mailing_no)
    assert 5 < counts["sent"] < 20
    assert counts["sent"] + counts["planned"] == 40


@pytest.mark.parametrize("gone", [True, False])
def test_without_the_person_who_decided_it_pauses_and_says_so(house: Drumbeat, gone: bool) -> None:
    def decider(mailing: Mailing) -> Actor:
        if gone:
            raise NotFound("This person has no account here any more.")
        return Actor("bob", frozenset({Scope.CAMPAIGNS_READ}), 7)

    invite(house, 2)
    mailing_no = open_frozen(house, plan_for(house, 2))
    carrier = FakeCarrier()
    engine = replace(engine_for(house, carrier), actor_for=decider)
    engine.run_until_idle()
    assert not carrier.accepted
    with house.look(MARIA) as department:
        mailing = department.delivery.get(mailing_no)
    assert mailing.state is MailingState.paused
    assert mailing.trouble


def test_a_mailing_whose_letters_are_refused_pauses_before_its_first_claim(house: Drumbeat) -> None:
    invite(house, 2)
    mailing_no = open_frozen(house, plan_for(house, 2))

    def refuse(mailing: Mailing) -> list[object]:
        raise Conflict("The sender is still the sandbox placeholder.")

    engine = replace(engine_for(house, FakeCarrier()), letters_of=refuse)  # type: ignore[arg-type]
    engine.run_until_idle()
    with house.look(MARIA) as department:
        mailing = department.delivery.get(mailing_no)
    assert (mailing.state, "placeholder" in mailing.trouble) == (MailingState.paused, True)
    assert states(house, mailing_no) == {"planned": 2}


def test_transactional_mail_goes_first(house: Drumbeat) -> None:
    invite(house, 400)
    open_frozen(house, plan_for(house, 400))
    receipt = replace(NEWSLETTER, kind="transactional")
    urgent = open_frozen(house, plan_for(house, 100), new=receipt)
    order: list[int] = []

    def note(parcel: Parcel) -> Outcome:
        order.append(parcel.place.mailing_no)
        return Accepted("")

    engine_for(house, FakeCarrier(note)).run_until_idle()
    assert set(order[:100]) == {urgent}
    assert len(order) == 500


def test_an_exhausted_mailing_can_be_settled(house: Drumbeat) -> None:
    invite(house, 3)
    mailing_no = open_frozen(house, plan_for(house, 3))
    engine_for(house, FakeCarrier()).run_until_idle()
    with house.begin(SYSTEM_UPKEEP) as department:
        assert department.delivery.list_exhausted() == [mailing_no]
        department.delivery.settle(department.delivery.recount(mailing_no))


def test_in_a_thread_it_is_busy_until_a_look_found_nothing(house: Drumbeat) -> None:
    invite(house, 20)
    mailing_no = open_frozen(house, plan_for(house, 20))
    engine = engine_for(house, FakeCarrier())
    for _ in range(2):
        with engine.running():
            while engine.busy():
                pass
    assert states(house, mailing_no) == {"sent": 20}


def test_one_last_message_meets_an_outage_like_many_would(house: Drumbeat) -> None:
    invite(house, 1)
    mailing_no = open_frozen(house, plan_for(house, 1))
    engine = engine_for(house, FakeCarrier(before_body=lambda parcel: DOWN))
    with pytest.raises(ProviderFailed, match=r"mail\.example\.com"):
        engine.run_until_idle()
    with house.look(MARIA) as department:
        [line] = department.delivery.ledger_rows(mailing_no)
        assert (line.state, line.reason) == ("planned", "")


def test_in_a_thread_a_lasting_fault_is_told_and_not_only_logged(house: Drumbeat) -> None:
    def faulty(_: Mailing) -> list[Letter]:
        raise ZeroDivisionError

    invite(house, 1)
    open_frozen(house, plan_for(house, 1))
    engine = replace(engine_for(house, FakeCarrier()), letters_of=faulty)
    with engine.running():
        ends = monotonic() + 30
        while (failure := engine.failure()) is None and monotonic() < ends:
            sleep(0.05)
    assert "ZeroDivisionError" in str(failure)


def test_an_answer_that_the_full_disk_could_not_keep_is_still_recorded(
    house: Drumbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    invite(house, 5)
    mailing_no = open_frozen(house, plan_for(house, 5))
    carrier = FakeCarrier(connections=1)
    engine = engine_for(house, carrier)
    with monkeypatch.context() as disk:
        disk.setattr(WireLog, "reply", full)
        with pytest.raises(ExceptionGroup):
            engine.step()
    assert states(house, mailing_no) == {"sent": 1, "planned": 4}
    engine.run_until_idle()
    assert states(house, mailing_no) == {"sent": 5}
    assert set(carrier.accepted.values()) == {1}
