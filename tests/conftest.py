"""The cast and the places: a real migrated database in a folder of its own, and its people."""

import os
import shutil
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drumbeat.bootstrap import Drumbeat, open_folder
from drumbeat.kit.actor import Actor, Scope
from tests.postgresql import Server, running

MARIA = Actor("maria", frozenset(Scope), person_no=1)
GUEST = Actor("guest", frozenset(), person_no=2)
ON_BOTH_DATABASES = {
    *("marketing", "engine", "journeys", "storage"),
    *("test_migrations.py", "test_erasing.py"),
}
MONDAY_9 = datetime(2026, 11, 2, 9, tzinfo=UTC)


@dataclass
class HandClock:
    """A clock that a test moves."""

    now: datetime = field(default=MONDAY_9)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """The server that databases are made on; skips the test where there is none."""
    with running() as server:
        yield server


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """None for the built-in SQLite, or a new PostgreSQL database; see `pytest_generate_tests`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield None
        return
    server: Server = request.getfixturevalue("postgresql")
    with server.database() as url:
        yield url


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty migrated house and its key, to be copied: migrations take a while."""
    folder = tmp_path_factory.mktemp("founded")
    open_folder(folder / "home", folder / "keys" / "key").close()
    return folder


@pytest.fixture
def house(
    tmp_path: Path, clock: HandClock, database_url: str | None, request: pytest.FixtureRequest
) -> Iterator[Drumbeat]:
    """An open, migrated, empty data folder on the test's clock."""
    home, key = tmp_path / "home", tmp_path / "keys" / "key"
    if database_url is None:
        shutil.copytree(request.getfixturevalue("founded"), tmp_path, dirs_exist_ok=True)
    drumbeat = open_folder(home, key, clock=clock, database_url=database_url)
    yield drumbeat
    drumbeat.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What stores, services and engines promise holds on both databases."""
    path = metafunc.definition.path.relative_to(Path(__file__).parent)
    if "database_url" in metafunc.fixturenames and ON_BOTH_DATABASES & {path.parts[0], path.name}:
        also = pytest.param("postgresql", marks=pytest.mark.slow)
        metafunc.parametrize("database_url", ["sqlite", also], indirect=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skip for want of something named in DRUMBEAT_REQUIRE is a failure: CI must have it."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = str(report.longrepr[2])
        missing = [
            name for name in os.environ.get("DRUMBEAT_REQUIRE", "").split() if name in reason
        ]
        if missing:
            report.outcome = "failed"
            report.longrepr = f"{missing[0]} is required here: {reason}"
    return report
