"""Local time and the ageing of a mail."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.science.simulation.habits import (
    CURVES,
    HABITS,
    HOURS_PER_WEEK,
    activity,
    delay_hours,
    hours_of_week,
    utc_offsets,
)
from drumbeat.science.simulation.reactions import ZONES

ORACLE = Path(__file__).parents[4] / "shared" / "oracles" / "time_to_open.json"
SPRING_2026 = datetime(2026, 3, 1, tzinfo=UTC)


def test_the_delay_has_the_published_quantiles() -> None:
    # XCampaign: 25.9 % within an hour, median 6 h 25, 71.2 % within a day, 93.0 % within a week.
    u = np.linspace(0, 1, 100_000, endpoint=False)
    delays = delay_hours(u)
    assert np.median(delays) == pytest.approx(6.42, rel=0.02)
    for hours, share in ((1, 0.259), (24, 0.712), (168, 0.930)):
        assert (delays < hours).mean() == pytest.approx(share, abs=0.015)


def test_the_delay_agrees_with_the_fitted_curve() -> None:
    if not ORACLE.exists():
        pytest.skip("needs ../shared/oracles/time_to_open.json")
    shares = json.loads(ORACLE.read_text())["share_of_opens_by_hours"]
    delays = delay_hours(np.linspace(0, 1, 100_000, endpoint=False))
    for hours, share in shares.items():
        assert (delays < float(hours)).mean() == pytest.approx(share, abs=0.002)


def test_every_week_has_mean_activity_one_and_a_night() -> None:
    assert np.allclose(CURVES.mean(axis=1), 1)
    assert (CURVES[:, 3] < 0.5).all()
    assert sum(habit.share for habit in HABITS) == pytest.approx(1)


@pytest.mark.parametrize(
    ("name", "hour"), [("early riser", 6), ("office", 9), ("lunch break", 12), ("evening", 20)]
)
def test_a_habit_peaks_at_the_hour_it_is_named_for(name: str, hour: int) -> None:
    row = [habit.name for habit in HABITS].index(name)
    assert int(np.argmax(CURVES[row][:24])) == hour


def test_no_concentration_means_any_hour_is_like_another() -> None:
    week = np.arange(HOURS_PER_WEEK)
    assert np.allclose(activity(np.zeros(168, dtype=np.int64), np.zeros(168), week), 1)


@settings(deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    minutes=st.lists(st.integers(0, 60 * 24 * 500), min_size=5, max_size=40),
)
def test_tables_of_offsets_agree_with_zoneinfo_across_every_change(
    zone: str, minutes: list[int]
) -> None:
    instants = [SPRING_2026 + timedelta(minutes=minute) for minute in minutes]
    epochs = np.array([int(at.timestamp()) for at in instants])
    expected = [at.astimezone(ZoneInfo(zone)).utcoffset() for at in instants]
    assert [timedelta(seconds=s) for s in utc_offsets(zone, epochs).tolist()] == expected


@pytest.mark.parametrize(
    ("zone", "utc", "local_hour_of_week"),
    [
        ("Europe/Berlin", datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), 6 * 24 + 1),
        ("Europe/Berlin", datetime(2026, 3, 29, 1, 0, tzinfo=UTC), 6 * 24 + 3),
        ("America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC), 6 * 24 + 1),
        ("America/New_York", datetime(2026, 11, 1, 6, 30, tzinfo=UTC), 6 * 24 + 1),
        ("America/Phoenix", datetime(2026, 7, 1, 7, 0, tzinfo=UTC), 2 * 24 + 0),
        ("Asia/Kolkata", datetime(2026, 11, 2, 18, 45, tzinfo=UTC), 1 * 24 + 0),
        ("Australia/Sydney", datetime(2026, 10, 3, 16, 0, tzinfo=UTC), 6 * 24 + 3),
    ],
)
def test_local_hours_are_right_where_clocks_change(
    zone: str, utc: datetime, local_hour_of_week: int
) -> None:
    for copies in (1, 10):  # one by one and by table
        epochs = np.full(copies, utc.timestamp())
        hours = hours_of_week((zone,), np.zeros(copies, dtype=np.int64), epochs)
        assert set(hours.tolist()) == {local_hour_of_week}
