"""What becomes of messages whose end nobody saw: a person decides, or evidence does."""

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.facts import fold
from drumbeat.kit.actor import SYSTEM_FACTS, SYSTEM_UPKEEP, Actor
from drumbeat.kit.errors import Conflict, NotPermitted
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.accounts import Role, scopes_of
from drumbeat.marketing.delivery import (
    Accepted,
    Decision,
    Deferred,
    Ending,
    LedgerLine,
    MailingState,
    Refused,
    Released,
    Unknown,
    message_id_of,
)
from drumbeat.marketing.delivery.rules import GAVE_UP
from drumbeat.marketing.events import Fact, Kind, Verdict
from tests.conftest import MARIA, HandClock
from tests.marketing.delivery.cast import ENGINE, invite, open_frozen, plan_for, states

LOST = Unknown("the connection broke before the answer")


def ended(house: Drumbeat, *endings: Ending, settle: bool = True) -> MailingNo:
    """A mailing to one contact for each ending, in that order, that is over."""
    invite(house, len(endings))
    mailing_no = open_frozen(house, plan_for(house, len(endings)))
    with house.begin(MARIA) as department:
        claimed = department.sending.exchange(mailing_no, ENGINE, [], 500).claimed
    receipts = [each.ended(endings[each.row.contact_no - 1]) for each in claimed]
    with house.begin(MARIA) as department:
        department.sending.exchange(mailing_no, ENGINE, receipts, 0)
    if settle:
        close(house, mailing_no)
    return mailing_no


def close(house: Drumbeat, mailing_no: MailingNo) -> None:
    with house.look(SYSTEM_UPKEEP) as department:
        recount = department.delivery.recount(mailing_no)
    with house.begin(SYSTEM_UPKEEP) as department:
        department.delivery.settle(recount)


def decide(house: Drumbeat, mailing_no: MailingNo, decision: Decision, *people: int) -> None:
    numbers = [ContactNo(number) for number in people]
    with house.begin(MARIA) as department:
        done = department.deciding.decide(mailing_no, decision, numbers, "cmp_1")
    assert done.rows == len(people)


def line_of(house: Drumbeat, mailing_no: MailingNo, person: int) -> LedgerLine:
    with house.look(MARIA) as department:
        lines = department.delivery.ledger_rows(mailing_no)
    return next(line for line in lines if line.contact_no == person)


def facts(house: Drumbeat) -> list[tuple[Kind, int]]:
    with house.begin(SYSTEM_FACTS) as department:
        batch = department.events.fold()
    return [] if batch is None else [(Kind(f.kind), f.contact_no) for f in batch.facts]


def test_a_message_that_arrived_counts_as_sent_from_when_it_left(house: Drumbeat) -> None:
    mailing_no = ended(house, LOST, LOST)
    was = line_of(house, mailing_no, 1)
    assert (was.state, was.open_to) == ("uncertain", tuple(Decision))
    assert was.ended_at is not None
    decide(house, mailing_no, Decision.arrived, 1)
    now = line_of(house, mailing_no, 1)
    assert (now.state, now.sent_at, now.provider) == ("sent", was.ended_at, "a person's word")
    assert states(house, mailing_no) == {"sent": 1, "uncertain": 1}
    assert facts(house) == [(Kind.sent, 1)]


def test_a_message_that_is_given_up_fails_with_what_was_known(house: Drumbeat) -> None:
    mailing_no = ended(house, LOST)
    decide(house, mailing_no, Decision.give_up, 1)
    line = line_of(house, mailing_no, 1)
    assert (line.state, line.open_to) == ("failed", ())
    assert line.reason == "given up by a person: the connection broke before the answer"
    assert facts(house) == []


def test_a_message_is_sent_again_once_with_its_own_message_id(house: Drumbeat) -> None:
    mailing_no = ended(house, LOST, Accepted("1"))
    was = line_of(house, mailing_no, 1)
    decide(house, mailing_no, Decision.send_again, 1)
    with house.look(MARIA) as department:
        assert department.delivery.get(mailing_no).state is MailingState.sending
    with house.begin(MARIA) as department:
        [claimed] = department.sending.exchange(mailing_no, ENGINE, [], 500).claimed
    assert claimed.row.contact_no == 1
    with house.begin(MARIA) as department:
        receipts = [claimed.ended(Accepted("2"))]
        assert department.sending.exchange(mailing_no, ENGINE, receipts, 500).claimed == ()
    close(house, mailing_no)
    line = line_of(house, mailing_no, 1)
    assert (line.state, line.message_id) == ("sent", was.message_id)
    keys = house.office.keys
    assert line.message_id == message_id_of(mailing_no, ContactNo(1), 0, keys, "shop.example")
    assert states(house, mailing_no) == {"sent": 2}


