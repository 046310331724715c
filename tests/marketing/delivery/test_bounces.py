"""What came back is matched to its message, counted once, and stops mail only where it must."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine import bounces
from drumbeat.kit.actor import SYSTEM_BOUNCES, SYSTEM_FACTS, SYSTEM_SENDING
from drumbeat.kit.errors import Conflict, NotPermitted
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.signing import Recipient
from drumbeat.marketing.delivery import (
    Accepted,
    ArrivedMail,
    Decision,
    EngineName,
    MailboxMark,
    SealedMail,
    Unknown,
    message_id_of,
    read_report,
    return_path_of,
    seal_mails,
)
from drumbeat.marketing.delivery.store_bounces import BounceStore
from drumbeat.marketing.folds import fold_facts
from tests.conftest import GUEST, MARIA, HandClock
from tests.marketing.delivery.bounces.corpus import AUTOMATIC, about, arf, dsn, plain
from tests.marketing.delivery.cast import address, invite, open_frozen, plan_for, states

ENGINE = EngineName("one", "boot", "smtp")


@pytest.fixture
def house(house: Drumbeat) -> Drumbeat:
    office = replace(house.office, return_path="bounces@mail.shop.example")
    house.in_force = replace(house.in_force, office=office)
    return house


def send(house: Drumbeat, count: int) -> MailingNo:
    """A mailing that everyone got."""
    mailing_no = open_frozen(house, plan_for(house, count))
    with house.begin(MARIA) as department:
        sending = department.sending
        claimed = sending.exchange(mailing_no, ENGINE, [], 500).claimed
        receipts = [each.ended(Accepted("")) for each in claimed]
        sending.exchange(mailing_no, ENGINE, receipts, 0)
    return mailing_no


def to(house: Drumbeat, mailing_no: MailingNo, contact: int, raw: bytes) -> bytes:
    """The mail as the receiver keeps it, arrived at the message's own return path."""
    path = return_path_of(house.office).of(Recipient(mailing_no, ContactNo(contact)))
    return f"Return-Path: <>\r\nDelivered-To: {path}\r\n".encode() + raw


def bounce(contact: int, status: str, words: str = "", action: str = "failed") -> bytes:
    return dsn([about(action, status, words, address(contact))])


def sealed(house: Drumbeat, *raws: bytes) -> list[SealedMail]:
    return seal_mails([ArrivedMail(raw, "receiver") for raw in raws], house.office.keys)


def arrive(house: Drumbeat, *raws: bytes) -> int:
    with house.begin(SYSTEM_BOUNCES) as department:
        added = department.bounces.take_in(sealed(house, *raws))
    while bounces.read(house):
        pass
    with house.begin(SYSTEM_FACTS) as department:
        fold_facts(department)
    return added


def reasons(house: Drumbeat, count: int) -> list[str]:
    with house.look(MARIA) as department:
        people = [ContactNo(number) for number in range(1, count + 1)]
        found = department.audience.permissions(people)
    return [found[number].reason for number in people]


def test_only_hard_bounces_and_complaints_stop_mail_at_once(house: Drumbeat) -> None:
    invite(house, 6)
    mailing_no = send(house, 6)
    raws = [
        bounce(1, "5.1.1", "550 5.1.1 user unknown"),
        bounce(2, "5.2.2", "552 5.2.2 mailbox full"),
        bounce(3, "5.7.1", "550 5.7.1 blocked by spamhaus"),
        bounce(4, "4.4.7", "expired"),
        bounce(5, "4.4.1", "timed out", action="delayed"),
        arf("abuse"),
    ]
    arrive(house, *(to(house, mailing_no, n + 1, raw) for n, raw in enumerate(raws)))
    barred = [reason or "may be mailed" for reason in reasons(house, 6)]
    assert barred == [
        "suppressed:bounced",
        *["may be mailed"] * 4,
        "suppressed:complained",
    ]
    assert states(house, mailing_no) == {"sent": 6}


