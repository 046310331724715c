"""Who got it, who did not, and why."""

import base64
from datetime import timedelta

import numpy as np
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import Actor
from drumbeat.kit.errors import Conflict, InvalidInput, NotPermitted
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.signing import Recipient, TokenSigner
from drumbeat.marketing.accounts import Role, scopes_of
from drumbeat.marketing.audience import contact_no_of
from drumbeat.marketing.delivery import (
    LedgerLine,
    MailingState,
    message_id_of,
    parse_message_id,
)
from drumbeat.marketing.delivery.model import SHOWN
from tests.conftest import GUEST, MARIA, MONDAY_9
from tests.marketing.delivery.cast import (
    address,
    invite,
    mixed_ledger,
    open_frozen,
    plan_for,
    states,
)


def test_rows_come_in_pages_and_every_recipient_exactly_once(house: Drumbeat) -> None:
    invite(house, 25)
    mailing_no = open_frozen(house, plan_for(house, 25, barred={3: "unsubscribed"}))
    lines, after = [], ""
    with house.look(MARIA) as department:
        while page := department.delivery.ledger_rows(mailing_no, after=after, limit=7):
            lines += page
            after = page[-1].after
    assert sorted(line.email for line in lines) == sorted(address(n) for n in range(1, 26))
    barred = next(line for line in lines if line.contact_no == 3)
    assert (barred.state, barred.reason) == ("suppressed", "unsubscribed")
    planned = next(line for line in lines if line.contact_no == 2)
    assert (planned.state, planned.variant, planned.planned_at) == ("planned", "B", MONDAY_9)
    assert planned.step == "email"
    assert planned.sent_at is None
    assert planned.provider == ""


def test_who_reads_campaigns_but_no_contacts_sees_rows_without_addresses(house: Drumbeat) -> None:
    invite(house, 2)
    mailing_no = open_frozen(house, plan_for(house, 2))
    viewer = Actor("viewer", scopes_of(Role.VIEWER), person_no=3)
    with house.look(MARIA) as department:
        known = department.delivery.ledger_rows(mailing_no)
    with house.look(viewer) as department:
        seen = department.delivery.ledger_rows(mailing_no)
        history = department.delivery.history_of(seen[0].contact_no)
    assert [line.contact_id for line in seen] == [line.contact_id for line in known]
    assert [contact_no_of(line.contact_id, house.office.keys) for line in seen] == [
        line.contact_no for line in known
    ]
    assert {line.email for line in [*seen, *history]} == {""}
    assert all(line.email for line in known)
    assert {line.message_id for line in [*seen, *history]} == {""}  # a complaint could name it
    assert all(line.message_id for line in known)


def test_rows_can_be_asked_for_by_state(house: Drumbeat) -> None:
    invite(house, 6)
    mailing_no = open_frozen(house, plan_for(house, 6, barred={3: "unsubscribed", 4: "no_consent"}))
    with house.look(MARIA) as department:
        delivery = department.delivery
        first = delivery.ledger_rows(mailing_no, state="suppressed", limit=1)
        rest = delivery.ledger_rows(mailing_no, state="suppressed", after=first[-1].after)
        planned = delivery.ledger_rows(mailing_no, state="planned")
        with pytest.raises(InvalidInput, match="planned, claimed"):
            delivery.ledger_rows(mailing_no, state="lost")
    assert {line.contact_no for line in first + rest} == {3, 4}
    assert {line.contact_no for line in planned} == {1, 2, 5, 6}


@pytest.mark.parametrize("seed", range(5))
def test_pages_of_a_state_are_the_whole_list_without_the_others(house: Drumbeat, seed: int) -> None:
    """Whatever a ledger looks like, wherever a page begins, whatever its size."""
    mixed = mixed_ledger(house, 90, seed)
    rng = np.random.default_rng(seed)
    with house.look(MARIA) as department:
        pages = department.delivery.ledger_rows
        every = pages(mixed, limit=2000)
        assert len(every) == 90
        for state in SHOWN:
            limit, found, after = int(rng.integers(1, 40)), list[LedgerLine](), ""
            while page := pages(mixed, state=state, after=after, limit=limit):
                assert len(page) <= limit
                found += page
                after = page[-1].after
            assert found == [line for line in every if line.state == state], state
        assert {line.state for line in every} == set(SHOWN)


