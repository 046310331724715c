"""The built-in database: one SQLCipher file, one writer at a time, encrypted as a whole.

`begin` is BEGIN IMMEDIATE behind a fair in-process queue, because SQLite's own back-off lets one
waiter starve. `look` is deferred and query-only.
"""

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from drumbeat.kit.errors import Conflict
from drumbeat.storage.database import Database
from drumbeat.storage.wal_index import find_head

BUSY_MS = 30_000
COPIED_PAGES = 2_000
MOST_FAULTS = 10


class FairLock:
    """A lock that serves waiters in the order they came."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._held = False

    def __enter__(self) -> None:
        with self._guard:
            if not self._held:
                self._held = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        try:
            turn.wait()
        except BaseException:  # Ctrl-C: nobody may wait for a turn that is never taken
            self._leave(turn)
            raise

    def __exit__(self, *_: object) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._held = False

    def _leave(self, turn: threading.Event) -> None:
        with self._guard:
            waiting = turn in self._waiting
            if waiting:
                self._waiting.remove(turn)
        if not waiting:
            self.__exit__()


class FileWatch:
    """Sees the file's change counter; asking costs less than a microsecond where it is mapped."""

    def __init__(self, raw: Any, path: Path) -> None:
        self._raw = raw
        self._cursor = raw.cursor()
        self._asking = threading.Lock()
        self._asked()  # from its first reading on, SQLite keeps the index mapped
        self._head = find_head(path)

    def version(self, *, at_once: bool = False) -> str:
        with self._asking:
            return self._asked() if self._head is None else self._head.raw.decode("latin-1")

    def _asked(self) -> str:
        return str(self._cursor.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        with self._asking:
            self._head = None  # unmapped with the last connection
            self._raw.close()


def connect(path: Path, key: bytes) -> Database:
    """Open (or create) the SQLCipher file at `path`; `key` is 32 bytes.

    Raises Conflict if the file exists and was written with another key.
    """
    dial = _dialler(path, key)
    dial(False).close()
    return Database(
        writer=_engine(lambda: dial(False), "BEGIN IMMEDIATE", pool_size=1),
        reader=_engine(lambda: dial(True), "BEGIN", pool_size=8),
        watch=FileWatch(dial(True), path),
        turn=FairLock(),
    )


def copy_file(path: Path, key: bytes, to: Path, told: Callable[[int, int], None]) -> None:
    """The file at `path` as it stands now, as a new file `to` under the same key.

    Writers go on meanwhile: one reading holds the moment that all pages are taken from. `told`
    hears how many pages are copied, and of how many. Raises Conflict for another key.
    """
    source = _dialler(path, key)(True)
    target = sqlcipher.connect(str(to), isolation_level=None)
    try:
        target.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the moment is this one
        source.backup(
            target, pages=COPIED_PAGES, progress=lambda _, left, all_: told(all_ - left, all_)
        )
    finally:
        target.close()
        source.close()


def faults_of(path: Path, key: bytes) -> list[str]:
    """What is damaged in the file, in SQLite's words; reads all of it. Raises Conflict."""
    raw = _dialler(path, key)(True)
    try:
        sealed = [str(row[0]) for row in raw.execute("PRAGMA cipher_integrity_check")]
        if sealed:
            return sealed[:MOST_FAULTS]
        inside = [str(row[0]) for row in raw.execute(f"PRAGMA integrity_check({MOST_FAULTS})")]
        orphans = [
            f"row {row[1]} of {row[0]} points at a row of {row[2]} that is not there"
            for row in raw.execute("PRAGMA foreign_key_check").fetchmany(MOST_FAULTS)
        ]
    except sqlcipher.DatabaseError as error:
        return [str(error)]
    finally:
        raw.close()
    return [fault for fault in inside if fault != "ok"] + orphans


def _dialler(path: Path, key: bytes) -> Callable[[bool], Any]:
    def dial(query_only: bool) -> Any:
        raw = sqlcipher.connect(str(path), check_same_thread=False, isolation_level=None)
        raw.execute("PRAGMA cipher_log_level = NONE")  # a wrong key is told by an error alone
        raw.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        try:
            raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlcipher.DatabaseError:
            raw.close()
            raise Conflict(f"{path} cannot be read with this key file.") from None
        raw.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("PRAGMA cache_size = -65536")
        raw.execute("PRAGMA temp_store = MEMORY")  # spilled sorts would be plain text on disk
        if query_only:
            raw.execute("PRAGMA query_only = ON")
        return raw

    return dial


def _engine(creator: Callable[[], Any], begin: str, *, pool_size: int) -> Engine:
    engine = create_engine(
        "sqlite://",
        module=sqlcipher,
        creator=creator,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=-1 if pool_size > 1 else 0,
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
