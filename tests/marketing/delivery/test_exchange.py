"""One exchange: receipts in, permission asked, messages out. One recovery: the log is believed."""

from datetime import timedelta

import numpy as np
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_FACTS, SYSTEM_SENDING
from drumbeat.kit.errors import Conflict, NotPermitted
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.delivery import (
    Accepted,
    Claimed,
    Decision,
    Deferred,
    Ending,
    EngineName,
    Exchange,
    Receipt,
    Refused,
    Released,
    Traces,
    Unknown,
    Withheld,
    plain_reason,
)
from tests.conftest import MARIA, MONDAY_9, HandClock
from tests.marketing.delivery.cast import invite, open_frozen, plan_for, states

ENGINE = EngineName("one", "boot-1", "smtp")
GREYLISTED = Deferred("450 4.2.0 <reader1@example.com>: greylisted for 300 s", "recipient")


def exchange(
    house: Drumbeat, mailing_no: MailingNo, receipts: list[Receipt], budget: int = 100
) -> Exchange:
    with house.begin(MARIA.through("engine")) as department:
        return department.sending.exchange(mailing_no, ENGINE, receipts, budget)


def receipt(claimed: Claimed, ending: Ending) -> Receipt:
    return claimed.ended(ending)


def unread(claimed: Claimed, ending: Ending) -> Receipt:
    """As it is after a restart, when nobody knows the row any more."""
    return claimed.ended(ending)._replace(row=None)


def facts(house: Drumbeat) -> list[tuple[str, int, str]]:
    with house.begin(SYSTEM_FACTS) as department:
        batch = department.events.fold()
    rows = batch.facts if batch else ()
    return sorted((str(row.kind), row.contact_no, str(row.reason)) for row in rows)


def test_it_claims_what_is_due_up_to_its_budget_every_lane_its_share(house: Drumbeat) -> None:
    invite(house, 20)
    later = [0] * 15 + [60] * 5
    mailing_no = open_frozen(house, plan_for(house, 20, later=later))
    first = exchange(house, mailing_no, [], budget=10)
    assert {claimed.place.lane_no for claimed in first.claimed} == {0, 1}
    assert len(first.claimed) == 10
    assert len(exchange(house, mailing_no, []).claimed) == 5
    assert exchange(house, mailing_no, []).claimed == ()
    assert states(house, mailing_no) == {"planned": 5, "claimed": 15}


def test_receipts_become_states_reasons_and_facts(house: Drumbeat) -> None:
    invite(house, 6)
    mailing_no = open_frozen(house, plan_for(house, 6, domains=["example.com"]))
    claimed = exchange(house, mailing_no, []).claimed
    endings: list[Ending] = [
        Accepted("queued as 4F2"),
        Refused("550 5.1.1 <reader2@example.com>: no such user", True, 550),
        Unknown("connection lost after the body"),
        Withheld("unsubscribed"),
        Released(),
        GREYLISTED,
    ]
    receipts = [receipt(row, ending) for row, ending in zip(claimed, endings, strict=True)]
    assert exchange(house, mailing_no, receipts, budget=0).recorded == 6
    assert states(house, mailing_no) == {
        "sent": 1,
        "failed": 1,
        "uncertain": 1,
        "suppressed": 1,
        "planned": 2,
    }
    with house.look(MARIA) as department:
        lines = {line.contact_no: line for line in department.delivery.ledger_rows(mailing_no)}
        reasons = department.delivery.ledger(mailing_no).reasons
    sent = lines[claimed[0].row.contact_no]
    assert (sent.provider, sent.sent_at, sent.reason) == ("smtp", MONDAY_9, "")
    assert reasons == {
        "550 5.1.1 <address> no such user": 1,
        "connection lost after the body": 1,
        "unsubscribed": 1,
    }
    waiting = lines[claimed[5].row.contact_no]
    assert waiting.planned_at == MONDAY_9 + timedelta(minutes=5)
    assert waiting.reason == "450 4.2.0 <address> greylisted for # s"
    assert facts(house) == [
        ("1", claimed[0].row.contact_no, "0"),
        ("3", claimed[1].row.contact_no, "20"),
    ]


def test_a_replayed_receipt_changes_nothing(house: Drumbeat) -> None:
    invite(house, 1)
    mailing_no = open_frozen(house, plan_for(house, 1))
    [claimed] = exchange(house, mailing_no, []).claimed
    assert exchange(house, mailing_no, [receipt(claimed, Accepted(""))]).recorded == 1
    assert exchange(house, mailing_no, [unread(claimed, Unknown("?"))]).recorded == 0
    with pytest.raises(Conflict):  # its claimer believed to know the row
        exchange(house, mailing_no, [receipt(claimed, Unknown("?"))])
    assert states(house, mailing_no) == {"sent": 1}
    assert len(facts(house)) == 1


