"""Judging again: today's rules over old facts and what is kept of their requests."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import PUBLIC_TRACKING, SYSTEM_FACTS
from drumbeat.kit.errors import NotPermitted
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.events import (
    HIDDEN_LINK,
    Fact,
    FoldedFact,
    Hit,
    JudgedAgain,
    Kind,
    Reason,
    Verdict,
    judge_again,
)
from drumbeat.storage.fact_marks import FactMarks
from tests.conftest import GUEST, MARIA, HandClock
from tests.marketing.events.archiving import archive, fold_all

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
MAILING = MailingNo(3)


def hit(contact: int, second: float, link: int = -1, agent: str = FIREFOX) -> Hit:
    kind = Kind.opened if link < 0 else Kind.clicked
    at = NOON + timedelta(seconds=second)
    return Hit(kind, at, ContactNo(contact), MAILING, link, user_agent=agent)


def file_away(house: Drumbeat, hits: Sequence[Hit], sent: Sequence[int] = ()) -> None:
    sends = [Fact(Kind.sent, NOON, ContactNo(contact), MAILING) for contact in sent]
    with house.begin(MARIA) as department:
        department.events.record(sends)
    with house.begin(PUBLIC_TRACKING) as department:
        department.events.record_hits(hits)
    fold_all(house)
    archive(house)


def say_all_are(house: Drumbeat, verdict: Verdict, reason: Reason = Reason.none) -> None:
    """As an older version might have judged: every open and click the same."""
    from drumbeat.marketing.events.archive import engaged_places, with_verdicts
    from drumbeat.storage.fact_tables import read_file, rows_of, seal_file

    with house.look(MARIA) as department:
        files, listed = department.events.warehouse.files, department.events.warehouse.list_files()
    for old in (file for file in listed if file.family == "engaged"):
        table = read_file(files, old.name)
        places = engaged_places(table)
        facts = [
            FoldedFact(*row)._replace(verdict=int(verdict), reason=int(reason))
            for row in rows_of(table.take(places))
        ]
        new = seal_file(files, with_verdicts(table, places, facts), old.family, old.month, 1)
        with house.begin(SYSTEM_FACTS) as department:
            department.events.warehouse.replace(new, [old.name], 0)


def again(house: Drumbeat, since: datetime = LONG_AGO) -> JudgedAgain:
    return judge_again(lambda: house.look(MARIA), lambda: house.begin(MARIA), since)


def judged(house: Drumbeat) -> list[tuple[int, int, int, int]]:
    query = f"""SELECT contact_no, link_no, verdict, reason FROM facts
                WHERE kind IN ({Kind.opened:d}, {Kind.clicked:d}) ORDER BY 1, 2, 3, 4"""
    with house.look(MARIA) as department, department.facts.open() as duck:
        return [tuple(row) for row in duck.execute(query).fetchall()]


def rules_of_files(house: Drumbeat) -> set[int]:
    with house.look(MARIA) as department:
        listed = department.events.warehouse.list_files()
    return {file.rules for file in listed if file.family == "engaged"}


TRAFFIC = (
    hit(1, 40),
    hit(1, 60, 0),
    hit(2, 30, agent="Mozilla/5.0"),
    hit(3, 50, 0),
    hit(3, 51, HIDDEN_LINK),
    hit(4, 90, 0, "Barracuda Sentinel (EE)"),
    hit(5, 1, 1),
)


def test_facts_judged_by_old_rules_come_out_as_if_judged_today(house: Drumbeat) -> None:
    file_away(house, TRAFFIC, sent=[1, 2, 3, 4, 5])
    today = judged(house)
    say_all_are(house, Verdict.human)
    assert judged(house) != today
    told = again(house)
    assert judged(house) == today
    assert (told.facts, told.changed, told.without_evidence) == (7, 5, 0)
    assert rules_of_files(house) == {told.rules}


def test_what_was_wrongly_called_a_machine_is_a_person_again(house: Drumbeat) -> None:
    file_away(house, TRAFFIC, sent=[1, 2, 3, 4, 5])
    today = judged(house)
    say_all_are(house, Verdict.machine, Reason.burst)
    again(house)
    assert judged(house) == today


def test_judging_again_twice_changes_nothing_more(house: Drumbeat) -> None:
    file_away(house, TRAFFIC)
    again(house)
    with house.look(MARIA) as department:
        before = department.events.warehouse.list_files()
    told = again(house)
    with house.look(MARIA) as department:
        assert department.events.warehouse.list_files() == before
    assert (told.facts, told.changed) == (7, 0)


def test_without_evidence_a_request_keeps_its_own_verdict(
    house: Drumbeat, clock: HandClock
) -> None:
    clock.now = NOON
    file_away(house, TRAFFIC, sent=[1, 2, 3, 4, 5])
    today = judged(house)
    clock.advance(days=31)
    with house.begin(SYSTEM_FACTS) as department:
        department.events.sweep()
    told = again(house)
    assert told.without_evidence == 7
    assert judged(house) == today


def test_neighbours_in_another_file_are_seen(house: Drumbeat) -> None:
    file_away(house, [hit(1, 100 + n, n) for n in (0, 1)])
    file_away(house, [hit(1, 100 + n, n) for n in (2, 3)])
    assert [verdict for _, _, verdict, _ in judged(house)] == [Verdict.human] * 4
    again(house)
    assert [verdict for _, _, verdict, _ in judged(house)] == [Verdict.machine] * 4


def test_only_the_mailings_whose_verdicts_change_are_marked(house: Drumbeat) -> None:
    file_away(house, TRAFFIC)
    say_all_are(house, Verdict.human)

    def revisions() -> list[int | None]:
        with house.look(MARIA) as department:
            marks = FactMarks(department.connection)
            return [marks.revision_of(number) for number in (MAILING, MAILING + 1)]

    before = revisions()
    again(house)
    after = revisions()
    assert after[0] != before[0]
    assert after[1] == before[1]
    again(house)
    assert revisions() == after


def test_files_that_end_before_the_instant_are_left_alone(house: Drumbeat) -> None:
    file_away(house, TRAFFIC)
    say_all_are(house, Verdict.human)
    assert again(house, since=NOON + timedelta(days=1)).files == 0


def test_judging_again_needs_its_scope(house: Drumbeat) -> None:
    with pytest.raises(NotPermitted):
        judge_again(lambda: house.look(GUEST), lambda: house.begin(GUEST), LONG_AGO)
