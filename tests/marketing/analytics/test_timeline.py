"""A contact's timeline is what the facts say, wherever they lie and whatever was asked before."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.clock import epoch
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.analytics.model import Happening
from drumbeat.marketing.department import Department
from drumbeat.marketing.events import Kind, Verdict
from tests.marketing.analytics.test_kept_figures import any_fact, fold_some, record
from tests.marketing.events.archiving import archive, compact

CONTACTS = (ContactNo(1), ContactNo(2))
ALL_OF_ONE = f"""
SELECT epoch(occurred_at)::BIGINT, kind, mailing_no, link_no,
       CASE WHEN kind IN ({Kind.opened:d}, {Kind.clicked:d}) THEN verdict ELSE 0 END,
       value_minor, currency, source
FROM facts WHERE contact_no = $contact_no ORDER BY ALL
"""
Row = tuple[object, ...]


def row_of(told: Happening) -> Row:
    verdict = int(Verdict[told.verdict]) if told.verdict else 0  # only these are judged
    rest = (verdict, told.value_minor, told.currency, told.source)
    return (epoch(told.at), Kind[told.kind], told.mailing_no, told.link_no, *rest)


def facts_of(department: Department, contact_no: ContactNo) -> list[Row]:
    with department.facts.open() as duck:
        return duck.execute(ALL_OF_ONE, {"contact_no": contact_no}).fetchall()


def whole(department: Department, contact_no: ContactNo, size: int) -> list[Happening]:
    """Page by page, to the end."""
    told: list[Happening] = []
    cursor: str | None = None
    while True:
        page = department.analytics.timeline_page(contact_no, cursor, limit=size)
        told += page.happenings
        cursor = page.next_cursor
        if cursor is None:
            return told
        assert len(page.happenings) == size


def test_a_timeline_is_what_the_facts_say_whatever_happens_to_them(house: Drumbeat) -> None:
    draw = np.random.default_rng(7)

    def record_one() -> int:
        record(house, any_fact(draw))
        return 1

    steps: list[Callable[[], int]] = [
        record_one,
        lambda: fold_some(house, int(draw.integers(1, 5))),
        lambda: archive(house, limit=int(draw.integers(1, 3))),
        lambda: compact(house),
    ]
    for step in steps[:3] * 12:
        step()  # nearly enough files to be made into one
    moved = [0, 0, 0, 0]
    for _ in range(40):
        which = int(draw.choice(4, p=(0.45, 0.25, 0.2, 0.1)))
        moved[which] += steps[which]()
        with house.look(house.owner()) as department:
            for contact_no in CONTACTS:
                every = department.analytics.timeline(contact_no)
                told: list[Row] = sorted(row_of(each) for each in every)
                assert told == facts_of(department, contact_no)
                when = [(each.at, Kind[each.kind]) for each in every]
                assert when == sorted(when, reverse=True)
                newest = department.analytics.timeline(contact_no, limit=3)
                assert [(each.at, Kind[each.kind]) for each in newest] == when[:3]
                for size in (1, 2, 7):
                    assert whole(department, contact_no, size) == every
    assert all(moved), moved


def test_everything_of_one_second_is_shown_once_and_a_made_up_place_is_refused(
    house: Drumbeat,
) -> None:
    draw = np.random.default_rng(9)
    now = house.office.clock()
    one = replace(any_fact(draw), contact_no=CONTACTS[0], occurred_at=now, event_id="")
    alike = [replace(one, source=f"shop {number % 3}") for number in range(9)]
    old = [replace(one, occurred_at=now - timedelta(days=400 * back)) for back in range(1, 30)]
    with house.begin(house.owner()) as department:
        department.events.record([*alike, *old])
    for _ in range(2):
        with house.look(house.owner()) as department:
            for size in (1, 4, 9, 10, 1_000):
                told = whole(department, CONTACTS[0], size)
                assert len(told) == 38
                assert [each.source for each in told[:9]] == [
                    f"shop {n}" for n in (2, 1, 0) for _ in "abc"
                ]
            for cursor in ("", "0", "1.2.3", "1.2.3.4.0", "9" * 12 + ".1.1.1.1", "1.1.1.1.-1"):
                with pytest.raises(InvalidInput):
                    department.analytics.timeline_page(CONTACTS[0], cursor)
        fold_some(house, 100)


def test_facts_that_a_writing_unit_has_just_recorded_are_in_it(house: Drumbeat) -> None:
    draw = np.random.default_rng(8)
    told = [any_fact(draw) for _ in range(9)]
    with house.begin(house.owner()) as department:
        department.events.record(told)
        seen = sum(len(department.analytics.timeline(each)) for each in CONTACTS)
        assert seen == len(told)
