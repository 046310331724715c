"""An hour that rests on nobody's opens is called assumed wherever a page tells it."""

import pytest

from drumbeat.interfaces.web.best_hours import list_zones, overall_hour


@pytest.mark.parametrize(
    ("basis", "evidence", "said"),
    [
        ("cold_start", 0, "10:00 local time, assumed: too few opens were seen to know better."),
        ("cold_start", 3, "assumed: too few opens were seen to know better; 3 opens seen."),
        ("list", 40, "10:00 local time, from the other contacts' habits; 40 opens seen."),
        ("measured", 90, "10:00 local time, measured; 90 opens seen."),
    ],
)
def test_the_best_hour_over_everyone_says_what_it_rests_on(
    basis: str, evidence: int, said: str
) -> None:
    timing = {"global_optimal_time": "10:00", "basis": basis, "evidence": evidence}
    assert overall_hour(timing).endswith(said)


def test_before_anything_was_planned_there_is_no_best_hour() -> None:
    assert overall_hour({}) == ""


def test_zones_are_listed_by_size_and_assumed_hours_are_marked() -> None:
    zones = {
        "Asia/Tokyo": {"time": "10:00", "subscribers": 4, "basis": "cold_start"},
        "America/New_York": {"time": "08:00", "subscribers": 9, "basis": "measured"},
    }
    assert list_zones(zones) == [
        ("America/New York", "08:00", "9"),
        ("Asia/Tokyo", "10:00, assumed", "4"),
    ]
