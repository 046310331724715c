"""Amounts: exact in minor units, refused when they are none."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.money import to_major, to_minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("40.00", "EUR", 4_000),
        (" 40 ", "EUR", 4_000),
        (19.99, "USD", 1_999),
        (Decimal("0.005"), "EUR", 1),
        ("-0.005", "EUR", -1),
        ("1234", "JPY", 1_234),
        ("1234.5", "JPY", 1_235),
        ("1.2345", "BHD", 1_235),
        ("1e3", "EUR", 100_000),
        ("0", "", 0),
    ],
)
def test_an_amount_becomes_minor_units_of_its_currency(
    amount: str | float | Decimal, currency: str, minor: int
) -> None:
    assert to_minor(amount, currency) == minor


@pytest.mark.parametrize("currency", ["EUR", "JPY", "BHD"])
@given(minor=st.integers(-(10**12), 10**12))
def test_minor_units_come_back(currency: str, minor: int) -> None:
    assert to_minor(to_major(minor, currency), currency) == minor


@pytest.mark.parametrize(
    "amount",
    ["", "forty", "NaN", "sNaN", "inf", "-Infinity", "1e30", "1e999999", "-1e1000000", "1,50",
     "1" * 5_000, float("nan"), float("inf"), "4\x000", "\ud800"],
)  # fmt: skip
def test_what_is_no_amount_is_refused_in_short(amount: str | float) -> None:
    with pytest.raises(InvalidInput) as refused:
        to_minor(amount, "EUR")
    assert refused.value.field == "value"
    assert len(str(refused.value)) < 100


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        assert abs(to_minor(text, "EUR")) < 2**62
