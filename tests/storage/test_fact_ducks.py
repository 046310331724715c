"""DuckDBs that stay open: a reader sees its own snapshot, whoever read before or reads now."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_FACTS
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.department import Department
from drumbeat.marketing.events import Fact, Kind
from drumbeat.storage.fact_ducks import MOST_KEPT_ROWS, FactDucks
from drumbeat.storage.fact_tables import joined, table_of
from drumbeat.storage.warehouse import FactReader
from tests.conftest import MARIA, HandClock
from tests.marketing.events.archiving import archive, compact, count_facts, fold_all

START = datetime(2026, 11, 1, 22, tzinfo=UTC)
KINDS = (Kind.sent, Kind.opened, Kind.clicked, Kind.purchased)
EVERYTHING = "SELECT * FROM facts ORDER BY ALL"

Rows = list[tuple[Any, ...]]


class Failure(Exception):
    """What rolls a writing unit back."""


def some_facts(draw: np.random.Generator, n: int) -> list[Fact]:
    return [
        Fact(
            KINDS[int(draw.integers(len(KINDS)))],
            START + timedelta(minutes=int(draw.integers(10_000))),
            ContactNo(int(draw.integers(1, 50))),
            MailingNo(int(draw.integers(0, 4))),
            value_minor=int(draw.integers(1_000)),
        )
        for _ in range(n)
    ]


def record(house: Drumbeat, n: int, draw: np.random.Generator) -> int:
    with house.begin(MARIA) as department:
        department.events.record(some_facts(draw, n))
    return n


def warm(department: Department) -> Rows:
    with department.facts.open() as duck:
        return duck.execute(EVERYTHING).fetchall()


def cold(department: Department) -> Rows:
    """The same from a DuckDB that is opened for this question alone."""
    facts = department.facts
    reader = FactReader(facts.connection, facts.files, facts.pending, facts.pending_mark)
    with reader.open() as duck:
        return duck.execute(EVERYTHING).fetchall()


def fold_in_vain(house: Drumbeat) -> int:
    """A writing unit folds, sees its own batch and fails: its number may be given again."""
    with suppress(Failure), house.begin(SYSTEM_FACTS) as department:
        department.events.fold(3)
        assert warm(department) == cold(department)
        raise Failure
    return 1


def sweep(house: Drumbeat, clock: HandClock) -> int:
    clock.advance(hours=2)
    with house.begin(SYSTEM_FACTS) as department:
        return department.events.sweep()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_warm_answer_is_the_cold_one_whatever_moved_meanwhile(
    house: Drumbeat, clock: HandClock, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    steps: list[Callable[[], int]] = [
        lambda: record(house, int(draw.integers(1, 30)), draw),
        lambda: fold_all(house, limit=int(draw.integers(1, 9))),
        lambda: fold_in_vain(house),
        lambda: archive(house, limit=int(draw.integers(1, 4))),
        lambda: compact(house),
        lambda: sweep(house, clock),
    ]
    moved = [0] * len(steps)
    for _ in range(9):
        record(house, 10, draw)
        fold_all(house)
        archive(house)  # nearly enough files to be made into one
    for _ in range(60):
        which = int(draw.choice(len(steps), p=(0.3, 0.2, 0.1, 0.2, 0.1, 0.1)))
        moved[which] += steps[which]()
        with house.look(MARIA) as department:
            assert warm(department) == cold(department)
        with house.begin(MARIA) as department:
            assert warm(department) == cold(department)
            department.events.record(some_facts(draw, 1))
            assert warm(department) == cold(department)
    assert all(moved), moved


def test_an_older_snapshot_reads_what_it_read_after_others_read_newer_ones(
    house: Drumbeat,
) -> None:
    draw = np.random.default_rng(3)
    record(house, 20, draw)
    with house.look(MARIA) as older:
        before = warm(older)
        record(house, 5, draw)
        fold_all(house)
        with house.look(MARIA) as newer:
            assert len(warm(newer)) == 25
            archive(house)
            assert warm(older) == before
            assert len(warm(newer)) == 25
        with house.look(MARIA) as newest:
            assert len(warm(newest)) == 25
        assert warm(older) == before


def test_readers_at_once_have_one_each_and_see_their_own_snapshots(house: Drumbeat) -> None:
    draw = np.random.default_rng(4)
    meeting, seen = threading.Barrier(3, timeout=60), dict[int, list[int]]()
    looking: list[threading.Thread] = []

    def read(n: int, ready: threading.Event) -> None:
        with house.look(MARIA) as department, department.facts.open() as duck:
            ready.set()
            meeting.wait()  # all of them have theirs open
            query = "SELECT count(*) FROM facts"
            seen[n] = [duck.execute(query).fetchall()[0][0] for _ in range(20)]

    for n in (10, 20, 30):
        record(house, 10, draw)
        ready = threading.Event()
        looking.append(threading.Thread(target=read, args=(n, ready)))
        looking[-1].start()
        assert ready.wait(60)
    for thread in looking:
        thread.join()
    assert seen == {n: [n] * 20 for n in (10, 20, 30)}


def test_what_a_reader_made_or_set_is_gone_for_the_next(house: Drumbeat) -> None:
    import duckdb

    record(house, 5, np.random.default_rng(5))
    with house.look(MARIA) as department, department.facts.open() as duck:
        duck.execute("CREATE TEMP TABLE mine AS SELECT * FROM facts")
        duck.register("zone", table_of([]))
    with house.look(MARIA) as department, department.facts.open() as duck:
        for name in ("mine", "zone", "table_of"):
            with pytest.raises(duckdb.CatalogException):
                duck.execute(f"SELECT * FROM {name}")
        assert duck.execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]


def test_one_that_is_given_back_is_lent_again_and_one_that_failed_is_not() -> None:
    ducks = FactDucks()
    with ducks.lend(None) as first:
        pass
    with ducks.lend(None) as again:
        assert again is first
    with suppress(Failure), ducks.lend(None) as failed:
        assert failed is first
        raise Failure
    with ducks.lend(None) as other:
        assert other is not first
    ducks.close()


def test_of_several_the_one_that_shows_the_snapshot_is_lent() -> None:
    ducks, nothing = FactDucks(), joined(())
    with ducks.lend((1,)) as first, ducks.lend((2,)) as second:
        first.show((1,), (), {}, nothing)
        second.show((2,), (), {}, nothing)
    for revision, duck in (((1,), first), ((2,), second), ((1,), first)):
        with ducks.lend(revision) as lent:
            assert lent is duck
    ducks.close()


def test_no_more_facts_than_a_few_are_kept_in_memory() -> None:
    ducks = FactDucks()
    row = (1, 0, 1, 1, -1, -1, 0, 0, 0, "", 0, "", None)
    few = table_of([row])
    many = few.take([0] * (MOST_KEPT_ROWS + 1))
    with ducks.lend((1,)) as duck:
        duck.show((1,), (), {1: few}, few)
        assert (duck.revision, list(duck.batches)) == ((1,), [1])
        duck.show((2,), (), {1: few}, many)
        assert (duck.revision, list(duck.batches)) == (None, [])
    ducks.close()


def test_between_readers_no_file_is_held_open(house: Drumbeat) -> None:
    record(house, 50, np.random.default_rng(6))
    fold_all(house)
    archive(house)
    with house.look(MARIA) as department, department.facts.open():
        assert _facts_held(house.home) == len(house.office.fact_files.list_()) > 1
    assert _facts_held(house.home) == 0
    assert count_facts(house)[0] == 50


def _facts_held(home: Path) -> int:
    held = []
    for number in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):
            held.append(os.readlink(f"/proc/self/fd/{number}"))
    return sum(path.startswith(str(home / "facts")) for path in held)


def test_a_file_that_was_damaged_is_read_again_once_it_is_whole(house: Drumbeat) -> None:
    record(house, 50, np.random.default_rng(7))
    fold_all(house)
    archive(house)
    total = count_facts(house)
    [path, *_] = [house.home / "facts" / name for name in house.office.fact_files.list_()]
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(Exception, match=r"was damaged or sealed with another key"):
        count_facts(house)
    path.write_bytes(whole)
    assert count_facts(house) == total


def test_a_closed_house_has_none_open_and_keeps_none(house: Drumbeat) -> None:
    import duckdb

    count_facts(house)
    ducks = house.office.ducks
    with ducks.lend(None) as idle:
        pass
    with ducks.lend(None) as lent:
        assert lent is idle
        ducks.close()
    with pytest.raises(duckdb.ConnectionException), lent.reading(house.office.fact_files):
        pass
    assert count_facts(house) == (0, 0)  # whoever asks still opens one for this
