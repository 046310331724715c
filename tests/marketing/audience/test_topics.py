"""What people can choose, what they chose, and what may be sent because of it."""

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import PUBLIC_CHOICES, PUBLIC_CONSENT
from drumbeat.kit.errors import Conflict, InvalidInput, NotFound, NotPermitted
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience import (
    ANSWER_TOPIC,
    MARKETING_TOPIC,
    Asked,
    Consent,
    ContactRow,
    SuppressionReason,
    open_evidence,
)
from tests.conftest import GUEST, MARIA, HandClock

ONE = ContactNo(1)
FORM = Asked("form", "Yes, send me tips.", {"ip": "203.0.113.9", "user_agent": "Test/1"})


@pytest.fixture
def garden(house: Drumbeat) -> int:
    """The number of a topic, in a house with one contact who never said anything."""
    with house.begin(MARIA) as d:
        d.audience.merge_contacts([ContactRow("ana@example.com")])
        return d.topics.add_topic("Garden tips", description="Once a month").topic_no


def why(house: Drumbeat, topic_no: int) -> str:
    """The reason why the contact may not be mailed about it, "" if they may."""
    with house.look(MARIA) as d:
        return d.audience.permissions([ONE], topic_no)[ONE].reason


def choose(house: Drumbeat, *, own: bool = False, **wanted: bool) -> bool:
    with house.begin(PUBLIC_CHOICES if own else MARIA) as d:
        return d.topics.choose(
            ONE, {k.replace("_", "-"): v for k, v in wanted.items()}, FORM, own=own
        )


def test_there_is_a_general_topic_before_anybody_adds_one(house: Drumbeat) -> None:
    with house.look(MARIA) as d:
        [topic] = d.topics.list_topics()
        assert d.topics.get_topic("") == d.topics.get_topic(" Marketing") == topic
    assert (topic.topic_no, topic.key, topic.offered) == (MARKETING_TOPIC, "marketing", True)


def test_a_topic_is_added_once_and_put_into_other_words(house: Drumbeat, garden: int) -> None:
    with pytest.raises(Conflict, match="garden-tips"), house.begin(MARIA) as d:
        d.topics.add_topic("garden TIPS")
    with house.begin(MARIA) as d:
        d.topics.change_topic("garden-tips", name="Tips", offered=False)
        d.topics.change_topic("marketing", description="Everything new")
        d.topics.add_topic("Events")
    with house.look(MARIA) as d:
        listed = [(t.key, t.name, t.offered) for t in d.topics.list_topics()]
        trail = [entry.action for entry in d.accounts.list_audit()]
    assert listed == [
        ("marketing", "News and offers", True),
        ("garden-tips", "Tips", False),
        ("events", "Events", True),
    ]
    assert trail.count("topic.added") == 2
    assert trail.count("topic.changed") == 2


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "!!!"])
def test_a_name_that_nobody_could_read_is_refused(house: Drumbeat, name: str) -> None:
    with pytest.raises(InvalidInput), house.begin(MARIA) as d:
        d.topics.add_topic(name)


def test_an_unknown_topic_is_answered_with_the_nearest(house: Drumbeat, garden: int) -> None:
    with pytest.raises(InvalidInput, match="garden-tips") as error, house.look(MARIA) as d:
        d.topics.get_topic("garden-tip")
    assert error.value.field == "topic"


def test_a_yes_to_one_topic_is_no_yes_to_another(house: Drumbeat, garden: int) -> None:
    assert why(house, garden) == why(house, MARKETING_TOPIC) == "no_consent"
    assert choose(house, garden_tips=True)
    assert why(house, garden) == ""
    assert why(house, MARKETING_TOPIC) == "no_consent"
    assert not choose(house, garden_tips=True)  # said before: nothing is new


def test_a_yes_to_mail_in_general_is_no_yes_to_a_topic(house: Drumbeat, garden: int) -> None:
    choose(house, marketing=True)
    assert why(house, MARKETING_TOPIC) == ""
    assert why(house, garden) == "no_consent"


