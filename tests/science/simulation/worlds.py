"""The markets the tests of simulation look at, drawn once."""

from datetime import UTC, datetime
from functools import cache

from drumbeat.science.simulation import History, Market, draw_market

AS_OF = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
LINKS = ("https://shop.example/a", "https://shop.example/b", "https://shop.example/c")


@cache
def town(seed: int = 7, n: int = 5_000) -> Market:
    return draw_market(n, seed=seed, as_of=AS_OF)


@cache
def past_of_town() -> History:
    return town().history()
