from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.science.timing import instant_of_wall_time, known_zone, local_instant

NEW_YORK = ZoneInfo("America/New_York")
BERLIN = ZoneInfo("Europe/Berlin")


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def test_nine_in_the_morning_follows_summer_time() -> None:
    assert local_instant(time(9), BERLIN, not_before=utc(2026, 3, 28)) == utc(2026, 3, 28, 8)
    assert local_instant(time(9), BERLIN, not_before=utc(2026, 3, 29)) == utc(2026, 3, 29, 7)


def test_a_time_that_the_spring_change_skips_moves_forward() -> None:
    skipped = local_instant(time(2, 30), NEW_YORK, not_before=utc(2026, 3, 8, 5))
    assert skipped.astimezone(NEW_YORK).replace(tzinfo=None) == datetime(2026, 3, 8, 3, 30)


def test_a_time_that_the_autumn_change_repeats_is_the_first_of_the_two() -> None:
    repeated = local_instant(time(1, 30), NEW_YORK, not_before=utc(2026, 11, 1, 4))
    assert repeated == utc(2026, 11, 1, 5, 30)
    between_the_two = utc(2026, 11, 1, 6)
    assert local_instant(time(1, 30), NEW_YORK, not_before=between_the_two) == utc(
        2026, 11, 2, 6, 30
    )


def test_the_very_instant_is_not_before_itself() -> None:
    nine = utc(2026, 7, 1, 7)
    assert local_instant(time(9), BERLIN, not_before=nine) == nine
    assert local_instant(time(9), BERLIN, not_before=nine + timedelta(seconds=1)) == utc(
        2026, 7, 2, 7
    )


def test_half_hour_shifts_and_quarter_hour_zones() -> None:
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    assert instant_of_wall_time(datetime(2026, 10, 4, 2, 15), lord_howe).astimezone(
        lord_howe
    ).time() == time(2, 45)
    kathmandu = ZoneInfo("Asia/Kathmandu")
    assert instant_of_wall_time(datetime(2026, 1, 1, 9), kathmandu) == utc(2026, 1, 1, 3, 15)


def test_the_day_that_samoa_skipped() -> None:
    apia = ZoneInfo("Pacific/Apia")
    after_the_29th = utc(2011, 12, 30, 9, 59)
    found = local_instant(time(9), apia, not_before=after_the_29th)
    assert found.astimezone(apia).replace(tzinfo=None) == datetime(2011, 12, 31, 9)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "America", "\0"])
def test_what_is_no_zone_is_not_known(name: str) -> None:
    assert known_zone(name) is None


@given(
    st.sampled_from(["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland"]),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    st.integers(0, 23),
)
def test_it_is_the_next_one_and_less_than_a_long_day_away(
    name: str, after: datetime, hour: int
) -> None:
    not_before = after.replace(tzinfo=UTC)
    zone = ZoneInfo(name)
    found = local_instant(time(hour), zone, not_before=not_before)
    assert not_before <= found <= not_before + timedelta(hours=26)
    shown = found.astimezone(zone)
    assert (
        shown.hour == hour
        or shown.replace(fold=0).utcoffset()
        != (shown - timedelta(hours=2)).astimezone(UTC).astimezone(zone).utcoffset()
    )