def test_one_address_in_a_mailing_is_found_however_many_came_since(house: Drumbeat) -> None:
    invite(house, 3)
    first = open_frozen(house, plan_for(house, 3))
    open_frozen(house, plan_for(house, 3))
    with house.look(MARIA) as department:
        pages = department.delivery.ledger_rows
        [line] = pages(first, email=address(2))
        assert (line.mailing_no, line.email) == (first, address(2))
        assert pages(first, email=address(2), state="planned") == [line]
        assert pages(first, email=address(2), state="sent") == []
        assert pages(first, email=address(2).upper()) == [line]
        assert pages(first, email=address(77)) == []
        assert pages(first, email="no address") == []
    viewer = Actor("viewer", scopes_of(Role.VIEWER), person_no=3)
    with house.look(viewer) as department, pytest.raises(NotPermitted):
        department.delivery.ledger_rows(first, email=address(2))


def test_a_page_starts_only_behind_a_row(house: Drumbeat) -> None:
    mailing_no = open_frozen(house, plan_for(house, 1))
    with house.look(MARIA) as department, pytest.raises(InvalidInput):
        department.delivery.ledger_rows(mailing_no, after="first")


def test_a_message_id_names_its_recipient_and_is_the_same_every_time(house: Drumbeat) -> None:
    keys = house.office.keys
    text = message_id_of(MailingNo(7), ContactNo(12345), 0, keys, "shop.example")
    assert text == message_id_of(MailingNo(7), ContactNo(12345), 0, keys, "shop.example")
    assert text.endswith("@shop.example>")
    assert parse_message_id(text.lower(), keys) == Recipient(MailingNo(7), ContactNo(12345), 0)


def test_a_message_id_of_an_earlier_version_is_still_understood(house: Drumbeat) -> None:
    keys, who = house.office.keys, Recipient(MailingNo(7), ContactNo(12345), 0)
    signed = TokenSigner(keys.derive("message-id")).signed(who)
    earlier = base64.b32encode(signed).decode().rstrip("=").lower()
    assert parse_message_id(f"<{earlier}@shop.example>", keys) == who


@pytest.mark.parametrize(
    "text", ["", "<>", "<a@b>", "<ünïcode@b>", "x" * 500, "<aaaa@", f"<{'é1' * 22}@b>"]
)
def test_a_foreign_message_id_names_nobody(house: Drumbeat, text: str) -> None:
    assert parse_message_id(text, house.office.keys) is None


def test_the_history_of_a_contact_spans_mailings_newest_first(house: Drumbeat) -> None:
    invite(house, 5)
    first = open_frozen(house, plan_for(house, 5))
    second = open_frozen(house, plan_for(house, 5, barred={4: "no_consent"}))
    with house.look(MARIA) as department:
        lines = department.delivery.history_of(ContactNo(4))
    assert [(line.mailing_no, line.state) for line in lines] == [
        (second, "suppressed"),
        (first, "planned"),
    ]


def test_links_lead_where_they_were_saved_and_cannot_change_once_out(house: Drumbeat) -> None:
    mailing_no = open_frozen(house, plan_for(house, 1), start=False)
    with house.begin(MARIA) as department:
        department.delivery.save_links(mailing_no, ["https://a.example/", "https://b.example/"])
        department.delivery.start(mailing_no)
    with house.begin(MARIA) as department:
        assert department.delivery.link_target(mailing_no, 1) == "https://b.example/"
        assert department.delivery.link_target(mailing_no, 2) is None
        with pytest.raises(Conflict):
            department.delivery.save_links(mailing_no, ["https://evil.example/"])


