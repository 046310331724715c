"""Countries and zones give a zone that the calendar knows."""

from zoneinfo import ZoneInfo

import pytest

from drumbeat.marketing.audience.zones import read_zone, zone_of_country


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("Portugal", "Europe/Lisbon"),
        ("pt", "Europe/Lisbon"),
        ("United Kingdom", "Europe/London"),
        ("U.K.", "Europe/London"),
        ("USA", "America/New_York"),
        ("United States", "America/New_York"),
        ("Canada", "America/Toronto"),
        ("AU", "Australia/Sydney"),
        ("Russia", "Europe/Moscow"),
        ("EIRE", "Europe/Dublin"),
        ("Korea", "Asia/Seoul"),
        ("Bosnia & Herzegovina", "Europe/Sarajevo"),
        ("Unspecified", ""),
        ("", ""),
    ],
)
def test_a_country_gives_the_zone_most_of_its_people_live_in(country: str, zone: str) -> None:
    assert zone_of_country(country) == zone
    assert not zone or ZoneInfo(zone).key == zone


@pytest.mark.parametrize(
    ("cell", "zone"),
    [
        ("Europe/Lisbon", "Europe/Lisbon"),
        (" america/new york ", "America/New_York"),
        ("america_slash_sao_paulo", "America/Sao_Paulo"),
        ("UTC", "UTC"),
        ("+02:00", ""),
        ("Eastern", ""),
        ("../../etc/passwd", ""),
    ],
)
def test_a_zone_is_one_that_the_tz_database_names(cell: str, zone: str) -> None:
    assert read_zone(cell) == zone
