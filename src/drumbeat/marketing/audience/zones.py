"""In which time zone does somebody live who told us a zone, a country or a phone number?

Zones and countries are those of the tz database (zone.tab, iso3166.tab). A country with several
zones gives the one most of its people live in: the first in zone.tab, or the one named here.
"""

from functools import cache, lru_cache
from importlib.resources import files

from drumbeat.marketing.audience.model import ZoneSource
from drumbeat.marketing.audience.phone_codes import country_of_phone

# Where zone.tab, which goes by geography, does not begin with the most populous zone.
_MAIN_ZONE = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
}
_NOWHERE = {"AQ"}  # a continent whose stations each keep the time of their supplier
_OTHER_NAMES = {
    "uk": "GB",
    "united kingdom": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "usa": "US",
    "united states of america": "US",
    "eire": "IE",
    "republic of ireland": "IE",
    "rsa": "ZA",
    "uae": "AE",
    "korea": "KR",
    "south korea": "KR",
    "republic of korea": "KR",
    "north korea": "KP",
    "holland": "NL",
    "the netherlands": "NL",
    "czechia": "CZ",
    "russian federation": "RU",
    "viet nam": "VN",
    "turkiye": "TR",
    "türkiye": "TR",
    "burma": "MM",
    "myanmar": "MM",
    "swaziland": "SZ",
    "eswatini": "SZ",
    "ivory coast": "CI",
    "bosnia and herzegovina": "BA",
    "trinidad and tobago": "TT",
    "deutschland": "DE",
    "österreich": "AT",
    "schweiz": "CH",
    "suisse": "CH",
    "españa": "ES",
    "italia": "IT",
    "brasil": "BR",
    "méxico": "MX",
    "polska": "PL",
    "sverige": "SE",
    "norge": "NO",
    "danmark": "DK",
    "suomi": "FI",
    "nederland": "NL",
    "belgique": "BE",
    "belgië": "BE",
}


@lru_cache(1024)
def choose_zone(zone: str, country: str, phone: str = "") -> tuple[str, ZoneSource]:
    """The IANA zone of a contact and where it comes from; ("", none) when nothing tells."""
    if found := read_zone(zone):
        return found, ZoneSource.column
    if found := zone_of_country(country):
        return found, ZoneSource.country
    if found := zone_of_country(country_of_phone(phone)):
        return found, ZoneSource.phone
    return "", ZoneSource.none


def read_zone(text: str) -> str:
    """The IANA zone that a cell names, or "". Offsets are no zones: they say nothing of summer."""
    plain = text.strip().replace(" ", "_").replace("_slash_", "/")
    return _zone_names().get(plain.casefold(), "") if plain else ""


def zone_of_country(country: str) -> str:
    """The main zone of a country by ISO code or English name, or ""."""
    plain = " ".join(country.replace(".", "").replace("&", "and").split()).casefold()
    return _zones_by_country().get(plain, "") if plain else ""


@cache
def _zone_names() -> dict[str, str]:
    from zoneinfo import available_timezones

    return {name.casefold(): name for name in available_timezones() if name != "localtime"}


@cache
def _zones_by_country() -> dict[str, str]:
    by_code: dict[str, str] = {}
    for line in _table("zone.tab"):
        code, _, zone = line.split("\t")[:3]
        if code not in _NOWHERE:
            by_code.setdefault(code, _MAIN_ZONE.get(code, zone))
    by_name = {code.casefold(): zone for code, zone in by_code.items()}
    for line in _table("iso3166.tab"):
        code, name = line.split("\t")[:2]
        if code in by_code:
            by_name[name.replace("&", "and").casefold()] = by_code[code]
    return by_name | {name: by_code[code] for name, code in _OTHER_NAMES.items()}


def _table(name: str) -> list[str]:
    text = (files("tzdata") / "zoneinfo" / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