def test_a_paused_mailing_has_nothing_due(house: Drumbeat) -> None:
    mailing_no = open_frozen(house, plan_for(house, 2, later=[3600, 7200]))
    with house.look(MARIA) as department:
        assert department.delivery.next_due() == MONDAY_9 + timedelta(hours=1)
        assert department.delivery.next_due_of(mailing_no) == MONDAY_9 + timedelta(hours=1)
    with house.begin(MARIA) as department:
        department.delivery.pause(mailing_no)
        assert department.delivery.next_due() is None


def test_a_mailing_that_has_ended_wants_to_be_settled_now(house: Drumbeat) -> None:
    mailing_no = open_frozen(house, plan_for(house, 1, barred={1: "no_consent"}), start=False)
    with house.begin(MARIA) as department:
        assert department.delivery.next_due_of(mailing_no) is None
        department.delivery.start(mailing_no)
        assert department.delivery.next_due_of(mailing_no) == MONDAY_9
        assert department.delivery.next_due() is None


def test_illegal_transitions_say_what_would_be_legal(house: Drumbeat) -> None:
    mailing_no = open_frozen(house, plan_for(house, 1))
    with house.begin(MARIA) as department:
        department.delivery.cancel(mailing_no)
        with pytest.raises(Conflict, match=r"is cancelled: it cannot be resumed.*paused"):
            department.delivery.resume(mailing_no)


def test_pausing_before_the_start_is_harmless(house: Drumbeat) -> None:
    mailing_no = open_frozen(house, plan_for(house, 1), start=False)
    with house.begin(MARIA) as department:
        assert department.delivery.pause(mailing_no).state is MailingState.ready
        assert department.delivery.start(mailing_no).state is MailingState.sending
        assert department.delivery.pause(mailing_no).state is MailingState.paused
        with pytest.raises(Conflict, match="resume"):
            department.delivery.start(mailing_no)


def test_cancelling_turns_every_waiting_row_into_suppressed_in_bounded_units(
    house: Drumbeat,
) -> None:
    mailing_no = open_frozen(house, plan_for(house, 100, barred={1: "unsubscribed"}))
    with house.begin(MARIA) as department:
        department.delivery.cancel(mailing_no)
    lefts: list[int] = []
    while not lefts or lefts[-1]:
        with house.begin(MARIA) as department:
            lefts.append(department.delivery.cancel_next(mailing_no, limit=30))
    assert lefts == [69, 39, 9, 0]
    assert states(house, mailing_no) == {"suppressed": 100}
    with house.look(MARIA) as department:
        assert department.delivery.ledger(mailing_no).reasons == {
            "cancelled": 99,
            "unsubscribed": 1,
        }


def test_a_mailing_with_open_rows_is_not_settled(house: Drumbeat) -> None:
    mailing_no = open_frozen(house, plan_for(house, 3))
    with house.begin(MARIA) as department:
        recount = department.delivery.recount(mailing_no)
        with pytest.raises(Conflict, match="3 wait"):
            department.delivery.settle(recount)


def test_a_mailing_that_nobody_may_get_is_exhausted_and_settles(house: Drumbeat) -> None:
    mailing_no = open_frozen(house, plan_for(house, 2, barred={1: "no_consent", 2: "no_consent"}))
    with house.begin(MARIA) as department:
        assert department.delivery.list_exhausted() == [mailing_no]
        recount = department.delivery.recount(mailing_no)
        assert department.delivery.settle(recount).state is MailingState.settled


def test_a_guest_may_do_nothing(house: Drumbeat) -> None:
    mailing_no = open_frozen(house, plan_for(house, 1))
    with house.begin(GUEST) as department:
        for act in (
            department.delivery.start,
            department.delivery.pause,
            department.delivery.cancel,
            department.delivery.ledger,
        ):
            with pytest.raises(NotPermitted):
                act(mailing_no)
