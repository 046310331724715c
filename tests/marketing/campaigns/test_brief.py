"""A brief survives the database, and an approval names exactly one brief."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.campaigns import Brief, ExperimentWish, Kind, Launch, Plan, TimingWish
from drumbeat.marketing.campaigns.rules import approval_hash, arm_weights, check_brief
from tests.marketing.campaigns.conftest import LETTER, TESTED

words = st.text(max_size=30)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
wishes = st.builds(
    ExperimentWish,
    element=words,
    variants=st.lists(words, max_size=4).map(tuple),
    metric=words,
    traffic_split=st.floats(0, 1),
    sample_size=st.none() | st.integers(0, 10**9),
    confidence_level=st.floats(0, 1),
)
briefs = st.builds(
    Brief,
    name=words,
    kind=st.sampled_from(Kind),
    subject_line=words,
    content_html=words,
    content_text=st.none() | words,
    sender_name=st.none() | words,
    sender_email=st.none() | words,
    audience=st.lists(words, max_size=3).map(tuple),
    segment_by=words,
    test=st.none() | wishes,
    timing=st.builds(
        TimingWish,
        mode=st.sampled_from(Launch),
        at=st.none() | instants,
        window_hours=st.none() | st.floats(0.1, 168),
    ),
)


@given(brief=briefs)
def test_a_brief_comes_back_from_json_as_it_was(brief: Brief) -> None:
    import json

    assert Brief.from_json(json.loads(json.dumps(brief.to_json()))) == brief


@given(one=briefs, other=briefs)
def test_two_briefs_share_an_approval_only_if_they_are_the_same(one: Brief, other: Brief) -> None:
    assert (approval_hash(one, PLAN) == approval_hash(other, PLAN)) == (one == other)


PLAN = Plan(content_hash="one", mailable=5)

EDITS: list[dict[str, object]] = [
    {"name": "Other"},
    {"kind": Kind.WELCOME},
    {"subject_line": "Other"},
    {"content_html": "<p>Other</p>"},
    {"content_text": "Other"},
    {"sender_name": "Other"},
    {"sender_email": "other@example.com"},
    {"audience": ("Champions",)},
    {"segment_by": "rfm"},
    {"timing": TimingWish(Launch.BEST)},
    {"timing": TimingWish(Launch.NOW, window_hours=2)},
    {"test": None},
    {"test": ExperimentWish("subject_line", ("What we planted", "Another"))},
]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: "-".join(edit))
def test_an_approval_does_not_outlive_any_edit(edit: dict[str, object]) -> None:
    edited = replace(TESTED, **edit)  # type: ignore[arg-type]
    assert approval_hash(edited, PLAN) != approval_hash(TESTED, PLAN)


def test_an_approval_does_not_outlive_a_change_of_what_is_rendered() -> None:
    other = replace(PLAN, content_hash="two")
    assert approval_hash(LETTER, PLAN) != approval_hash(LETTER, other)


def wish(**changes: object) -> ExperimentWish:
    return replace(TESTED.test or ExperimentWish("", ()), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        ({"name": " "}, "name"),
        ({"subject_line": ""}, "subject_line"),
        ({"content_html": "\n"}, "content_html"),
        ({"timing": TimingWish(Launch.AT)}, "timing.at"),
        ({"timing": TimingWish(Launch.NOW, window_hours=0)}, "timing.window"),
        ({"timing": TimingWish(Launch.NOW, window_hours=169)}, "timing.window"),
        ({"test": wish(element="colour")}, "test.element"),
        ({"test": wish(metric="joy")}, "test.metric"),
        ({"test": wish(variants=("one",))}, "test.variants"),
        ({"test": wish(variants=tuple("123456789"))}, "test.variants"),
        ({"test": wish(traffic_split=1.0)}, "traffic_split"),
        ({"test": wish(confidence_level=1.0)}, "confidence_level"),
        ({"test": wish(sample_size=1)}, "sample_size"),
    ],
)
def test_a_brief_that_makes_no_sense_is_refused_by_its_field(
    edit: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_brief(replace(LETTER, **edit))  # type: ignore[arg-type]
    assert refused.value.field == field


@given(split=st.floats(0.01, 0.99), variants=st.integers(2, 8))
def test_the_arms_share_everybody(split: float, variants: int) -> None:
    weights = arm_weights(wish(variants=tuple(map(str, range(variants))), traffic_split=split))
    assert len(weights) == variants
    assert sum(weights) == pytest.approx(1)
    assert weights[0] == pytest.approx(1 - split)
