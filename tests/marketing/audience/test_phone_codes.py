"""A phone number tells a country only where it is written internationally."""

import pytest

from drumbeat.marketing.audience.model import ZoneSource
from drumbeat.marketing.audience.phone_codes import _COUNTRIES, country_of_phone
from drumbeat.marketing.audience.zones import choose_zone, zone_of_country


@pytest.mark.parametrize(
    ("phone", "country"),
    [
        ("+44 20 7946 0958", "GB"),
        ("0049 30 901820", "DE"),
        ("'+49 30 901820", "DE"),
        ("+1 416-555-0134", "CA"),
        ("+1 (212) 555-0134", "US"),
        ("+1 876 555 0134", "JM"),
        ("+7 727 123 4567", "KZ"),
        ("+7 495 123 4567", "RU"),
        ("+353 1 234 5678", "IE"),
        ("+1 800 555 0134", ""),
        ("020 7946 0958", ""),
        ("+44", ""),
        ("+999 1234567", ""),
        ("", ""),
        ("call me", ""),
    ],
)
def test_the_calling_code_names_the_country(phone: str, country: str) -> None:
    assert country_of_phone(phone) == country


def test_every_country_of_a_calling_code_has_a_zone() -> None:
    assert [each for each in sorted(set(_COUNTRIES.values())) if not zone_of_country(each)] == []


def test_what_is_told_outranks_the_country_and_that_the_number() -> None:
    number = "+33 1 70 18 99 00"
    assert choose_zone("Asia/Tokyo", "DE", number) == ("Asia/Tokyo", ZoneSource.column)
    assert choose_zone("", "DE", number) == ("Europe/Berlin", ZoneSource.country)
    assert choose_zone("", "", number) == ("Europe/Paris", ZoneSource.phone)
    assert choose_zone("", "", "555") == ("", ZoneSource.none)
    ranks = [ZoneSource.none, ZoneSource.phone, ZoneSource.country, ZoneSource.column]
    assert [each.rank for each in ranks] == [0, 1, 2, 3]
