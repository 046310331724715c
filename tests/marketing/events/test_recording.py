"""Recording: once for ever, judged, bounded, and evidence only for a while."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import PUBLIC_TRACKING, SYSTEM_FACTS
from drumbeat.kit.errors import InvalidInput, NotPermitted
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.events import (
    ContentIds,
    Fact,
    Hit,
    Kind,
    Recorded,
    Taken,
    Told,
    kind_of,
    take,
)
from drumbeat.storage.fact_tables import table_of
from tests.conftest import GUEST, MARIA, HandClock
from tests.marketing.events.archiving import archive, count_facts, fold_all

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
ANNA = ContactNo(1)
OPEN = Fact(Kind.opened, NOON, ANNA, MailingNo(3), source="shop", event_id="e-1")
LINE = Fact(Kind.purchased, NOON, ANNA, value_minor=250, currency="EUR", source="import:orders.csv")


def record(house: Drumbeat, facts: Sequence[Fact], ids: ContentIds | None = None) -> Recorded:
    with house.begin(MARIA) as department:
        return department.events.record(facts, ids=ids)


def test_an_event_id_counts_once_even_after_folding_and_archiving(house: Drumbeat) -> None:
    assert record(house, [OPEN]) == Recorded(added=1, repeated=0)
    assert record(house, [OPEN]) == Recorded(added=0, repeated=1)
    fold_all(house)
    archive(house)
    assert record(house, [OPEN]) == Recorded(added=0, repeated=1)
    assert count_facts(house)[0] == 1


def test_an_event_id_repeated_in_one_call_counts_once(house: Drumbeat) -> None:
    assert record(house, [OPEN, OPEN, OPEN]) == Recorded(added=1, repeated=2)


def test_the_same_event_id_from_another_source_is_another_event(house: Drumbeat) -> None:
    assert record(house, [OPEN, replace(OPEN, source="crm")]) == Recorded(added=2, repeated=0)


def test_facts_without_an_id_are_all_kept(house: Drumbeat) -> None:
    hit = replace(OPEN, event_id=None)
    assert record(house, [hit, hit]) == Recorded(added=2, repeated=0)


def test_a_file_imported_twice_adds_nothing_but_its_equal_lines_both_count(house: Drumbeat) -> None:
    lines = [LINE, LINE, replace(LINE, value_minor=99)]
    assert record(house, lines) == Recorded(added=3, repeated=0)
    assert record(house, lines) == Recorded(added=0, repeated=3)


def test_what_a_file_tells_is_the_very_fact_that_is_recorded(house: Drumbeat) -> None:
    """Row by row and under the same ids, so what was imported before is known."""
    facts = [
        LINE,
        LINE,
        replace(LINE, kind=Kind.opened, user_agent="Mozilla/5.0 (iPhone)", ip="192.0.2.7"),
        replace(LINE, kind=Kind.clicked, user_agent="Mimecast", mailing_no=MailingNo(3), arm_no=1),
        replace(LINE, kind=Kind.viewed, order_id="A-1", properties={"b": "2", "a": "é"}),
        replace(LINE, event_id="e-1"),
        replace(LINE, event_id=""),
    ]
    told = [Told(*(getattr(fact, name) for name in Told._fields)) for fact in facts]
    taken = take(told, LINE.source, ContentIds(), NOON)
    assert record(house, facts[:-1]) == Recorded(added=6, repeated=0)
    with house.begin(MARIA) as department:
        assert department.events.record_told(taken) == Recorded(added=1, repeated=6)
    with house.look(MARIA) as department:
        recorded = department.events.store.pending().to_pylist()
    assert [tuple(row.values()) for row in recorded[:6]] == recorded_rows(taken)[:6]


def recorded_rows(taken: Taken) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in table_of(taken.rows).to_pylist()]


def test_equal_lines_far_apart_in_a_file_both_count(house: Drumbeat) -> None:
    for expected in (Recorded(1, 0), Recorded(0, 1)):
        ids = ContentIds()
        assert record(house, [LINE], ids) == expected
        assert record(house, [LINE], ids) == expected


def test_a_unit_takes_at_most_two_thousand_facts(house: Drumbeat) -> None:
    with pytest.raises(InvalidInput, match="at most 2000"):
        record(house, [OPEN] * 2_001)


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (replace(OPEN, occurred_at=datetime(2026, 1, 1)), "occurred_at"),
        (replace(OPEN, occurred_at=datetime(1812, 1, 1, tzinfo=UTC)), "occurred_at"),
        (replace(OPEN, contact_no=ContactNo(0)), "contact_no"),
        (replace(OPEN, arm_no=128), "arm_no"),
        (replace(OPEN, link_no=40_000), "link_no"),
        (replace(OPEN, value_minor=2**63), "value_minor"),
        (replace(OPEN, currency="euro"), "currency"),
    ],
)
def test_a_fact_that_no_table_can_hold_is_refused_by_place_and_field(
    house: Drumbeat, broken: Fact, field: str
) -> None:
    with pytest.raises(InvalidInput, match="Fact 2:") as refusal:
        record(house, [OPEN, broken])
    assert refusal.value.field == field
    assert count_facts(house)[0] == 0


def test_recording_needs_its_scope(house: Drumbeat) -> None:
    with pytest.raises(NotPermitted), house.begin(GUEST) as department:
        department.events.record([OPEN])


def test_hits_are_judged_and_their_raw_rows_kept(house: Drumbeat) -> None:
    agents = ["Mozilla/5.0 (iPhone)", "", "Mozilla/5.0", "Mimecast"]
    with house.begin(PUBLIC_TRACKING) as department:
        department.events.record_hits(
            [Hit(Kind.opened, NOON, ANNA, MailingNo(3), user_agent=agent) for agent in agents]
        )
    with house.look(MARIA) as department, department.facts.open() as duck:
        verdicts = duck.execute("SELECT verdict FROM facts ORDER BY verdict").fetchall()
    assert verdicts == [(1,), (2,), (2,), (2,)]


def test_an_imported_open_is_judged_only_by_the_agent_it_brought(house: Drumbeat) -> None:
    record(house, [OPEN, replace(OPEN, event_id="e-2", user_agent="Mozilla/5.0")])
    with house.look(MARIA) as department, department.facts.open() as duck:
        verdicts = duck.execute("SELECT verdict FROM facts ORDER BY verdict").fetchall()
    assert verdicts == [(1,), (2,)]


def test_evidence_expires_and_dies_with_the_contact(house: Drumbeat, clock: HandClock) -> None:
    clock.now = NOON
    others = replace(OPEN, contact_no=ContactNo(2), event_id="e-2")
    record(house, [replace(fact, ip="192.0.2.7", user_agent="x") for fact in (OPEN, others)])
    with house.begin(MARIA) as department:
        assert department.events.forget_evidence(ANNA) == 1
    clock.advance(days=29)
    with house.begin(SYSTEM_FACTS) as department:
        assert department.events.sweep() == 0
    clock.advance(days=2)
    with house.begin(SYSTEM_FACTS) as department:
        assert department.events.sweep() == 1
    assert count_facts(house)[0] == 2


def test_two_writers_with_the_same_ids_add_each_once(house: Drumbeat) -> None:
    facts = [replace(OPEN, event_id=f"e-{n}") for n in range(200)]
    added: list[int] = []

    def write() -> None:
        added.extend(record(house, facts[start : start + 20]).added for start in range(0, 200, 20))

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(added) == 200
    assert count_facts(house)[0] == 200


def test_words_for_kinds_are_understood() -> None:
    words = {"Purchase": Kind.purchased, "bought": Kind.purchased, " open ": Kind.opened}
    words |= {"Placed Order": Kind.purchased, "sign-up": Kind.signed_up, "spam": Kind.complained}
    assert {word: kind_of(word) for word in words} == words
    with pytest.raises(InvalidInput, match="'teleported' is not a kind of event; the kinds are"):
        kind_of("teleported")


def test_one_fact_about_many_contacts_is_one_row_each(house: Drumbeat) -> None:
    sent = Fact(Kind.sent, NOON, ANNA, MailingNo(3), arm_no=1, source="delivery")
    numbers = [ContactNo(number) for number in range(1, 401)]
    with house.begin(MARIA) as department:
        department.events.record_alike(sent, numbers)
    fold_all(house)
    assert count_facts(house)[0] == 400


@pytest.mark.parametrize(
    ("fact", "numbers"),
    [
        (OPEN, [1, 2]),
        (replace(OPEN, event_id=None, ip="192.0.2.1"), [1, 2]),
        (replace(OPEN, event_id=None), list(range(1, 2_002))),
        (replace(OPEN, event_id=None), [1, 0, 2]),
        (replace(OPEN, event_id=None, occurred_at=NOON.replace(tzinfo=None)), [1]),
    ],
)
def test_what_is_not_alike_for_all_of_them_is_refused(
    house: Drumbeat, fact: Fact, numbers: list[int]
) -> None:
    with pytest.raises(InvalidInput), house.begin(MARIA) as department:
        department.events.record_alike(fact, [ContactNo(number) for number in numbers])
    assert count_facts(house)[0] == 0
