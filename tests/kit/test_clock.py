"""The clock in a file: every reader sees one instant, old or new, never half of one."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.kit.clock import FileClock, epoch, from_epoch, parse_instant, utc_now
from drumbeat.kit.errors import InvalidInput

NINE = datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_the_file_is_read_anew_at_every_call(tmp_path: Path) -> None:
    clock, other = FileClock(tmp_path / "now"), FileClock(tmp_path / "now")
    clock.set(NINE)
    assert other() == NINE
    clock.set(NINE + timedelta(hours=1))
    assert other() == NINE + timedelta(hours=1)


def test_an_instant_of_any_zone_is_kept_as_utc(tmp_path: Path) -> None:
    clock = FileClock(tmp_path / "now")
    clock.set(NINE.astimezone(timezone(timedelta(hours=-5))))
    assert (clock(), clock().tzinfo) == (NINE, UTC)


def test_readers_never_meet_half_an_instant(tmp_path: Path) -> None:
    clock = FileClock(tmp_path / "now")
    clock.set(NINE)
    ended = threading.Event()
    strange: list[datetime | Exception] = []

    def read() -> None:
        while not ended.is_set():
            try:
                now = clock()
                if not NINE <= now <= NINE + timedelta(seconds=300):
                    strange.append(now)
            except Exception as error:  # whatever it is, the test shows it
                strange.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for second in range(300):
        clock.set(NINE + timedelta(seconds=second, microseconds=second))
    ended.set()
    reader.join()
    assert strange == []
    assert [path.name for path in tmp_path.iterdir()] == ["now"]


def test_a_file_without_an_instant_is_named(tmp_path: Path) -> None:
    path = tmp_path / "now"
    path.write_text("half past nine")
    with pytest.raises(InvalidInput, match="half past nine") as refused:
        FileClock(path)()
    assert str(path) in refused.value.field


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-02T09:00:00+00:00", NINE),
        ("2026-11-02T09:00:00Z", NINE),
        ("2026-11-02T09:00:00", NINE),
        ("2026-11-02T10:00+01:00", NINE),
        ("2026-11-02", NINE - timedelta(hours=9)),
    ],
)
def test_an_iso_instant_is_read_and_is_utc_without_an_offset(text: str, instant: datetime) -> None:
    assert parse_instant(text, field="at") == instant


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "02.11.2026", "2026-13-01", "0001-01-01T00:00+23:59",
     "9999-12-31T23:59:59-12:00", "2026-11-02T09:00:00+99:99", "x" * 10_000],
)  # fmt: skip
def test_what_is_no_instant_names_its_field(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"timing\.at") as refused:
        parse_instant(text, field="timing.at")
    assert refused.value.field == "timing.at"
    assert len(str(refused.value)) < 150


@given(st.integers(-(10**9), 10**10))
def test_seconds_come_back(seconds: int) -> None:
    assert epoch(from_epoch(seconds)) == seconds


def test_stored_seconds_are_rounded_down_before_and_after_1970() -> None:
    assert epoch(datetime(1969, 12, 31, 23, 59, 59, 500_000, UTC)) == -1
    assert epoch(datetime(1970, 1, 1, 0, 0, 1, 999_999, UTC)) == 1


def test_the_wall_clock_knows_its_zone() -> None:
    assert utc_now().tzinfo is UTC
