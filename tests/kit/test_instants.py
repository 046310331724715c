"""Instants are read where they can be read in one way only."""

from datetime import UTC, datetime

import pytest

from drumbeat.kit.instants import read_time


@pytest.mark.parametrize(
    "cell",
    [
        "2026-01-02T09:30:00+00:00",
        "2026-01-02T10:30:00+01:00",
        "2026-01-02 09:30:00",
        "2026-01-02T09:30Z",
        "2026-01-02 09:30:00 UTC",
        "2026/01/02 09:30",
        "02.01.2026 09:30",
        "Jan 2, 2026 09:30 AM",
        "1767346200",
        "1767346200000",
    ],
)
def test_one_instant_in_the_ways_it_is_written(cell: str) -> None:
    assert read_time(cell) == datetime(2026, 1, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("cell", ["", "03/04/2026", "3/4/26 8:26", "soon", "2026-13-01", "9" * 50])
def test_what_could_mean_two_things_or_nothing_is_not_read(cell: str) -> None:
    assert read_time(cell) is None
