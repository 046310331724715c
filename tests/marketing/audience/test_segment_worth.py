"""What named segments are worth: everybody and all they spent is in one of them, with an advice."""

from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.marketing.audience import (
    RFM_SEGMENTS,
    Bought,
    Scored,
    score_buyers,
    worth_of_segments,
)
from drumbeat.marketing.audience.segment_worth import ADVICE
from drumbeat.science.segmentation import RfmCuts

PEOPLE = st.lists(
    st.tuples(st.integers(0, 400), st.integers(1, 30), st.integers(0, 90_000)), min_size=5
)


@settings(deadline=None)
@given(PEOPLE)
def test_the_shares_are_of_everybody_and_of_all_that_was_spent(
    people: list[tuple[int, int, int]],
) -> None:
    scored = scored_of(people)
    worth = worth_of_segments(scored)
    assert sum(each.people for each in worth) == len(people)
    assert sum(each.spent for each in worth) == sum(spent for _, _, spent in people)
    assert all(each.people > 0 for each in worth)
    assert [each.spent for each in worth] == sorted((each.spent for each in worth), reverse=True)
    assert abs(sum(each.share for each in worth) - 1) < 1e-9
    if any(spent for _, _, spent in people):
        assert abs(sum(each.spent_share for each in worth) - 1) < 1e-9


def test_every_segment_of_buyers_has_an_advice() -> None:
    assert set(ADVICE) == set(RFM_SEGMENTS) - {"No Purchase Yet"}


def scored_of(people: list[tuple[int, int, int]]) -> Scored:
    days, orders, spent = (np.array(column, np.float64) for column in zip(*people, strict=True))
    numbers = np.arange(1, len(people) + 1, dtype=np.int32)
    found = score_buyers(Bought(date(2026, 3, 1), "EUR", numbers, days, orders, spent), RfmCuts())
    assert isinstance(found, Scored)
    return found