def test_the_ledger_and_the_figures_say_what_came_back(house: Drumbeat) -> None:
    invite(house, 4)
    mailing_no = send(house, 4)
    arrive(
        house,
        to(house, mailing_no, 1, bounce(1, "5.1.1", "550 5.1.1 <reader1@example.com> unknown")),
        to(house, mailing_no, 2, bounce(2, "5.2.2", "552 5.2.2 mailbox full")),
        to(house, mailing_no, 3, bounce(3, "4.4.1", "timed out", action="delayed")),
    )
    with house.look(MARIA) as department:
        lines = {line.contact_no: line for line in department.delivery.ledger_rows(mailing_no)}
        arms = department.analytics.arm_counts(mailing_no).arms
        listed = department.bounces.list_(10)
    assert {line.state for line in lines.values()} == {"sent"}
    assert lines[ContactNo(1)].reason == "bounced (hard): 550 5.1.1 <address> unknown"
    assert lines[ContactNo(2)].reason.startswith("bounced (quota): ")
    assert lines[ContactNo(3)].reason == "delayed: timed out"
    assert lines[ContactNo(4)].reason == ""
    assert sum(arm.delivered for arm in arms) == 2  # quota and hard did not arrive
    assert [line.email for line in listed] == [address(3), address(2), address(1)]


def test_a_bounce_counts_once_however_often_it_is_told(house: Drumbeat) -> None:
    invite(house, 1)
    mailing_no = send(house, 1)
    raw = to(house, mailing_no, 1, bounce(1, "5.1.1", "550 5.1.1 user unknown"))
    again = to(house, mailing_no, 1, bounce(1, "5.1.1", "550 5.1.1 no such user"))
    assert arrive(house, raw, raw) == 1
    assert arrive(house, raw, again) == 1
    with house.look(MARIA) as department:
        happened = [(each.kind, each.why) for each in department.analytics.timeline(ContactNo(1))]
    assert sorted(happened) == [("bounced", "there is no such mailbox"), ("sent", "")]


def test_without_a_return_path_the_message_id_says_whose_it_is(house: Drumbeat) -> None:
    invite(house, 2)
    mailing_no = send(house, 2)
    ours = message_id_of(mailing_no, ContactNo(2), 0, house.office.keys, "shop.example")
    returned = f"Message-ID: {ours}\nSubject: Spring\n"
    block = about("failed", "5.1.1", "550 5.1.1 user unknown", address(2))
    arrive(house, dsn([block], returned=returned, returned_type="text/rfc822-headers"))
    assert reasons(house, 2) == ["", "suppressed:bounced"]


def test_a_redacted_complaint_is_found_by_what_it_returns(house: Drumbeat) -> None:
    invite(house, 2)
    mailing_no = send(house, 2)
    path = return_path_of(house.office).of(Recipient(mailing_no, ContactNo(1)))
    arrive(house, arf(fields=f"Original-Mail-From: <{path.upper()}>\n"))
    assert reasons(house, 2) == ["suppressed:complained", ""]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("not-spam", ""), ("auth-failure", ""), ("other", ""), ("opt-out", "suppressed:unsubscribed")],
)
def test_feedback_that_is_no_complaint_is_none(house: Drumbeat, kind: str, expected: str) -> None:
    invite(house, 1)
    mailing_no = send(house, 1)
    arrive(house, to(house, mailing_no, 1, arf(kind)))
    [found] = reasons(house, 1)
    assert found in (expected, expected.removeprefix("suppressed:"))


