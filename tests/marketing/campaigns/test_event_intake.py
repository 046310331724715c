"""What a file or a shop tells becomes facts of people we know, once, and of the right mailing."""

import io
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import Actor
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.campaigns import State
from drumbeat.marketing.campaigns.event_intake import (
    EventImportOptions,
    EventImportReport,
    import_events,
    record_events,
)
from drumbeat.marketing.department import Department
from drumbeat.marketing.events import EventRow, Kind, Verdict
from tests.conftest import MONDAY_9
from tests.marketing.campaigns.conftest import LETTER, TESTED, bring_to, get, rows, work_off

ADA = "ada@example.com"


def told(house: Drumbeat, owner: Actor, *lines: str, **options: object) -> EventImportReport:
    """Import lines whose first is the header."""

    def look() -> AbstractContextManager[Department]:
        return house.look(owner)

    def begin() -> AbstractContextManager[Department]:
        return house.begin(owner)

    source = io.BytesIO("\n".join(lines).encode())
    return import_events(look, begin, source, EventImportOptions(**options))  # type: ignore[arg-type]


def facts(house: Drumbeat, owner: Actor, columns: str) -> list[tuple[object, ...]]:
    """Of imported events, in the order they happened."""
    with house.look(owner) as department, department.facts.open() as duck:
        query = f"SELECT {columns} FROM facts WHERE source <> 'delivery' ORDER BY occurred_at"
        return duck.execute(query).fetchall()


def test_whom_we_do_not_know_and_what_has_not_happened_is_rejected_with_its_reason(
    house: Drumbeat, owner: Actor, people: tuple[str, ...], tmp_path: Path
) -> None:
    report = told(
        house,
        owner,
        "email,external_id,kind,occurred_at",
        f"{ADA},,opened,2026-11-01T10:00:00Z",
        "stranger@example.com,,opened,2026-11-01T10:00:00Z",
        ",4711,opened,2026-11-01T10:00:00Z",
        f"{ADA},,opened,2026-11-09T10:00:00Z",
        f"{ADA},,danced,2026-11-01T10:00:00Z",
        rejected_file=tmp_path / "rejected.csv",
    )
    assert (report.rows, report.added, report.repeated, report.rejected) == (5, 1, 0, 4)
    reasons = "\n".join(row.reason for row in report.problems)
    for part in ("'stranger@example.com'", "'4711'", "lies in the future", "'danced'"):
        assert part in reasons
    kept = (tmp_path / "rejected.csv").read_text().splitlines()
    assert len(kept) == 1 + 4


