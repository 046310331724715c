"""How figures are written for people: percent, counts, money, instants; "—" for "not known"."""

import re
from collections.abc import Callable
from datetime import date, datetime

from drumbeat.kit.clock import parse_instant
from drumbeat.kit.errors import InvalidInput

UNKNOWN = "—"
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£"}
_PLACEHOLDER = re.compile(r"\{\{-?\s*([\w.]+)[^}]*\}\}")
_NARROW = "\u202f"

Number = int | float


def number_of(value: object) -> float | None:
    """A finite number, or None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < float("inf") else None


def percent(value: object, places: int = 1) -> str:
    """A fraction as percent: 0.2514 → "25.1 %"."""
    rate = number_of(value)
    return UNKNOWN if rate is None else f"{rate * 100:.{places}f}{_NARROW}%"


def points(value: object) -> str:
    """A difference of two fractions in percentage points, with its sign."""
    gap = number_of(value)
    return UNKNOWN if gap is None else f"{gap * 100:+.1f} points".replace("-", "\u2212")


def count(value: object) -> str:
    amount = number_of(value)
    return UNKNOWN if amount is None else f"{amount:,.0f}"


def counted(value: object, noun: str) -> str:
    """1 → "1 person"; 2 → "2 people"."""
    plural = {"person": "people"}.get(noun, noun + "s")
    return f"{count(value)} {noun if value == 1 else plural}"


def money(value: object, currency: str = "") -> str:
    amount = number_of(value)
    if amount is None:
        return UNKNOWN
    written = f"{abs(amount):,.2f}"
    symbol = _SYMBOLS.get(currency)
    sign = "\u2212" if amount < 0 else ""
    if symbol:
        return f"{sign}{symbol}{written}"
    return f"{sign}{written} {currency}".rstrip()


def signed_percent(value: object) -> str:
    """A number that is percent already, with its sign: 16.9 → "+17 %"."""
    change = number_of(value)
    if change is None:
        return UNKNOWN
    return f"{change:+,.0f}{_NARROW}%".replace("-", "\u2212")


def instant(value: object) -> str:
    """An ISO instant as "2 Nov 2026, 09:00 UTC"."""
    moment = _moment(value)
    return UNKNOWN if moment is None else f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def day(value: date) -> str:
    """A day as "2 Nov 2026"."""
    return f"{value.day} {value:%b %Y}"


def words(value: object) -> str:
    """snake_case as words: "awaiting_approval" → "awaiting approval"."""
    return str(value).replace("_", " ").replace(":", ": ")


def spoken(value: object) -> str:
    """A subject line as a reader would say it: "{{ first_name | … }}, hi" → "[first name], hi"."""
    written = "" if value is None else str(value)
    return _PLACEHOLDER.sub(lambda found: f"[{words(found[1].rpartition('.')[2])}]", written)


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        return parse_instant(value, field="instant") if isinstance(value, str) else None
    except InvalidInput:
        return None


FILTERS: dict[str, Callable[..., str]] = {
    "percent": percent,
    "points": points,
    "count": count,
    "counted": counted,
    "money": money,
    "signed_percent": signed_percent,
    "instant": instant,
    "day": day,
    "words": words,
}
