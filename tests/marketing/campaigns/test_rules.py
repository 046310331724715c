"""Which briefs make sense: told when they are written, not when a person has approved them."""

from dataclasses import replace

import pytest

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.campaigns import Brief, ExperimentWish, Kind, Launch, TimingWish
from drumbeat.marketing.campaigns.rules import check_brief, read_wall_time


def timed(*variants: str) -> Brief:
    test = ExperimentWish("send_time", variants)
    return Brief("Letter", Kind.NEWSLETTER, "Hello", "<p>Hello</p>", test=test)


@pytest.mark.parametrize("text", ["9", "09", "9:00", "09:00", " 09:00 "])
def test_a_time_of_day_may_be_written_in_many_ways(text: str) -> None:
    assert read_wall_time(text).isoformat() == "09:00:00"


@pytest.mark.parametrize("text", ["morning", "24:00", "9:60", "-3", "09:00+02:00", "9:", "٩", ""])
def test_a_send_time_test_names_times_of_day(text: str) -> None:
    with pytest.raises(InvalidInput, match="time of day") as refusal:
        check_brief(timed("17:30", text))
    assert refusal.value.field == "test.variants"


def test_two_arms_at_the_same_time_test_nothing() -> None:
    check_brief(timed("9", "17:30"))
    with pytest.raises(InvalidInput, match="nothing to test"):
        check_brief(timed("9", "09:00"))


def test_a_test_of_send_times_is_not_launched_now() -> None:
    brief = replace(timed("9", "17:30"), timing=TimingWish(Launch.NOW))
    with pytest.raises(InvalidInput, match="cannot be launched now") as refusal:
        check_brief(brief)
    assert refusal.value.field == "timing.mode"