def test_a_receipt_of_an_older_claim_does_not_touch_the_new_one(house: Drumbeat) -> None:
    invite(house, 1)
    mailing_no = open_frozen(house, plan_for(house, 1))
    [old] = exchange(house, mailing_no, []).claimed
    [new] = exchange(house, mailing_no, [receipt(old, Released())]).claimed
    assert new.claim_no != old.claim_no
    exchange(house, mailing_no, [unread(old, Accepted(""))])
    with pytest.raises(Conflict):
        exchange(house, mailing_no, [receipt(old, Accepted(""))])
    assert states(house, mailing_no) == {"claimed": 1}


def test_one_row_that_moved_on_takes_the_whole_exchange_back(house: Drumbeat) -> None:
    invite(house, 3)
    mailing_no = open_frozen(house, plan_for(house, 3))
    claimed = exchange(house, mailing_no, []).claimed
    exchange(house, mailing_no, [receipt(claimed[2], Accepted(""))])
    receipts = [receipt(each, Accepted("")) for each in claimed]
    with pytest.raises(Conflict):
        exchange(house, mailing_no, receipts)
    assert states(house, mailing_no) == {"claimed": 2, "sent": 1}
    assert exchange(house, mailing_no, [r._replace(row=None) for r in receipts]).recorded == 2
    assert states(house, mailing_no) == {"sent": 3}


def test_later_means_later_and_five_times_later_means_failed(
    house: Drumbeat, clock: HandClock
) -> None:
    invite(house, 1)
    mailing_no = open_frozen(house, plan_for(house, 1))
    tries = 0
    while states(house, mailing_no) != {"failed": 1}:
        claimed = exchange(house, mailing_no, []).claimed
        if claimed:
            tries += 1
            exchange(house, mailing_no, [receipt(claimed[0], GREYLISTED)], budget=0)
            assert exchange(house, mailing_no, []).claimed == ()
        clock.advance(hours=13)
    assert tries == 6
    with house.look(MARIA) as department:
        [reason] = department.delivery.ledger(mailing_no).reasons
    assert reason == "gave up after 6 tries: 450 4.2.0 <address> greylisted for # s"


def test_a_failure_of_the_provider_burns_no_attempt(house: Drumbeat) -> None:
    invite(house, 1)
    mailing_no = open_frozen(house, plan_for(house, 1))
    for _ in range(20):
        [claimed] = exchange(house, mailing_no, []).claimed
        down = Deferred("mail.example.com refused the connection", "transport")
        exchange(house, mailing_no, [receipt(claimed, down)], budget=0)
        assert states(house, mailing_no) == {"planned": 1}


def test_who_withdrew_before_the_claim_is_suppressed_right_there(house: Drumbeat) -> None:
    invite(house, 3)
    mailing_no = open_frozen(house, plan_for(house, 3))
    with house.begin(MARIA) as department:
        department.audience.withdraw(ContactNo(2), source="test")
    got = exchange(house, mailing_no, [])
    assert got.barred == 1
    assert len(got.claimed) == 2
    assert states(house, mailing_no) == {"claimed": 2, "suppressed": 1}


def test_a_paused_mailing_still_records_but_claims_nothing(house: Drumbeat) -> None:
    invite(house, 4)
    mailing_no = open_frozen(house, plan_for(house, 4))
    [claimed] = exchange(house, mailing_no, [], budget=1).claimed
    with house.begin(MARIA) as department:
        department.delivery.pause(mailing_no)
    got = exchange(house, mailing_no, [receipt(claimed, Accepted(""))])
    assert (got.recorded, got.claimed) == (1, ())
    with house.begin(MARIA) as department:
        department.delivery.resume(mailing_no)
    assert len(exchange(house, mailing_no, []).claimed) == 3


def test_what_was_claimed_when_it_was_cancelled_ends_as_cancelled_or_sent(house: Drumbeat) -> None:
    invite(house, 4)
    mailing_no = open_frozen(house, plan_for(house, 4))
    claimed = exchange(house, mailing_no, [], budget=3).claimed
    with house.begin(MARIA) as department:
        department.delivery.cancel(mailing_no)
        assert department.delivery.cancel_next(mailing_no) == 0
    endings: list[Ending] = [Accepted(""), Released(), GREYLISTED]
    exchange(house, mailing_no, [receipt(c, e) for c, e in zip(claimed, endings, strict=True)])
    assert states(house, mailing_no) == {"sent": 1, "suppressed": 3}


