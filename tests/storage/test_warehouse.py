"""The fact reader: every fact exactly once, wherever it lies, and nothing plain on disk."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drumbeat.bootstrap import Drumbeat, open_folder
from drumbeat.kit.actor import SYSTEM_FACTS
from drumbeat.kit.errors import Conflict
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.events import Fact, Kind
from tests.conftest import MARIA, HandClock
from tests.marketing.events.archiving import archive, compact, count_facts, fold_all

START = datetime(2026, 11, 1, 22, tzinfo=UTC)
KINDS = (Kind.sent, Kind.opened, Kind.clicked, Kind.purchased, Kind.bounced)


def some_facts(n: int, first: int = 0) -> list[Fact]:
    return [
        Fact(
            KINDS[i % len(KINDS)],
            START + timedelta(minutes=i),
            ContactNo(i % 97 + 1),
            MailingNo(i % 5),
            value_minor=i,
            properties={"note": f"plain-{i}"} if i % 3 else None,
        )
        for i in range(first, first + n)
    ]


def record(house: Drumbeat, facts: list[Fact]) -> None:
    for start in range(0, len(facts), 2_000):
        with house.begin(MARIA) as department:
            department.events.record(facts[start : start + 2_000])


def test_a_fact_reads_the_same_pending_folded_and_archived(house: Drumbeat) -> None:
    record(house, some_facts(300))

    def everything() -> list[tuple[object, ...]]:
        with house.look(MARIA) as department, department.facts.open() as duck:
            return duck.execute("SELECT * FROM facts ORDER BY value_minor").fetchall()

    pending = everything()
    assert len(pending) == 300
    fold_all(house, limit=100)
    assert everything() == pending
    archive(house, limit=2)
    assert everything() == pending  # one batch is still in the database
    archive(house)
    assert everything() == pending


def test_the_view_has_the_columns_that_stores_rely_on(house: Drumbeat) -> None:
    record(house, some_facts(5))
    fold_all(house)
    archive(house)
    record(house, some_facts(5))
    with house.look(MARIA) as department, department.facts.open() as duck:
        described = {row[0]: row[1] for row in duck.execute("DESCRIBE facts").fetchall()}
    assert described == {
        "contact_no": "INTEGER",
        "mailing_no": "INTEGER",
        "occurred_at": "TIMESTAMP",
        "kind": "TINYINT",
        "arm_no": "TINYINT",
        "link_no": "SMALLINT",
        "verdict": "TINYINT",
        "reason": "TINYINT",
        "value_minor": "BIGINT",
        "currency": "VARCHAR",
        "order_key": "BIGINT",
        "source": "VARCHAR",
        "properties": "VARCHAR",
    }


def test_an_empty_house_has_an_empty_view(house: Drumbeat) -> None:
    assert count_facts(house) == (0, 0)


def test_a_reader_can_write_nothing_to_the_disk(house: Drumbeat, tmp_path: Path) -> None:
    record(house, some_facts(5))
    import duckdb

    with house.look(MARIA) as department, department.facts.open() as duck:
        with pytest.raises(duckdb.Error):
            duck.execute(f"COPY facts TO '{tmp_path}/facts.csv'")
        with pytest.raises(duckdb.Error):
            duck.execute(f"SET temp_directory = '{tmp_path}'")
    assert not (tmp_path / "facts.csv").exists()


def test_no_value_of_a_fact_lies_plain_in_the_folder(house: Drumbeat) -> None:
    record(house, some_facts(500))
    fold_all(house)
    archive(house)
    for path in house.home.rglob("*"):
        if path.is_file():
            assert b"plain-" not in path.read_bytes(), path


def test_a_snapshot_does_not_move_while_facts_do(house: Drumbeat) -> None:
    record(house, some_facts(400))
    with house.look(MARIA) as department:
        with department.facts.open() as duck:
            before = duck.execute("SELECT count(*) FROM facts").fetchall()
        record(house, some_facts(100, first=400))
        fold_all(house, limit=100)
        archive(house)
        with department.facts.open() as duck:
            assert duck.execute("SELECT count(*) FROM facts").fetchall() == before
    assert count_facts(house)[0] == 500


def test_compaction_swaps_files_and_old_ones_stay_for_their_readers(
    house: Drumbeat, clock: HandClock
) -> None:
    for round_no in range(10):
        record(house, some_facts(50, first=50 * round_no))
        fold_all(house)
        archive(house)
    total = count_facts(house)
    files_before = len(house.office.fact_files.list_())
    while compact(house):
        assert count_facts(house) == total
    with house.begin(SYSTEM_FACTS) as department:
        assert department.events.sweep() == 0
        assert len(department.events.warehouse.list_files()) < files_before
    clock.advance(hours=2)
    with house.begin(SYSTEM_FACTS) as department:
        assert department.events.sweep() > 0
        named = [file.name for file in department.events.warehouse.list_files()]
    assert house.office.fact_files.list_() == sorted(named)
    assert count_facts(house) == total


def test_of_two_archivers_one_wins_and_nothing_doubles(house: Drumbeat) -> None:
    record(house, some_facts(300))
    fold_all(house, limit=100)
    with house.look(SYSTEM_FACTS) as department:
        events = department.events
        batches = events.read_batches()
    mine, theirs = events.seal(batches), events.seal(batches)
    with house.begin(SYSTEM_FACTS) as department:
        department.events.adopt(mine, batches)
    with (
        pytest.raises(Conflict, match="Another archiver"),
        house.begin(SYSTEM_FACTS) as department,
    ):
        department.events.adopt(theirs, batches)
    assert count_facts(house)[0] == 300
    with house.begin(SYSTEM_FACTS) as department:
        assert department.events.sweep() == len(theirs.files)
    assert count_facts(house)[0] == 300


def test_a_file_that_was_swept_is_never_named(house: Drumbeat) -> None:
    record(house, some_facts(100))
    fold_all(house)
    with house.look(SYSTEM_FACTS) as department:
        events = department.events
        batches = events.read_batches()
    files = events.seal(batches)
    with house.begin(SYSTEM_FACTS) as department:
        department.events.sweep()
    with pytest.raises(Conflict, match="swept"), house.begin(SYSTEM_FACTS) as department:
        department.events.adopt(files, batches)
    assert count_facts(house)[0] == 100


KILLED = """
import os, signal, sys
from pathlib import Path
from datetime import UTC, datetime
from drumbeat.bootstrap import open_folder
from drumbeat.kit.actor import SYSTEM_FACTS
home, key, moment = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
house = open_folder(home, key, clock=lambda: datetime(2026, 11, 2, 9, tzinfo=UTC))
if moment == "folding":
    with house.begin(SYSTEM_FACTS) as department:
        department.events.fold(100)
        os.kill(os.getpid(), signal.SIGKILL)
