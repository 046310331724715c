"""Segments beside each other: who is in two of them, and which are worth making."""

from datetime import timedelta

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience import Consent, ContactRow, define_segment, segment_units
from drumbeat.marketing.audience.rule_tree import parse_rule
from drumbeat.marketing.audience.suggesting import CANDIDATES, FEWEST, Counted, choose, rule_of
from drumbeat.marketing.events import Fact, Kind
from tests.conftest import MARIA, HandClock


@pytest.fixture
def people(house: Drumbeat, clock: HandClock) -> Drumbeat:
    """Thirty people: the first ten clicked twice and bought nothing, the next ten bought once."""
    rows = [
        ContactRow(
            f"p{number}@example.com",
            attributes={"plan": "pro" if number % 2 else "free"},
            consent=Consent.subscribed if number % 3 else Consent.unconfirmed,
        )
        for number in range(1, 31)
    ]
    facts = []
    for number in range(1, 21):
        at = clock() - timedelta(days=9, seconds=number)
        facts += [Fact(Kind.clicked, at - timedelta(days=d), ContactNo(number)) for d in (0, 1)]
        if number > 10:
            facts.append(
                Fact(Kind.purchased, at, ContactNo(number), value_minor=1_250, currency="EUR")
            )
    with house.begin(MARIA) as d:
        d.audience.merge_contacts(rows)
        d.events.record(facts)
    return house


def define(house: Drumbeat, name: str, line: str) -> None:
    opened = segment_units(lambda: house.look(MARIA)), segment_units(lambda: house.begin(MARIA))
    define_segment(*opened, name, parse_rule(line))


def test_the_matrix_counts_who_is_in_both(people: Drumbeat) -> None:
    define(people, "Pro", "plan = pro")
    define(people, "Buyers", "bought")
    define(people, "Pro buyers", "plan = pro and bought")
    define(people, "Nobody", "plan = none")
    with people.look(MARIA) as d:
        found = d.comparing.overlap()
        two = d.comparing.overlap(["buyers", "Pro"])
        with pytest.raises(InvalidInput, match="Did you mean 'Buyers'"):
            d.comparing.overlap(["Buyer"])
    assert [each.name for each in found.segments] == ["Pro", "Buyers", "Pro buyers"]
    assert found.both == ((15, 5, 5), (5, 10, 5), (5, 5, 5))
    assert two.both == ((15, 5), (5, 10))


def test_what_is_suggested_is_measured_and_not_kept_yet(people: Drumbeat) -> None:
    with people.look(MARIA) as d:
        found = {each.name: each for each in d.comparing.suggest().found}
        for each in found.values():
            assert each.count == d.segments.preview(parse_rule(each.line)).count
    never = found["Interested, never bought"]
    assert (never.count, never.mailable, never.spent_share) == (10, 7, 0.0)
    once = found["Bought once, still reading"]
    assert (once.count, once.spent, once.spent_share, once.currency) == (10, 125.0, 1.0, "EUR")
    assert "10 of 30 people (33.3%) spent 125.00 EUR, 100.0% of all" in once.evidence
    define(people, "Mine", "clicked >= 2 in 90d and never bought")
    with people.look(MARIA) as d:
        names = [each.name for each in d.comparing.suggest().found]
    assert "Interested, never bought" not in names


def test_every_candidate_is_a_rule_and_small_ones_are_left_out() -> None:
    for each in CANDIDATES:
        assert rule_of(each)
    counted = [Counted(CANDIDATES[0], FEWEST - 1, 0, 0.0, 0.0, "")]
    assert choose(counted, 100) == []
    (found,) = choose([Counted(CANDIDATES[0], FEWEST, 2, 0.0, 0.0, "")], 100)
    assert found.spent_share is None
    assert "nobody has spent anything yet" in found.evidence