def test_a_person_without_the_scope_claims_and_records_nothing(house: Drumbeat) -> None:
    mailing_no = open_frozen(house, plan_for(house, 1))
    with house.begin(SYSTEM_SENDING) as department, pytest.raises(NotPermitted):
        department.sending.exchange(mailing_no, ENGINE, [], 10)


def test_recovery_believes_the_wire_log(house: Drumbeat) -> None:
    invite(house, 3)
    mailing_no = open_frozen(house, plan_for(house, 3, domains=["example.com"]))
    answered, begun, untouched = exchange(house, mailing_no, []).claimed
    traces = Traces(
        boot="boot-1",
        begun=frozenset((c.place, c.claim_no) for c in (answered, begun)),
        replies={(answered.place, answered.claim_no): Accepted("")},
    )
    with house.begin(SYSTEM_SENDING) as department:
        assert department.sending.recover(ENGINE, traces) == 3
        assert department.sending.list_claimants() == []
    assert states(house, mailing_no) == {"sent": 1, "uncertain": 1, "planned": 1}
    [again] = exchange(house, mailing_no, []).claimed
    assert again.row.contact_no == untouched.row.contact_no


@pytest.mark.parametrize("log", ["lost", "of another boot"])
def test_without_a_trustworthy_log_everything_unanswered_is_uncertain(
    house: Drumbeat, log: str
) -> None:
    invite(house, 2)
    mailing_no = open_frozen(house, plan_for(house, 2))
    answered, _ = exchange(house, mailing_no, []).claimed
    replies = {(answered.place, answered.claim_no): Accepted("")}
    traces = None if log == "lost" else Traces("boot-1", frozenset(), replies)
    now = EngineName(ENGINE.name, "boot-2", "smtp")
    with house.begin(SYSTEM_SENDING) as department:
        department.sending.recover(now, traces)
    expected = {"uncertain": 2} if log == "lost" else {"sent": 1, "uncertain": 1}
    assert states(house, mailing_no) == expected


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("250 2.0.0 Ok: queued as 3XyZ", "250 2.0.0 Ok: queued as #"),
        ("550 5.7.1 Blocked 192.0.2.7, see https://x.example/9", "550 5.7.1 Blocked # see #"),
        ("  no\r\nsuch\tuser ", "no such user"),
        ("", "no reason given"),
        ("x " * 500, ("x " * 60).strip()),
    ],
)
def test_reasons_keep_the_words_and_drop_what_is_different_every_time(said: str, kept: str) -> None:
    assert plain_reason(said) == kept


@pytest.mark.parametrize("seed", range(5))
def test_runs_of_neighbours_end_as_each_of_them_would_alone(
    house: Drumbeat, clock: HandClock, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    invite(house, 60)
    mailing_no = open_frozen(house, plan_for(house, 60))
    claimed = exchange(house, mailing_no, []).claimed
    kinds: list[Ending] = [Accepted(""), Accepted(""), Released(), Unknown("?"), GREYLISTED]
    drawn = chance.integers(0, len(kinds), len(claimed)).tolist()
    order = chance.permutation(len(claimed)).tolist()
    receipts = [receipt(claimed[at], kinds[drawn[at]]) for at in order]
    for part in (receipts[:37], receipts[37:]):
        exchange(house, mailing_no, part, budget=0)
    counts = states(house, mailing_no)  # which also says that the tallies agree with the rows
    accepted = sum(isinstance(kinds[kind], Accepted) for kind in drawn)
    assert counts.get("sent", 0) == accepted == len(facts(house))
    assert counts.get("uncertain", 0) == drawn.count(3)
    assert counts.get("planned", 0) == drawn.count(2) + drawn.count(4)
    clock.advance(hours=26)
    with house.begin(MARIA) as department:
        department.deciding.decide_uncertain(mailing_no, Decision.arrived, "cmp_1")
    with house.look(MARIA) as department:
        sent = department.delivery.ledger_rows(mailing_no, state="sent", limit=100)
    assert [line.sent_at for line in sent] == [MONDAY_9] * (accepted + drawn.count(3))


def test_a_run_with_one_row_that_moved_on_is_not_recorded_at_all(house: Drumbeat) -> None:
    invite(house, 20)
    mailing_no = open_frozen(house, plan_for(house, 20, domains=["example.com"]))
    claimed = exchange(house, mailing_no, []).claimed
    exchange(house, mailing_no, [receipt(claimed[9], Unknown("?"))], budget=0)
    with pytest.raises(Conflict):
        exchange(house, mailing_no, [receipt(each, Accepted("")) for each in claimed])
    assert states(house, mailing_no) == {"claimed": 19, "uncertain": 1}