with house.look(SYSTEM_FACTS) as department:
    events = department.events
    batches = events.read_batches()
files = events.seal(batches)
if moment == "sealed":
    os.kill(os.getpid(), signal.SIGKILL)
with house.begin(SYSTEM_FACTS) as department:
    department.events.adopt(files, batches)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("moment", ["folding", "sealed", "adopting"])
def test_a_killed_archiver_loses_and_doubles_nothing(
    tmp_path: Path, clock: HandClock, moment: str
) -> None:
    home, key = tmp_path / "home", tmp_path / "keys" / "key"
    house = open_folder(home, key, clock=clock)
    record(house, some_facts(500))
    with house.begin(SYSTEM_FACTS) as department:
        department.events.fold(300)
    total = count_facts(house)
    command = [sys.executable, "-c", KILLED, str(home), str(key), moment]
    died = subprocess.run(command, env={"PYTHONPATH": "src"}, check=False, timeout=60)
    assert died.returncode == -signal.SIGKILL
    assert count_facts(house) == total
    with house.begin(SYSTEM_FACTS) as department:
        department.events.sweep()
    fold_all(house)
    archive(house)
    assert count_facts(house) == total
    house.close()


READER = """
import sys
from pathlib import Path
from datetime import UTC, datetime
from drumbeat.bootstrap import open_folder
from tests.marketing.events.archiving import count_facts
house = open_folder(Path(sys.argv[1]), Path(sys.argv[2]),
                    clock=lambda: datetime(2026, 11, 2, 9, tzinfo=UTC))
print("reading", flush=True)
seen = {count_facts(house) for _ in range(25)}
house.close()
assert seen == {(int(sys.argv[3]), int(sys.argv[4]))}, seen
"""


def test_the_sum_of_facts_stands_still_while_everybody_works(
    tmp_path: Path, clock: HandClock
) -> None:
    home, key = tmp_path / "home", tmp_path / "keys" / "key"
    house = open_folder(home, key, clock=clock)
    facts = some_facts(3_000)
    record(house, facts)
    total = (len(facts), sum(fact.value_minor for fact in facts))
    command = [sys.executable, "-c", READER, str(home), str(key), *map(str, total)]
    path = os.pathsep.join(["src", "."])
    reader = subprocess.Popen(command, env={"PYTHONPATH": path}, stdout=subprocess.PIPE)
    assert reader.stdout is not None
    assert reader.stdout.readline() == b"reading\n"
    done = threading.Event()
    failures: list[BaseException] = []
    seen: set[tuple[int, int]] = set()

    def work() -> None:
        while fold_all(house, limit=75) or archive(house, limit=4) or compact(house):
            with house.begin(SYSTEM_FACTS) as department:
                department.events.sweep()
        done.set()

    def read() -> None:
        while not done.is_set():
            seen.add(count_facts(house))

    threads = [threading.Thread(target=_guarded(job, failures, done)) for job in (work, read, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reader.communicate(timeout=120)
    assert not failures
    assert seen == {total}
    assert reader.returncode == 0
    assert count_facts(house) == total
    house.close()


def _guarded(
    job: Callable[[], None], failures: list[BaseException], done: threading.Event
) -> Callable[[], None]:
    def run() -> None:
        try:
            job()
        except BaseException as failure:
            failures.append(failure)
            done.set()

    return run
