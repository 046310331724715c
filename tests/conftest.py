"""The cast and the places: a real migrated database in a folder of its own, and its people."""

from collections.abc import Iterator
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
