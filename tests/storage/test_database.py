"""Who may write, in which order, and what a reader sees meanwhile; on real files."""

import multiprocessing
import threading
from pathlib import Path

import pytest
from sqlalchemy.exc import DatabaseError

from drumbeat.kit.errors import Conflict
from drumbeat.storage.database import LITTLE_KB, Connection, Database
from drumbeat.storage.sqlite import FairLock, connect
from drumbeat.storage.wal_index import find_head

KEY = bytes(range(32))
FORK = multiprocessing.get_context("spawn")


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = connect(tmp_path / "drumbeat.db", KEY)
    with made.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE tally (name TEXT PRIMARY KEY, n INTEGER NOT NULL)")
        connection.exec_driver_sql("INSERT INTO tally VALUES ('all', 0)")
    return made


def count(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT n FROM tally").scalar_one())


def raise_by_one(database: Database, times: int) -> None:
    """Read, then write: two that are not one after the other would lose a count."""
    for _ in range(times):
        with database.begin() as connection:
            n = count(connection)
            connection.exec_driver_sql("UPDATE tally SET n = ?", (n + 1,))


def raise_in_a_process(path: Path, times: int) -> None:
    database = connect(path, KEY)
    raise_by_one(database, times)
    database.close()


def test_the_lock_serves_those_who_wait_in_the_order_they_came() -> None:
    lock, served = FairLock(), list[int]()
    waiting = [threading.Thread(target=take_turn, args=(lock, served, n)) for n in range(20)]
    with lock:
        for place, thread in enumerate(waiting, 1):
            thread.start()
            while len(lock._waiting) < place:
                pass
    for thread in waiting:
        thread.join()
    assert served == list(range(20))
    with lock:
        assert len(lock._waiting) == 0


def take_turn(lock: FairLock, served: list[int], number: int) -> None:
    with lock:
        served.append(number)


def test_the_lock_is_free_again_after_an_error() -> None:
    lock, served = FairLock(), list[int]()
    with pytest.raises(ZeroDivisionError), lock:
        raise ZeroDivisionError
    take_turn(lock, served, 1)
    assert served == [1]


def test_somebody_who_stops_waiting_does_not_hold_up_the_rest() -> None:
    lock, served = FairLock(), list[int]()
    with lock:
        gone = threading.Event()
        lock._waiting.append(gone)
        lock._leave(gone)
    take_turn(lock, served, 1)
    assert served == [1]


def test_somebody_whose_turn_came_as_they_left_passes_it_on() -> None:
    lock, served = FairLock(), list[int]()
    gone = threading.Event()
    with lock:
        lock._waiting.append(gone)
    assert gone.is_set()
    lock._leave(gone)
    take_turn(lock, served, 1)
    assert served == [1]


def test_writers_in_many_threads_come_one_after_the_other(database: Database) -> None:
    threads = [threading.Thread(target=raise_by_one, args=(database, 10)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.look() as connection:
        assert count(connection) == 80
    database.close()


def test_writers_in_two_processes_come_one_after_the_other(
    database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "drumbeat.db"
    others = [FORK.Process(target=raise_in_a_process, args=(path, 25)) for _ in range(2)]
    for other in others:
        other.start()
    raise_by_one(database, 25)
    for other in others:
        other.join()
    assert [other.exitcode for other in others] == [0, 0]
    with database.look() as connection:
        assert count(connection) == 75
    database.close()


def test_a_commit_of_another_process_moves_the_version(database: Database, tmp_path: Path) -> None:
    before = database.version()
    assert database.version() == before
    other = connect(tmp_path / "drumbeat.db", KEY)
    raise_by_one(other, 1)
    other.close()
    assert database.version() != before
    database.close()


def test_a_look_cannot_write(database: Database) -> None:
    with database.look() as connection, pytest.raises(DatabaseError, match="readonly"):
        connection.exec_driver_sql("UPDATE tally SET n = 9")
    with database.begin() as connection:
        assert count(connection) == 0
    database.close()


def test_a_look_sees_one_moment_and_does_not_wait_for_a_writer(database: Database) -> None:
    with database.look() as reading:
        assert count(reading) == 0
        raise_by_one(database, 1)
        assert count(reading) == 0
        with database.begin() as writing, database.look() as beside:
            writing.exec_driver_sql("UPDATE tally SET n = 5")
            assert count(beside) == 1
    with database.look() as reading:
        assert count(reading) == 5
    database.close()


def test_an_error_takes_the_whole_unit_back(database: Database) -> None:
    def fail() -> None:
        with database.begin() as connection:
            connection.exec_driver_sql("UPDATE tally SET n = 9")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.look() as connection:
        assert count(connection) == 0
    database.close()


def test_another_key_is_refused_by_the_files_name(database: Database, tmp_path: Path) -> None:
    database.close()
    path = tmp_path / "drumbeat.db"
    with pytest.raises(Conflict, match=str(path)):
        connect(path, bytes(32))
    again = connect(path, KEY)
    with again.look() as connection:
        assert count(connection) == 0
    again.close()


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "drumbeat.db"
    path.write_bytes(b"dear diary, " * 1_000)
    with pytest.raises(Conflict, match="cannot be read"):
        connect(path, KEY)
    assert path.read_bytes() == b"dear diary, " * 1_000


def test_nothing_of_a_row_can_be_read_in_the_folder(database: Database, tmp_path: Path) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("INSERT INTO tally VALUES ('ada@example.com', 1)")
    for path in tmp_path.iterdir():
        assert b"ada@example.com" not in path.read_bytes(), path.name
    database.close()
    for path in tmp_path.iterdir():
        assert b"ada@example.com" not in path.read_bytes(), path.name


def test_a_writer_that_keeps_little_still_writes(database: Database) -> None:
    database.keep_little()
    with database.begin() as connection:
        kept = connection.exec_driver_sql("PRAGMA cache_size").scalar()
        connection.exec_driver_sql("CREATE TABLE kept (number INTEGER)")
    assert kept == -LITTLE_KB
    with database.look() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM kept").scalar() == 0


def test_the_version_moves_with_every_commit_of_whomever(
    database: Database, tmp_path: Path
) -> None:
    here = database.version()
    with database.look() as connection:
        count(connection)
    assert database.version() == here
    raise_by_one(database, 1)
    mine = database.version()
    assert mine != here
    process = FORK.Process(target=raise_in_a_process, args=(tmp_path / "drumbeat.db", 1))
    process.start()
    process.join()
    theirs = database.version()
    assert theirs != mine
    raise_by_one(database, 1)
    assert database.version() != theirs


def test_the_version_is_asked_of_sqlite_where_its_memory_cannot_be_seen(
    database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("drumbeat.storage.wal_index._MAPS", tmp_path / "no such file")
    other = connect(tmp_path / "drumbeat.db", KEY)
    seen = [other.version(), other.version()]
    raise_by_one(database, 1)
    assert seen[0] == seen[1] != other.version()
    other.close()


def test_the_head_of_the_wal_index_is_found_for_its_own_file_only(
    database: Database, tmp_path: Path
) -> None:
    raise_by_one(database, 1)
    assert find_head(tmp_path / "another.db") is None
    (tmp_path / "another.db-shm").write_bytes(bytes(40_000))
    assert find_head(tmp_path / "another.db") is None  # nobody has it mapped
    head = find_head(tmp_path / "drumbeat.db")
    if head is None:
        pytest.skip("this system does not say what is mapped")
    before = head.raw
    raise_by_one(database, 1)
    assert head.raw != before


def test_two_that_have_one_file_open_leave_each_other_their_locks(
    database: Database, tmp_path: Path
) -> None:
    other = connect(tmp_path / "drumbeat.db", KEY)
    raise_by_one(database, 1)
    seen = database.version()
    other.close()
    assert database.version() == seen
    raise_by_one(database, 1)
    assert database.version() != seen
