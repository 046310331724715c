"""PostgreSQL as the transactional database: many writers at once, on any number of machines.

`begin` is READ COMMITTED: what decides is a row that is held, a turn, or a compare-and-swap, and a
loser waits instead of starting again. `look` is one REPEATABLE READ snapshot that cannot write.
"""

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import psycopg
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from drumbeat.kit.errors import Conflict, DrumbeatError, InvalidInput
from drumbeat.storage.database import Database

SETTING = "DRUMBEAT_DATABASE_URL"
WRITERS, READERS, SPARE = 5, 10, 20
"""Connections kept open by one process for each kind, and how many more a rush may open."""

CONNECT_SECONDS = 10
LOCK_MS = 30_000
WATCH_SECONDS = 0.1
OLDEST_SERVER = 140_000


class SnapshotWatch:
    """Compares the server's snapshot: it changes when a writing transaction ends, and only then.

    The transaction numbers are the whole server's, so a busy neighbour database makes an engine
    look more often than it need; it never misses a commit. Asked at most every `seconds`.
    """

    def __init__(self, engine: Engine, seconds: float = WATCH_SECONDS) -> None:
        self._engine = engine
        self._seconds = seconds
        self._asking = threading.Lock()
        self._asked_at = float("-inf")
        self._seen = ""

    def version(self, *, at_once: bool = False) -> str:
        with self._asking:
            now = time.monotonic()
            if at_once or now - self._asked_at >= self._seconds:
                with self._engine.connect() as connection:
                    asked = connection.exec_driver_sql("SELECT pg_current_snapshot()::text")
                    self._seen = str(asked.scalar_one())
                self._asked_at = now
            return self._seen

    def close(self) -> None:
        self._engine.dispose()


def connect(url: str, *, watch_seconds: float = WATCH_SECONDS) -> Database:
    """Open the database that the URL names; it must exist.

    Raises InvalidInput for a URL or a login that makes no sense, Conflict if nobody answers.
    """
    address = read_url(url)
    reading = {"postgresql_readonly": True}
    watcher = _engine(address, "AUTOCOMMIT", 1, reading)
    database = Database(
        writer=_engine(address, "READ COMMITTED", WRITERS, {}),
        reader=_engine(address, "REPEATABLE READ", READERS, reading),
        watch=SnapshotWatch(watcher, watch_seconds),
        turn=nullcontext(),
    )
    try:
        with database.look() as connection:
            version = connection.exec_driver_sql("SHOW server_version_num").scalar_one()
    except BaseException:
        database.close()
        raise
    if int(version) < OLDEST_SERVER:
        database.close()
        raise Conflict(f"{_place(address)} is older than PostgreSQL 14, which is needed.")
    return database


def read_url(url: str) -> URL:
    """The address in a `postgresql://user:password@host:port/database`; raises InvalidInput."""
    try:
        address = make_url(url)
        sound = address.get_backend_name() in ("postgresql", "postgres") and address.database
    except (ArgumentError, ValueError):
        sound = None
    if not sound:
        message = f"{SETTING} must be like postgresql://user:password@host:5432/database."
        raise InvalidInput(message, field=SETTING)
    return address.set(drivername="postgresql+psycopg")


def _engine(address: URL, isolation: Any, size: int, options: dict[str, Any]) -> Engine:
    engine = create_engine(
        address,
        isolation_level=isolation,
        execution_options=options | {"preserve_rowcount": True},  # of an INSERT as well
        pool_size=size,
        max_overflow=SPARE if size > 1 else 0,
        pool_pre_ping=True,  # a restarted server costs nobody their request
        use_native_hstore=False,
        hide_parameters=True,  # an error must not carry anybody into a log
        connect_args={"application_name": "drumbeat", "connect_timeout": CONNECT_SECONDS}
        | dict(address.query),
    )
    event.listen(engine, "do_connect", _dialler(address))
    event.listen(engine, "connect", _prepare)
    return engine


def _dialler(address: URL) -> Callable[..., Any]:
    def dial(dialect: Any, record: Any, args: list[Any], named: dict[str, Any]) -> Any:
        try:
            return psycopg.connect(*args, **named)
        except psycopg.OperationalError as error:
            raise _explained(address, str(error)) from None

    return dial


def _prepare(raw: Any, record: Any) -> None:
    """A forgotten lock must not hold everybody up for ever."""
    was, raw.autocommit = raw.autocommit, True
    raw.execute(f"SET lock_timeout = {LOCK_MS}")
    raw.autocommit = was


def _explained(address: URL, words: str) -> DrumbeatError:
    """What libpq said, as something to do about it; libpq's own words may name the login."""
    place = _place(address)
    if "authentication failed" in words or "no password supplied" in words:
        return _wrong(f"{place} does not accept the user {address.username!r} with this password")
    if f'database "{address.database}" does not exist' in words:
        return _wrong(f"{place} has no such database: create it first")
    if "does not exist" in words or "no pg_hba.conf entry" in words:
        return _wrong(f"{place} does not let the user {address.username!r} in")
    reason = words.strip().splitlines()[-1].strip() if words.strip() else "no answer"
    secret = str(address.password or "")
    if secret and secret in reason:
        reason = "the connection failed"
    return Conflict(f"{place} cannot be reached: {reason}")


def _wrong(problem: str) -> InvalidInput:
    return InvalidInput(f"{problem}. See {SETTING}.", field=SETTING)


def _place(address: URL) -> str:
    host = address.host or address.query.get("host") or "this machine"
    port = f" port {address.port}" if address.port else ""
    return f"The PostgreSQL database {address.database!r} on {host}{port}"
