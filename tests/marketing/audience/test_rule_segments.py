"""Everybody at once is asked exactly what one person is asked: compiler and evaluator agree."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given, settings

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine import facts as folding
from drumbeat.kit.clock import epoch
from drumbeat.kit.errors import Conflict, InvalidInput, NotFound
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.audience import (
    Consent,
    ContactRow,
    Segment,
    SegmentsService,
    SuppressionReason,
    audience_units,
    define_segment,
    refresh_segment,
    segment_audience,
)
from drumbeat.marketing.audience.persons import read_person
from drumbeat.marketing.audience.rule_tree import Judge, Rule, Score, parse_rule, sentence
from drumbeat.marketing.audience.scores import RFM_SEGMENTS
from drumbeat.marketing.department import Department
from drumbeat.marketing.events import Fact, Kind, Verdict
from tests.conftest import MARIA, HandClock
from tests.marketing.audience.rule_tree.strategies import rules

T = TypeVar("T")
PEOPLE = 40
STORED: tuple[str | int | float | bool, ...] = (
    "DE", " de", "de ", "Österreich", "STRASSE", "straße", "5", "2026-03-01", "true", "", "x" * 50,
    5, -1, 2.5, 0.1, 0, True, False, "2026-01-15", "2025-12-31T23:00:00", 10**300, "2026",
)  # fmt: skip


def drawn(rng: np.random.Generator, things: Sequence[T]) -> T:
    return things[int(rng.integers(len(things)))]


def row(number: int, rng: np.random.Generator) -> ContactRow:
    keys = [key for key in ("country", "age", "joined", "vip") if rng.random() < 0.6]
    return ContactRow(
        f"person{number}@example.{drawn(rng, ('com', 'org'))}",
        consent=drawn(rng, list(Consent)),
        attributes={key: drawn(rng, STORED) for key in keys},
        zone=drawn(rng, ("", "Europe/Lisbon")),
        suppress=drawn(rng, (None, None, *SuppressionReason)),
    )


def fact(number: int, clock: HandClock, rng: np.random.Generator) -> Fact:
    kind = drawn(rng, (Kind.sent, Kind.sent, Kind.opened, Kind.clicked, Kind.purchased))
    bought = kind is Kind.purchased
    category = drawn(rng, (None, {"category": "shoes"}, {"category": " SHOES", "size": "4"}))
    return Fact(
        kind,
        clock()
        - timedelta(days=drawn(rng, (0, 1, 20, 30, 31, 300)), seconds=int(rng.integers(90))),
        ContactNo(int(rng.integers(1, PEOPLE + 1))),
        MailingNo(0 if bought else int(rng.integers(7))),
        value_minor=int(rng.integers(9_000)) if bought else 0,
        currency="EUR" if bought else "",
        order_id=drawn(rng, ("", "a", "b")) if bought else "",
        verdict=drawn(rng, (Verdict.human, Verdict.unsure, Verdict.machine)),
        properties=category,
        event_id=f"e{number}",
        source="test",
    )


@pytest.fixture
def people(house: Drumbeat, clock: HandClock) -> Drumbeat:
    """Forty people of every sort; some of what they did is folded and archived, some is pending."""
    rng = np.random.default_rng(5)
    with house.begin(MARIA) as d:
        d.audience.merge_contacts([row(number, rng) for number in range(1, PEOPLE + 1)])
        d.events.record([fact(number, clock, rng) for number in range(500)])
    while folding.fold(house):
        pass
    with house.begin(MARIA) as d:
        d.events.record([fact(number, clock, rng) for number in range(500, 700)])
    segment_audience(units(house).look_audience, units(house).begin_audience, "demographic")
    return house


class units:
    def __init__(self, house: Drumbeat) -> None:
        self._house = house
        self.look_audience = audience_units(lambda: house.look(MARIA))
        self.begin_audience = audience_units(lambda: house.begin(MARIA))

    @contextmanager
    def look(self) -> Iterator[SegmentsService]:
        with self._house.look(MARIA) as d:
            yield d.segments

    @contextmanager
    def begin(self) -> Iterator[SegmentsService]:
        with self._house.begin(MARIA) as d:
            yield d.segments

    def define(self, name: str, line: str) -> Segment:
        return define_segment(self.look, self.begin, name, parse_rule(line))

    def refresh(self, name: str) -> Segment:
        return refresh_segment(self.look, self.begin, name)

    def count(self, line: str) -> int:
        with self.look() as segments:
            return segments.preview(parse_rule(line)).count


def judging(department: Department) -> Callable[[Rule], list[int]]:
    """Whom a rule holds for, asked one after the other in plain Python."""
    stores, now = department.segments.stores, department.office.clock()
    numbers = range(1, PEOPLE + 1)
    persons = {no: read_person(stores, ContactNo(no), now)[0] for no in numbers}
    judge = Judge(epoch(now), stores.by_rule.rules())
    return lambda rule: [no for no, person in persons.items() if judge.holds(rule, person)]


def test_everybody_at_once_is_asked_what_one_person_is_asked(people: Drumbeat) -> None:
    units(people).define("Fans", "clicked >= 2 or country = de")
    with people.look(MARIA) as d:
        judged = judging(d)
        found: Sequence[str] = [each.name for each in d.segments.stores.segments.list_()]

        @settings(max_examples=150, deadline=None, derandomize=True)
        @given(rules(segments=tuple(found)))
        def agree(rule: Rule) -> None:
            members = d.segments.count_members(rule).contact_nos.tolist()
            assert members == judged(rule), sentence(rule)

        agree()


@pytest.mark.parametrize(
    "line",
    [
        "opened 1 of last 2",
        "opened 3 of last 5",
        "bought = 1 with category = shoes",
        "clicked in 30d and not clicked in 1d",
        "score orders >= 2 or score spent > 50",
        "rfm (Champions, 111) or score recency >= 4",
        "mailable or unconfirmed",
        "suppressed and not unsubscribed",
        "time_zone = europe/lisbon and email_domain contains org",
        "segment Fans and not segment 'country: unknown'",
    ],
)
def test_each_sort_of_question_holds_for_some_and_not_for_all(people: Drumbeat, line: str) -> None:
    units(people).define("Fans", "clicked >= 2 or country = de")
    rule = parse_rule(line)
    with people.look(MARIA) as d:
        members = d.segments.count_members(rule).contact_nos.tolist()
        assert members == judging(d)(rule)
    assert 0 < len(members) < PEOPLE


def test_a_preview_counts_who_may_be_mailed_and_what_each_part_holds_for(
    people: Drumbeat,
) -> None:
    with people.look(MARIA) as d:
        found = d.segments.preview(parse_rule("clicked >= 1 and mailable"), sample=3)
        mailable = d.segments.preview(parse_rule("mailable"))
    assert found.sentence == "clicked and may be mailed"
    assert found.people == PEOPLE
    assert [part.sentence for part in found.parts] == ["clicked", "may be mailed"]
    assert found.parts[1].count == mailable.count == mailable.mailable
    assert found.count == found.mailable <= min(part.count for part in found.parts)
    assert len(found.sample) == min(3, found.count)


def test_a_preview_sees_what_changed_a_moment_ago(people: Drumbeat, clock: HandClock) -> None:
    before = units(people).count("vip = yes")
    with people.begin(MARIA) as d:
        d.audience.merge_contacts([ContactRow("new@example.com", attributes={"vip": "yes"})])
        d.audience.merge_contacts([ContactRow("person1@example.com", attributes={"vip": "yes"})])
        d.audience.merge_contacts([ContactRow("person1@example.org", attributes={"vip": "yes"})])
    assert (before, units(people).count("vip = yes")) == (0, 3)
    clock.advance(minutes=5)
    with people.begin(MARIA) as d:
        d.audience.merge_contacts([ContactRow("new@example.com", attributes={"vip": "no"})])
    assert units(people).count("vip = yes") == 2


def test_a_segment_keeps_who_entered_and_who_left(people: Drumbeat, clock: HandClock) -> None:
    with people.begin(MARIA) as d:
        d.audience.merge_contacts([ContactRow("c@example.com", attributes={"tier": "gold"})])
    first = units(people).define("Gold", "tier = gold")
    assert first.subscriber_count == 1
    clock.advance(days=1)
    with people.begin(MARIA) as d:
        d.audience.merge_contacts(
            [
                ContactRow("a@example.com", attributes={"tier": "Gold"}),
                ContactRow("b@example.com", attributes={"tier": "gold"}),
            ]
        )
    assert units(people).refresh("Gold").subscriber_count == 3
    clock.advance(days=1)
    with people.begin(MARIA) as d:
        d.audience.merge_contacts([ContactRow("b@example.com", attributes={"tier": "lead"})])
        number = d.audience.contact_numbers(["b@example.com"])["b@example.com"]
    units(people).refresh("Gold")
    units(people).refresh("Gold")
    with people.look(MARIA) as d:
        changes = [(c.entered, c.left, c.members) for c in d.segments.list_changes("Gold")]
        told = d.segments.explain_segment("gold", number)
        members = d.audience.audience_members("Gold").contact_nos
    assert changes == [(1, 0, 1), (2, 0, 3), (0, 1, 2)]
    assert [entered for _, entered in told.moves] == [True, False]
    assert not told.reason.holds
    assert len(members) == 2


def test_unknown_names_and_circles_are_refused_with_their_place(people: Drumbeat) -> None:
    house = units(people)
    house.define("Fans", "clicked >= 2")
    house.define("Best", "segment fans and country known")
    with pytest.raises(InvalidInput, match="Did you mean 'country'") as refused:
        house.count("age > 3 and contry = DE")
    assert refused.value.field == "rule.all[1].attribute"
    with pytest.raises(InvalidInput, match="Fans → Best → Fans"):
        house.define("FANS", "segment Best")
    with pytest.raises(InvalidInput, match="'category'"):
        house.count("bought with categry = shoes")
    with pytest.raises(InvalidInput, match="by demographic already"):
        house.define("1", "clicked")
    with pytest.raises(InvalidInput, match="means everybody"):
        house.define("All", "clicked")
    with people.look(MARIA) as d, pytest.raises(NotFound, match="cut by demographic"):
        d.segments.rule_of("1")


def test_who_was_erased_is_in_no_answer_any_more(people: Drumbeat) -> None:
    assert units(people).count("not country = nowhere") == PEOPLE
    with people.begin(MARIA) as d:
        d.connection.exec_driver_sql("DELETE FROM contact WHERE contact_no = 7")
    assert units(people).count("not country = nowhere") == PEOPLE - 1
    with people.look(MARIA) as d:
        mirror = d.segments.stores.mirror.newest()
    assert mirror.revisions[7] == 0
    assert all(column.codes[7] == -1 for column in mirror.columns.values())


def test_the_mirror_is_the_same_from_its_sealed_file(people: Drumbeat, clock: HandClock) -> None:
    with people.look(MARIA) as d:
        store = d.segments.stores.mirror
        made = store.caught_up(epoch(clock()), at_most=10)
        name = store.write(made)
    with people.begin(MARIA) as d:
        d.segments.stores.mirror.save(name, made)
    sealed = (people.home / "mirror" / name).read_bytes()
    assert b"Lisbon" not in sealed
    assert b"PAR1" not in sealed
    people.office.mirror.drop()
    with people.look(MARIA) as d:
        read = d.segments.stores.mirror.newest()
    assert read.people == PEOPLE
    for key, column in made.columns.items():
        again = read.columns[key]
        words = [column.texts[code] if code >= 0 else None for code in column.codes.tolist()]
        assert words == [again.texts[c] if c >= 0 else None for c in again.codes.tolist()], key
        if column.numbers is not None and again.numbers is not None:
            np.testing.assert_array_equal(column.numbers, again.numbers)
    people.office.mirror.drop()
    (people.home / "mirror" / name).unlink()
    assert units(people).count("not country = nowhere") == PEOPLE


def test_rfm_segments_are_named_as_science_names_them(people: Drumbeat) -> None:
    from drumbeat.science.segmentation import rfm_scores, rfm_segments

    nothing = np.zeros(1)
    assert rfm_segments(rfm_scores(nothing, nothing, nothing)).names == RFM_SEGMENTS
    assert len(Score) == 7


def test_a_renamed_segment_keeps_who_was_in_it(people: Drumbeat, clock: HandClock) -> None:
    work = units(people)
    made = work.define("Keen", "clicked")
    with work.begin() as segments:
        renamed = segments.rename("keen", "  Keen   buyers ")
    assert (renamed.id, renamed.name) == (made.id, "Keen buyers")
    assert renamed.subscriber_count == made.subscriber_count
    with work.look() as segments:
        assert [change.members for change in segments.list_changes("Keen buyers")]
        assert segments.explain_segment("Keen buyers", ContactNo(1))
        with pytest.raises(InvalidInput, match="There is no segment 'Keen'"):
            segments.get("Keen")
    clock.advance(hours=2)
    assert work.refresh("Keen buyers").id == made.id
    with work.begin() as segments:
        again = segments.rename("Keen buyers", "KEEN buyers")  # only its letters
        assert again.name == "KEEN buyers"
        for name in ("", "all", "a:b", "x" * 121):
            with pytest.raises(InvalidInput):
                segments.rename("KEEN buyers", name)


def test_a_segment_that_another_asks_for_is_neither_renamed_nor_removed(people: Drumbeat) -> None:
    work = units(people)
    work.define("Keen", "clicked")
    work.define("Keen and known", 'segment "keen" and country known')
    with work.begin() as segments:
        with pytest.raises(InvalidInput, match="There is a segment 'Keen' already"):
            segments.rename("Keen and known", "keen")
        with pytest.raises(Conflict, match="the segment 'Keen and known' asks for it"):
            segments.rename("Keen", "Else")
        with pytest.raises(Conflict, match="cannot be removed: the segment 'Keen and known'"):
            segments.remove("Keen")
        segments.remove("Keen and known")
        segments.remove("Keen")
        for name in ("Keen", "Keen and known"):
            with pytest.raises(InvalidInput, match="no segment"):
                segments.get(name)
        with pytest.raises((InvalidInput, NotFound)):
            segments.remove("demographic:DE")
    fresh = work.define("Keen", "opened")  # a new one of the same name begins anew
    with work.look() as segments:
        assert len(segments.list_changes("Keen")) == 1
    assert fresh.name == "Keen"