def test_a_no_to_one_topic_leaves_the_others(house: Drumbeat, garden: int) -> None:
    choose(house, marketing=True, garden_tips=True)
    choose(house, garden_tips=False)
    assert why(house, garden) == "unsubscribed_topic"
    assert why(house, MARKETING_TOPIC) == ""


def test_a_no_to_all_mail_is_a_no_to_every_topic(house: Drumbeat, garden: int) -> None:
    choose(house, marketing=True, garden_tips=True)
    with house.begin(PUBLIC_CONSENT) as d:
        d.audience.withdraw(ONE, source="one-click")
    assert why(house, garden) == why(house, MARKETING_TOPIC) == "unsubscribed"


def test_only_the_owner_of_an_address_says_yes_again(house: Drumbeat, garden: int) -> None:
    with house.begin(PUBLIC_CONSENT) as d:
        d.audience.withdraw(ONE, source="one-click")
    with pytest.raises(Conflict, match="only its owner"):
        choose(house, garden_tips=True)
    assert choose(house, own=True, garden_tips=True)
    assert why(house, garden) == ""
    assert why(house, MARKETING_TOPIC) == "unsubscribed"  # they were asked about one topic


def test_who_comes_back_for_one_topic_comes_back_for_that_alone(
    house: Drumbeat, garden: int
) -> None:
    with house.begin(MARIA) as d:
        events = d.topics.add_topic("Events").topic_no
    choose(house, marketing=True, events=True)
    with house.begin(PUBLIC_CONSENT) as d:
        d.audience.withdraw(ONE, source="one-click")
    choose(house, own=True, garden_tips=True)
    assert (why(house, garden), why(house, events)) == ("", "unsubscribed_topic")
    assert why(house, MARKETING_TOPIC) == "unsubscribed"


def test_a_no_to_mail_in_general_leaves_a_topic_that_was_chosen(
    house: Drumbeat, garden: int
) -> None:
    choose(house, marketing=True, garden_tips=True)
    choose(house, marketing=False)
    assert (why(house, garden), why(house, MARKETING_TOPIC)) == ("", "unsubscribed")
    with pytest.raises(Conflict, match="only its owner"):
        choose(house, marketing=True)
    assert choose(house, own=True, marketing=True)


@pytest.mark.parametrize("reason", [SuppressionReason.complained, SuppressionReason.bounced])
def test_a_complaint_or_a_dead_mailbox_is_not_revived_by_a_link(
    house: Drumbeat, garden: int, reason: SuppressionReason
) -> None:
    with house.begin(MARIA) as d:
        d.audience.suppress(ONE, reason)
    with pytest.raises(Conflict, match=reason.name):
        choose(house, own=True, garden_tips=True)
    assert why(house, ANSWER_TOPIC) == f"suppressed:{reason.name}"


def test_an_answer_reaches_who_asked_whatever_they_once_refused(
    house: Drumbeat, garden: int
) -> None:
    assert why(house, ANSWER_TOPIC) == ""
    with house.begin(PUBLIC_CONSENT) as d:
        d.audience.withdraw(ONE, source="one-click")
    assert why(house, ANSWER_TOPIC) == ""


def test_a_pause_ends_by_itself(house: Drumbeat, garden: int, clock: HandClock) -> None:
    choose(house, marketing=True)
    with house.begin(PUBLIC_CHOICES) as d:
        d.topics.pause(ONE, source="page")
    assert why(house, MARKETING_TOPIC) == "paused"
    clock.advance(days=29)
    assert why(house, MARKETING_TOPIC) == "paused"
    clock.advance(days=1)
    assert why(house, MARKETING_TOPIC) == ""


def test_a_pause_can_be_ended_and_is_no_answer_to_what_one_asked_for(
    house: Drumbeat, garden: int
) -> None:
    choose(house, marketing=True)
    with house.begin(PUBLIC_CHOICES) as d:
        d.topics.pause(ONE, source="page")
    assert why(house, ANSWER_TOPIC) == ""
    with house.begin(PUBLIC_CHOICES) as d:
        d.topics.pause(ONE, source="page", days=0)
    assert why(house, MARKETING_TOPIC) == ""
    for days in (-1, 367, 10**9):
        with pytest.raises(InvalidInput), house.begin(PUBLIC_CHOICES) as d:
            d.topics.pause(ONE, source="page", days=days)


