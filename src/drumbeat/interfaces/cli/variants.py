"""Variants bear the letters that pages give them: A is what was written first."""

from string import ascii_uppercase
from typing import Annotated

from cyclopts import Parameter

from drumbeat.kit.errors import InvalidInput

Variant = Annotated[str, Parameter(help="Which one, by its letter: A, B, …")]


def number_of(letter: str) -> int:
    """The number that REST takes. Raises InvalidInput for what is no letter."""
    place = ascii_uppercase.find(letter.strip().upper())
    if len(letter.strip()) != 1 or place < 0:
        message = f"{letter!r} is no variant: say its letter, such as --variant B."
        raise InvalidInput(message, field="variant")
    return place


def letter_of(number: object) -> str:
    return ascii_uppercase[int(str(number))] if str(number).isdecimal() else str(number)