@pytest.mark.parametrize(
    "raw", [bounce(1, "5.2.2", "552 5.2.2 mailbox full"), AUTOMATIC["vacation(1)"]]
)
@pytest.mark.parametrize("again", [False, True])
def test_an_answer_proves_that_an_uncertain_message_left(
    house: Drumbeat, raw: bytes, again: bool
) -> None:
    invite(house, 1)
    mailing_no = open_frozen(house, plan_for(house, 1))
    with house.begin(MARIA) as department:
        [claimed] = department.sending.exchange(mailing_no, ENGINE, [], 10).claimed
        department.sending.exchange(mailing_no, ENGINE, [claimed.ended(Unknown("cut"))], 0)
    assert states(house, mailing_no) == {"uncertain": 1}
    if again:
        with house.begin(MARIA) as department:
            department.deciding.decide_uncertain(mailing_no, Decision.send_again, "cmp_1")
    arrive(house, to(house, mailing_no, 1, raw))
    assert states(house, mailing_no) == {"sent": 1}
    with house.look(MARIA) as department:
        [line] = department.delivery.ledger_rows(mailing_no)
        arms = department.analytics.arm_counts(mailing_no).arms
    assert line.provider == "an answer to it"
    assert [arm.sent for arm in arms] == [1]


def test_what_nobody_here_sent_changes_nothing_and_is_kept_for_a_look(
    house: Drumbeat, clock: HandClock
) -> None:
    invite(house, 1)
    send(house, 1)
    forged = b"Delivered-To: bounces+aaaaaaiaaaaaaciaab2345672345672a@mail.shop.example\r\n"
    arrive(house, forged + bounce(1, "5.1.1", "550 5.1.1 user unknown"))
    assert reasons(house, 1) == [""]
    with house.look(MARIA) as department:
        [line] = department.bounces.list_(10)
    assert (line.name, line.contact_id, line.mailing_no) == ("hard", "", None)
    clock.advance(days=31)
    assert bounces.forget(house)
    assert not bounces.forget(house)


def test_one_dead_address_behind_a_list_is_not_the_list(house: Drumbeat) -> None:
    invite(house, 1)
    mailing_no = send(house, 1)
    people = ["a@inner.example", "b@inner.example"]
    blocks = [about("failed", "5.1.1", "550 5.1.1 user unknown", each) for each in people]
    arrive(house, to(house, mailing_no, 1, dsn(blocks)))
    assert reasons(house, 1) == [""]


def test_an_automatic_reply_to_a_return_path_is_no_bounce(house: Drumbeat) -> None:
    invite(house, 1)
    mailing_no = send(house, 1)
    reply = plain(
        "I left: user unknown.",
        sender=address(1),
        subject="Out of office",
        headers="Auto-Submitted: auto-replied\n",
    )
    arrive(house, to(house, mailing_no, 1, reply))
    assert reasons(house, 1) == [""]
    with house.look(MARIA) as department:
        [line] = department.delivery.ledger_rows(mailing_no)
    assert line.reason == ""


def bounce_softly(house: Drumbeat, clock: HandClock, softly: Sequence[bool]) -> None:
    """One mailing a week; the ones that are True come back."""
    for comes_back in softly:
        mailing_no = send(house, 1)
        clock.advance(days=5)
        if comes_back:
            arrive(house, to(house, mailing_no, 1, bounce(1, "4.4.7", "expired")))
        clock.advance(days=2)


@pytest.mark.parametrize(
    ("softly", "expected"),
    [
        ([True] * 4, ""),
        ([True] * 5, "suppressed:bounced"),
        ([True, True, False, True, True, True], ""),
        ([False, True, True, True, True, True], "suppressed:bounced"),
    ],
)
def test_five_soft_bounces_in_a_row_are_enough(
    house: Drumbeat, clock: HandClock, softly: list[bool], expected: str
) -> None:
    invite(house, 1)
    bounce_softly(house, clock, softly)
    assert reasons(house, 1) == [expected]


def test_who_is_given_up_is_looked_at_in_a_unit_of_its_own(
    house: Drumbeat, clock: HandClock
) -> None:
    invite(house, 1)
    bounce_softly(house, clock, [True] * 4)
    mailing_no = send(house, 1)
    raw = to(house, mailing_no, 1, bounce(1, "4.4.7", "expired"))
    with house.begin(SYSTEM_BOUNCES) as department:
        department.bounces.take_in(sealed(house, raw))
        [mail] = department.bounces.list_waiting()
        concluded = department.bounces.conclude([(mail.number, read_report(raw))])
    assert concluded.softly == (1,)
    assert reasons(house, 1) == [""]
    with house.begin(SYSTEM_BOUNCES) as department:
        assert department.bounces.give_up(ContactNo(1))
    assert reasons(house, 1) == ["suppressed:bounced"]


