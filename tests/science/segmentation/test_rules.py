import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.science.segmentation import (
    Deeds,
    behavior_segments,
    decayed_points,
    engagement_score,
    engagement_segments,
    lifecycle_segments,
)


def test_points_halve_every_thirty_days() -> None:
    points = decayed_points(
        np.array([0, 0, 2]), np.array([3.0, 1.0, 4.0]), np.array([0.0, 30.0, 60.0]), contacts=4
    )
    assert points.tolist() == [3.5, 0, 1, 0]


def test_a_deed_dated_tomorrow_is_worth_no_more_than_one_of_today() -> None:
    points = decayed_points(np.array([0]), np.array([1.0]), np.array([-5.0]), contacts=1)
    assert points.tolist() == [1.0]


def test_a_click_and_two_opens_this_week_make_somebody_highly_engaged() -> None:
    scores = engagement_score(np.array([0.0, 2.0, 5.0, 100.0]))
    assert scores == pytest.approx([0, 0.393, 0.713, 1], abs=1e-3)
    assert engagement_segments(scores).labels().tolist() == [
        "Low Engagement",
        "Moderately Engaged",
        "Highly Engaged",
        "Highly Engaged",
    ]


def test_the_limits_themselves_are_moderate() -> None:
    labels = engagement_segments(np.array([0.3, 0.7, 0.299, 0.701])).labels().tolist()
    assert labels == [
        "Moderately Engaged",
        "Moderately Engaged",
        "Low Engagement",
        "Highly Engaged",
    ]


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 100))
def test_the_score_is_between_zero_and_one_and_more_points_never_lower_it(
    points: list[float], more: float
) -> None:
    before, after = engagement_score(np.array(points)), engagement_score(np.array(points) + more)
    assert np.all((before >= 0) & (before <= 1))
    assert np.all(after >= before)


def test_a_contact_grows_old_through_the_stages() -> None:
    silent = np.array([1, 90, 91, 180, 181, 365, 366, np.nan, np.nan])
    joined = np.array([500.0] * 7 + [31, 30])
    assert lifecycle_segments(joined, silent).labels().tolist() == [
        "active",
        "active",
        "at_risk",
        "at_risk",
        "lapsed",
        "lapsed",
        "lost",
        "prospect",
        "new",
    ]


def test_the_furthest_deed_names_the_behaviour() -> None:
    #                 buyer click browse open silent unmailed
    deeds = Deeds(
        mailed=np.array([5, 5, 5, 5, 5, 0]),
        opened=np.array([3, 2, 0, 4, 0, 0]),
        clicked=np.array([0, 1, 0, 0, 0, 0]),
        viewed=np.array([0, 9, 2, 0, 0, 0]),
        purchased=np.array([1, 0, 0, 0, 0, 0]),
    )
    segments = behavior_segments(deeds)
    assert segments.labels().tolist() == [
        "buyers",
        "clickers",
        "browsers",
        "openers_only",
        "silent",
        "never_mailed",
    ]
    assert segments.sizes() == dict.fromkeys(segments.names, 1)


def test_every_segment_says_who_belongs_to_it() -> None:
    for segments in (
        engagement_segments(np.array([0.1])),
        lifecycle_segments(np.array([1.0]), np.array([1.0])),
    ):
        assert set(segments.rules) == set(segments.names)
        assert all(len(sentence) > 10 for sentence in segments.rules.values())


def test_an_unknown_segment_has_no_members_to_ask_for() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        engagement_segments(np.array([0.1])).members("Sleepy")