def test_the_ledger_tells_the_words_the_place_and_the_evidence(
    house: Drumbeat, garden: int
) -> None:
    choose(house, own=True, garden_tips=True)
    choose(house, garden_tips=False)
    with house.look(MARIA) as d:
        proofs = d.audience.list_proofs(ONE)
        keys = d.office.keys
    told = [(p.topic, p.state, p.wording, p.source, p.actor) for p in proofs]
    assert told == [
        ("garden-tips", Consent.subscribed, "Yes, send me tips.", "form", "public:choices"),
        ("garden-tips", Consent.unsubscribed, "Yes, send me tips.", "form", "maria"),
    ]
    assert proofs[0].evidence is not None
    assert b"203.0.113.9" not in proofs[0].evidence
    assert open_evidence(keys, ONE, proofs[0].evidence) == FORM.evidence


def test_huge_and_odd_evidence_is_cut_and_kept_readable(house: Drumbeat, garden: int) -> None:
    asked = Asked("form", "Ja \u202egern\ud800", {"user_agent": "\x00\ud800" + "x" * 100_000})
    with house.begin(MARIA) as d:
        d.topics.choose(ONE, {"garden-tips": True}, asked)
    with house.look(MARIA) as d:
        [proof] = d.audience.list_proofs(ONE)
    evidence = open_evidence(house.office.keys, ONE, proof.evidence)
    assert evidence is not None
    assert evidence["user_agent"].startswith("??xxx")
    assert len(evidence["user_agent"]) == 500
    assert proof.wording == "Ja ?gern?"
    with pytest.raises(InvalidInput, match="wording"), house.begin(MARIA) as d:
        d.topics.choose(ONE, {"garden-tips": False}, Asked("form", "x" * 4_001))


def test_opting_out_of_sale_is_a_flag_of_its_own(house: Drumbeat, garden: int) -> None:
    choose(house, marketing=True)
    with house.begin(PUBLIC_CHOICES) as d:
        assert d.topics.opt_out_of_sale(ONE, source="page")
        assert not d.topics.opt_out_of_sale(ONE, source="page")
    assert why(house, MARKETING_TOPIC) == ""  # mail is another question
    with house.look(MARIA) as d:
        assert d.topics.opted_out_of_sale([ONE, ContactNo(2)]) == {ONE}
        found = d.topics.choices_of(ONE).sale_opt_out
    assert found is not None
    assert (found.source, found.actor) == ("page", "public:choices")
    with house.begin(MARIA) as d:
        assert d.topics.opt_out_of_sale(ONE, source="phone", opted_out=False)
        assert d.topics.opted_out_of_sale([ONE]) == frozenset()


def test_strangers_and_nobody_choose_nothing(house: Drumbeat, garden: int) -> None:
    with house.begin(GUEST) as d:
        for use in (
            lambda: d.topics.choose(ONE, {"marketing": True}, FORM),
            lambda: d.topics.pause(ONE, source="x"),
            lambda: d.topics.opt_out_of_sale(ONE, source="x"),
            lambda: d.topics.choices_of(ONE),
            lambda: d.topics.add_topic("x"),
        ):
            with pytest.raises(NotPermitted):
                use()
    with pytest.raises(NotPermitted), house.begin(PUBLIC_CHOICES) as d:
        d.topics.choose(ONE, {"marketing": True}, FORM)  # not their own: needs a person's rights
    with pytest.raises(NotFound), house.begin(MARIA) as d:
        d.topics.choose(ContactNo(99), {"marketing": True}, FORM)


def test_who_allowed_one_topic_alone_is_counted_among_subscribers(
    house: Drumbeat, garden: int
) -> None:
    choose(house, garden_tips=True)
    with house.look(MARIA) as d:
        assert d.audience.count_audience().subscribers == 1
    choose(house, garden_tips=False)
    with house.look(MARIA) as d:
        assert d.audience.count_audience().subscribers == 0
