"""The cast and the places: a real migrated database in a folder of its own, and its people."""

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drumbeat.bootstrap import Drumbeat, open_folder
from drumbeat.kit.actor import Actor, Scope

MARIA = Actor("maria", frozenset(Scope), person_no=1)
GUEST = Actor("guest", frozenset(), person_no=2)
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


@pytest.fixture
def house(tmp_path: Path, clock: HandClock) -> Iterator[Drumbeat]:
    """An open, migrated, empty data folder on the test's clock."""
    drumbeat = open_folder(tmp_path / "home", tmp_path / "keys" / "key", clock=clock)
    yield drumbeat
    drumbeat.close()


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
