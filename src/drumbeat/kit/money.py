"""Money: integer minor units and a currency inside, decimal major units at the edges."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, Overflow

from drumbeat.kit.errors import InvalidInput

# ISO 4217 currencies without two decimal places that shops really use.
_EXPONENT = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "ISK": 0, "BHD": 3, "KWD": 3, "TND": 3}


def to_minor(text: str | int | float | Decimal, currency: str) -> int:
    """Minor units of a decimal amount, half away from zero. Raises InvalidInput(field="value")."""
    try:
        amount = Decimal(str(text).strip())
        scaled = (amount * 10 ** _EXPONENT.get(currency, 2)).to_integral_value(ROUND_HALF_UP)
    except (InvalidOperation, Overflow):
        raise InvalidInput(f"{str(text)[:40]!r} is not an amount.", field="value") from None
    if not amount.is_finite() or abs(scaled) >= 2**62:
        raise InvalidInput(f"{str(text)[:40]!r} is not an amount.", field="value")
    return int(scaled)


def to_major(minor: int, currency: str) -> float:
    return float(Decimal(minor) / 10 ** _EXPONENT.get(currency, 2))