def test_a_clock_that_runs_ahead_by_a_day_is_no_mistake(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    soon, late = MONDAY_9 + timedelta(days=1), MONDAY_9 + timedelta(days=1, seconds=1)
    header = "email,kind,occurred_at"
    assert told(house, owner, header, f"{ADA},opened,{soon.isoformat()}").added == 1
    assert told(house, owner, header, f"{ADA},opened,{late.isoformat()}").rejected == 1


def test_repeating_a_file_adds_nothing_and_two_equal_lines_are_two_events(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    lines = (
        "email,kind,occurred_at,value,currency",
        f"{ADA},purchased,2026-11-01T10:00:00Z,9.90,EUR",
        f"{ADA},purchased,2026-11-01T10:00:00Z,9.90,EUR",
        f"{ADA},viewed,2026-11-01T10:00:00Z,,",
    )
    assert told(house, owner, *lines).added == 3
    again = told(house, owner, *lines)
    assert (again.added, again.repeated) == (0, 3)


def test_a_dry_run_counts_and_records_nothing(
    house: Drumbeat, owner: Actor, people: tuple[str, ...], tmp_path: Path
) -> None:
    lines = ("email,kind,occurred_at", f"{ADA},opened,2026-11-01", "x,opened,2026-11-01")
    aside = tmp_path / "rejected.csv"
    report = told(house, owner, *lines, dry_run=True, rejected_file=aside)
    assert (report.added, report.rejected) == (1, 1)
    assert facts(house, owner, "kind") == []
    assert not aside.exists()


def test_a_campaign_is_known_by_name_by_id_and_by_the_mails_own_number(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    campaign_id = bring_to(house, owner, State.SENDING, TESTED)
    work_off(house, campaign_id)
    mailing_no = get(house, campaign_id).plan.mailing_no
    [mine] = [row for row in rows(house, campaign_id) if row["email"] == ADA]
    report = told(
        house,
        owner,
        "email,kind,occurred_at,campaign,message_id,variant,url",
        f"{ADA},clicked,2026-11-02T10:00:01Z,{LETTER.name},,B,https://shop.example/x",
        f"{ADA},clicked,2026-11-02T10:00:02Z,{campaign_id},,,https://elsewhere.example",
        f"{ADA},clicked,2026-11-02T10:00:03Z,,{mine['message_id']},,",
        f"{ADA},clicked,2026-11-02T10:00:04Z,Another campaign,,A,",
        f"{ADA},clicked,2026-11-02T10:00:05Z,,<made.up@example.com>,,",
    )
    assert (report.added, report.rejected) == (5, 0)
    found = facts(house, owner, "mailing_no, arm_no, link_no, properties")
    assert [row[:3] for row in found] == [
        (mailing_no, 1, 0),
        (mailing_no, -1, -1),
        (mailing_no, -1, -1),
        (0, -1, -1),
        (0, -1, -1),
    ]
    assert "elsewhere.example" in str(found[1][3])
    assert "Another campaign" in str(found[3][3])


@pytest.mark.parametrize("count", [1, 1_500])
def test_what_a_program_reports_counts_once_by_its_event_id(
    house: Drumbeat, owner: Actor, people: tuple[str, ...], count: int
) -> None:
    def look() -> AbstractContextManager[Department]:
        return house.look(owner)

    def begin() -> AbstractContextManager[Department]:
        return house.begin(owner)

    events = [event(MONDAY_9 - timedelta(seconds=n), f"e{n}") for n in range(count)]
    assert record_events(look, begin, events, "api").added == count
    again = record_events(look, begin, events, "api")
    assert (again.added, again.repeated) == (0, count)
    assert record_events(look, begin, events[:1], "another shop").added == 1


def test_an_imported_request_is_judged_and_kept_no_longer_than_any_other(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    told(
        house,
        owner,
        "email,kind,occurred_at,user_agent",
        f"{ADA},opened,2026-10-02T09:00:01Z,Mozilla/5.0",  # a month old on this Monday
        f"{ADA},opened,2026-10-04T09:00:00Z,Mozilla/5.0",
    )
    assert facts(house, owner, "verdict") == [(Verdict.machine,), (Verdict.machine,)]
    with house.begin(owner) as department:
        assert department.events.forget_evidence(ContactNo(1)) == 1


def test_whoever_is_erased_or_merged_while_a_long_file_is_read_is_seen_by_the_rest_of_it(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    ada, grace, edsger = ContactNo(1), ContactNo(2), ContactNo(3)
    moments = [(MONDAY_9 - timedelta(seconds=n)).isoformat() for n in range(2_000)]
    named = ("ada", "grace", "edsger")
    lines = [f"{named[n % 3]}@example.com,viewed,{at}" for n, at in enumerate(moments)]
    lines += [f"{name}@example.com,opened,2026-10-30" for name in named]

    def after_a_unit(rows: int, done: int, total: int) -> None:
        if rows == len(moments):
            with house.begin(owner) as department:
                department.erasing.erase(ada)
                department.duplicates.merge(edsger, grace)

    source = io.BytesIO("\n".join(["email,kind,occurred_at", *lines]).encode())
    report = import_events(
        lambda: house.look(owner),
        lambda: house.begin(owner),
        source,
        EventImportOptions(),
        after_a_unit,
    )
    assert (report.added, report.rejected) == (2_002, 1)
    assert report.problems[0].reason == "email: nobody in the audience has 'ada@example.com'"
    with house.look(owner) as department, department.facts.open() as duck:
        query = f"SELECT contact_no FROM facts WHERE kind = {Kind.opened:d}"
        # Whose the address was then; about whom it is now, the person is asked.
        assert duck.execute(query).fetchall() == [(grace,), (edsger,)]
        of_people = query.replace("facts", "person_facts")
        assert duck.execute(of_people).fetchall() == [(edsger,), (edsger,)]


def event(at: datetime, event_id: str) -> EventRow:
    return EventRow(0, (), Kind.viewed, at, email=ADA, event_id=event_id)