def test_five_soft_bounces_in_a_year_are_not(house: Drumbeat, clock: HandClock) -> None:
    invite(house, 1)
    for _ in range(5):
        bounce_softly(house, clock, [True])
        clock.now += timedelta(days=60)
    assert reasons(house, 1) == [""]


def test_a_mailbox_is_read_on_by_one_engine_only(house: Drumbeat) -> None:
    first, second = MailboxMark(7, 10), MailboxMark(7, 20)
    with house.begin(SYSTEM_BOUNCES) as department:
        department.bounces.take_from_mailbox("box", None, first, sealed(house, b"a"))
    with house.begin(SYSTEM_BOUNCES) as department:
        department.bounces.take_from_mailbox("box", first, second, sealed(house, b"b"))
    with pytest.raises(Conflict), house.begin(SYSTEM_BOUNCES) as department:
        department.bounces.take_from_mailbox("box", first, second, sealed(house, b"c"))
    with house.look(SYSTEM_BOUNCES) as department:
        assert department.bounces.mailbox_mark("box") == second
        assert department.bounces.mailbox_mark("other") is None
        assert [mail.raw for mail in department.bounces.list_waiting()] == [b"a", b"b"]


def test_two_engines_that_read_the_same_mail_count_it_once(house: Drumbeat) -> None:
    invite(house, 1)
    mailing_no = send(house, 1)
    raw = to(house, mailing_no, 1, bounce(1, "5.2.2", "552 5.2.2 mailbox full"))
    with house.begin(SYSTEM_BOUNCES) as department:
        department.bounces.take_in(sealed(house, raw))
        readings = [(each.number, read_report(raw)) for each in department.bounces.list_waiting()]
    concluded = []
    for _ in range(2):
        with house.begin(SYSTEM_BOUNCES) as department:
            concluded.append(department.bounces.conclude(readings).mails)
    assert concluded == [1, 0]
    with house.look(MARIA) as department:
        happened = [each.kind for each in department.analytics.timeline(ContactNo(1))]
    assert sorted(happened) == ["bounced", "sent"]


def test_a_page_of_the_ledger_never_walks_what_came_back(house: Drumbeat) -> None:
    asked: list[tuple[str, object]] = []

    def note(_: object, cursor: object, statement: str, parameters: object, *rest: object) -> None:
        asked.append((statement, parameters))

    with house.database.begin() as connection:
        event.listen(connection, "before_cursor_execute", note)
        BounceStore(connection, house.office.keys).list_of_messages([(1, 2), (1, 3)])
        event.remove(connection, "before_cursor_execute", note)
        [(statement, parameters)] = asked
        assert "raw" not in statement
        if connection.dialect.name == "sqlite":
            found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
            [step, *_] = [row[3] for row in found]
            assert step.startswith("SEARCH bounce_mail USING INDEX"), step


def test_who_may_not_is_refused(house: Drumbeat) -> None:
    with house.begin(GUEST) as department:
        service = department.bounces
        for asked in (
            lambda: service.take_in([]),
            lambda: service.list_waiting(),
            lambda: service.conclude([]),
            lambda: service.list_(1),
        ):
            with pytest.raises(NotPermitted):
                asked()


def test_who_may_not_read_contacts_sees_no_address(house: Drumbeat) -> None:
    invite(house, 1)
    mailing_no = send(house, 1)
    arrive(house, to(house, mailing_no, 1, bounce(1, "5.1.1", "550 5.1.1 user unknown")))
    viewer = replace(
        SYSTEM_SENDING,
        scopes=MARIA.scopes - {s for s in MARIA.scopes if s.value.startswith("audience")},
    )
    with house.look(viewer) as department:
        [line] = department.bounces.list_(10)
    assert line.email == ""
    assert line.contact_id