def test_nothing_can_be_decided_twice_or_where_the_end_is_known(house: Drumbeat) -> None:
    mailing_no = ended(house, LOST, LOST, Accepted("1"), Refused("550 no", True, 550))
    decide(house, mailing_no, Decision.send_again, 1)
    for decision in Decision:
        for person in (1, 3, 4):
            with pytest.raises(Conflict, match="nothing to decide"):
                decide(house, mailing_no, decision, 2, person)
    assert states(house, mailing_no) == {"planned": 1, "uncertain": 1, "sent": 1, "failed": 1}


def test_of_two_decisions_at_once_one_counts(house: Drumbeat) -> None:
    """Both read the row while it was uncertain; it is changed only from what was read."""
    mailing_no = ended(house, LOST)
    with house.look(MARIA) as department:
        [seen] = department.deciding.ledgers.list_among(mailing_no, [ContactNo(1)])
    decide(house, mailing_no, Decision.send_again, 1)
    from drumbeat.marketing.delivery import rules

    change = rules.decide(seen, Decision.send_again, "lost", 1)
    with pytest.raises(Conflict), house.begin(MARIA) as department:
        department.deciding.ledgers.save([change], now=1)


def test_whoever_left_meanwhile_is_not_sent_it_again(house: Drumbeat) -> None:
    mailing_no = ended(house, LOST)
    with house.begin(MARIA) as department:
        department.audience.withdraw(ContactNo(1), source="page")
    decide(house, mailing_no, Decision.send_again, 1)
    with house.begin(MARIA) as department:
        assert department.sending.exchange(mailing_no, ENGINE, [], 500).claimed == ()
    assert states(house, mailing_no) == {"suppressed": 1}


def test_what_was_given_up_is_tried_once_more_and_what_was_refused_is_not(house: Drumbeat) -> None:
    gave_up = Refused(f"{GAVE_UP} 6 tries: 451 later", True, 0)
    mailing_no = ended(house, gave_up, Refused("550 5.1.1 unknown", True, 550), gave_up, LOST)
    with house.begin(MARIA) as department:
        done = department.deciding.retry_given_up(mailing_no, "cmp_1")
    assert (done.rows, done.left) == (2, 0)
    assert states(house, mailing_no) == {"planned": 2, "failed": 1, "uncertain": 1}
    with house.begin(MARIA) as department:
        assert department.deciding.retry_given_up(mailing_no, "cmp_1").rows == 0
        everybody = department.deciding.decide_uncertain(mailing_no, Decision.arrived, "cmp_1")
    assert (everybody.rows, everybody.left) == (1, 0)


def test_nothing_of_a_cancelled_mailing_is_sent_again(house: Drumbeat) -> None:
    mailing_no = ended(house, LOST, settle=False)
    with house.begin(MARIA) as department:
        department.delivery.cancel(mailing_no)
    with pytest.raises(Conflict, match="cancelled"):
        decide(house, mailing_no, Decision.send_again, 1)
    decide(house, mailing_no, Decision.arrived, 1)
    assert states(house, mailing_no) == {"sent": 1}


def test_who_may_not_send_may_not_decide_and_the_trail_says_who_did(house: Drumbeat) -> None:
    mailing_no = ended(house, LOST)
    analyst = Actor("ana", scopes_of(Role.ANALYST), person_no=3)
    with pytest.raises(NotPermitted), house.begin(analyst) as department:
        department.deciding.decide(mailing_no, Decision.arrived, [ContactNo(1)], "cmp_1")
    decide(house, mailing_no, Decision.give_up, 1)
    with house.look(house.owner()) as department:
        [entry] = department.accounts.list_audit("cmp_1")
    assert entry.action == "delivery.decided"
    assert entry.detail["decision"] == "give_up"
    assert entry.detail["rows"] == 1


@pytest.mark.parametrize("kind", [Kind.opened, Kind.clicked, Kind.bounced, Kind.unsubscribed])
def test_whatever_comes_back_from_a_message_proves_that_it_was_sent(
    house: Drumbeat, kind: Kind
) -> None:
    mailing_no = ended(house, LOST, LOST)
    other = ended(house, LOST)
    come_back(house, mailing_no, kind)
    assert line_of(house, mailing_no, 1).provider == "evidence"
    assert states(house, mailing_no) == {"sent": 1, "uncertain": 1}
    assert states(house, other) == {"uncertain": 1}
    assert facts(house) == [(Kind.sent, 1)], "the fact that no engine could write"


