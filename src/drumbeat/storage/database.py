"""The transactional database: who may write now, and what one unit of work sees.

`begin` writes and `look` reads one consistent moment; nobody else begins or commits. How that is
kept is each engine's own: storage/sqlite.py and storage/postgresql.py.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Protocol, TypeVar, cast

from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Integer,
    MetaData,
    Select,
    Table,
    func,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DataError

from drumbeat.storage.folder_lock import FolderLock

UNKEEPABLE = (ValueError, TypeError, LookupError, AssertionError, RecursionError, DataError)
"""What a unit raises because of what it was given; a database that is busy or full is not here."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

__all__ = [
    "NUMBER",
    "UNKEEPABLE",
    "Connection",
    "Database",
    "held",
    "metadata",
    "take_turn",
    "upsert",
]

NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""A key that counts events: SQLite's own row number, eight bytes on PostgreSQL too."""

LITTLE_KB = 8_192
_SEEN = "drumbeat_seen"
Found = TypeVar("Found")


class Watch(Protocol):
    def version(self, *, at_once: bool = False) -> str: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Database:
    """Readers never wait for writers; `turn` is what writers of this process queue in.

    `lock` is the share in the data folder that it is opened for, and ends with it.
    """

    writer: Engine
    reader: Engine
    watch: Watch
    turn: AbstractContextManager[None]
    lock: FolderLock | None = None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One writing unit: committed on return, rolled back on error. Keep it under 50 ms."""
        with self.turn, self.writer.begin() as connection:
            yield connection

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """One consistent reading; a write inside it fails."""
        with self.reader.connect() as connection:
            yield connection.execution_options(**{_SEEN: {}})

    def version(self, *, at_once: bool = False) -> str:
        """Moves whenever anybody, also in another process, has committed; cheap enough to poll.

        It may be a moment old on a server, unless `at_once`.
        """
        return self.watch.version(at_once=at_once)

    def keep_little(self) -> None:
        """Hold on to few of the pages that were read, in memory that grows with nothing.

        For a process that goes through all recipients once: none of their pages is read again.
        """
        if self.writer.dialect.name == "sqlite":
            raw = self.writer.raw_connection()
            raw.cursor().execute(f"PRAGMA cache_size = -{LITTLE_KB}")
            raw.close()

    def close(self) -> None:
        self.writer.dispose()
        self.reader.dispose()
        self.watch.close()
        if self.lock is not None:
            self.lock.close()


def upsert(table: Table) -> postgresql.Insert:
    """An INSERT that knows `on_conflict_do_update` and `on_conflict_do_nothing` on both databases.

    Name the columns of the conflict, never the constraint: SQLite knows no constraint by name.
    """
    return postgresql.insert(table)


def held(connection: Connection, query: Select[Any]) -> Select[Any]:
    """Inside a writing unit, the same rows locked until it ends; a reading unit only reads.

    For rows whose state decides what happens next. SQLite's one writer holds all rows anyway.
    """
    return query.with_for_update() if _shares_writing(connection) else query


def take_turn(connection: Connection, name: str) -> None:
    """Until this writing unit ends nobody else is in one that took the turn of the same name.

    For what reads many rows and must not be overtaken: one turn an area, taken before reading.
    """
    if _shares_writing(connection):
        number = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(number)))


def is_reading(connection: Connection) -> bool:
    """Whether this is a reading unit: one snapshot, of what was committed and nothing else."""
    return _SEEN in connection.get_execution_options()


def once(connection: Connection, question: Hashable, read: Callable[[], Found]) -> Found:
    """In a reading unit the same question has one answer, so it is asked once; else every time.

    For values that nobody changes: whoever asks again is given the same one.
    """
    seen = connection.get_execution_options().get(_SEEN)
    if seen is None:
        return read()
    if question not in seen:
        seen[question] = read()
    return cast(Found, seen[question])


def know(connection: Connection, answers: Mapping[Hashable, object]) -> None:
    """Answers to `once` that were read together beforehand; a writing unit forgets them."""
    seen = connection.get_execution_options().get(_SEEN)
    if seen is not None:
        seen.update(answers)


def _shares_writing(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql" and not connection.get_execution_options().get(
        "postgresql_readonly", False
    )