def come_back(house: Drumbeat, mailing_no: MailingNo, kind: Kind) -> None:
    """The first contact's message is opened, clicked, bounced, and that is folded."""
    now = house.office.clock()
    about = Fact(kind, now, ContactNo(1), mailing_no, verdict=Verdict.machine, source="tracking")
    with house.begin(SYSTEM_FACTS) as department:
        department.events.record([about])
    while fold(house):
        pass


def test_who_opens_the_first_copy_before_the_second_leaves_gets_no_second(
    house: Drumbeat, clock: HandClock
) -> None:
    mailing_no = ended(house, LOST, LOST)
    left = line_of(house, mailing_no, 1).ended_at
    clock.advance(hours=5)
    decide(house, mailing_no, Decision.send_again, 1, 2)
    assert line_of(house, mailing_no, 1).ended_at is None
    come_back(house, mailing_no, Kind.opened)
    with house.begin(MARIA) as department:
        claimed = department.sending.exchange(mailing_no, ENGINE, [], 500).claimed
    assert [each.row.contact_no for each in claimed] == [2]
    line = line_of(house, mailing_no, 1)
    assert (line.state, line.provider, line.sent_at) == ("sent", "evidence", left)
    assert facts(house) == [(Kind.sent, 1)]
    assert states(house, mailing_no) == {"sent": 1, "claimed": 1}


def test_a_message_that_was_put_off_is_not_ended_by_what_is_no_proof(house: Drumbeat) -> None:
    mailing_no = ended(house, Deferred("450 later", "recipient"), LOST, settle=False)
    decide(house, mailing_no, Decision.send_again, 2)
    come_back(house, mailing_no, Kind.unsubscribed)
    assert states(house, mailing_no) == {"planned": 2}


def claim_again(house: Drumbeat, mailing_no: MailingNo, *endings: Ending) -> None:
    """One turn of an engine: whoever waits is claimed, and ends so."""
    with house.begin(MARIA) as department:
        claimed = department.sending.exchange(mailing_no, ENGINE, [], 500).claimed
    with house.begin(MARIA) as department:
        receipts = [each.ended(end) for each, end in zip(claimed, endings, strict=True)]
        department.sending.exchange(mailing_no, ENGINE, receipts, 0)


def test_a_copy_on_purpose_says_so_when_it_is_sent_too(house: Drumbeat) -> None:
    mailing_no = ended(house, LOST, Accepted("1"))
    decide(house, mailing_no, Decision.send_again, 1)
    claim_again(house, mailing_no, Accepted("2"))
    line = line_of(house, mailing_no, 1)
    assert (line.state, line.provider) == ("sent", ENGINE.carrier)
    assert line.reason == "sent again by a person's decision"
    assert line_of(house, mailing_no, 2).reason == ""
    close(house, mailing_no)  # the tallies agree with the rows
    with house.look(MARIA) as department:
        assert department.delivery.get(mailing_no).state is MailingState.settled


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (Released(), "sent again by a person's decision: the connection broke before the answer"),
        (
            Deferred("the server hung up", "transport"),
            "sent again by a person's decision: the connection broke before the answer",
        ),
        (
            Deferred("450 4.2.0 busy", "recipient"),
            "sent again by a person's decision: 450 4.2.0 busy",
        ),
    ],
)
def test_evidence_of_the_first_copy_stops_the_second_however_often_it_was_tried(
    house: Drumbeat, ending: Ending, said: str
) -> None:
    mailing_no = ended(house, LOST)
    left = line_of(house, mailing_no, 1).ended_at
    decide(house, mailing_no, Decision.send_again, 1)
    claim_again(house, mailing_no, ending)
    assert line_of(house, mailing_no, 1).reason == said
    come_back(house, mailing_no, Kind.opened)
    line = line_of(house, mailing_no, 1)
    assert (line.state, line.provider, line.sent_at) == ("sent", "evidence", left)


@pytest.mark.parametrize(
    ("ending", "state"),
    [(Refused("550 5.1.1 unknown", True, 550), "failed"), (Unknown("cut off"), "uncertain")],
)
def test_a_copy_that_fails_never_hides_that_the_first_may_have_arrived(
    house: Drumbeat, ending: Ending, state: str
) -> None:
    mailing_no = ended(house, LOST)
    decide(house, mailing_no, Decision.send_again, 1)
    claim_again(house, mailing_no, ending)
    line = line_of(house, mailing_no, 1)
    assert line.state == state
    assert line.reason.startswith("sent again by a person's decision: ")
