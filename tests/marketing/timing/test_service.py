from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_FACTS
from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.errors import InvalidInput, NotPermitted
from drumbeat.marketing.events import FoldedFact, Kind, Verdict
from drumbeat.marketing.timing import Mode, SendPlan, SendWish
from drumbeat.science.timing import Basis
from tests.conftest import GUEST, MARIA, MONDAY_9, HandClock

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
NAMES = ("", BERLIN, NEW_YORK)
ZONES: npt.NDArray[np.int16] = np.array([1, 2, 1, 0], dtype=np.int16)
NEWSLETTER = SendWish(campaign_type="newsletter")


def fact(at: datetime, contact_no: int, kind: int = Kind.opened, verdict: int = 1) -> FoldedFact:
    return FoldedFact(
        kind=kind,
        occurred_at=epoch(at),
        contact_no=contact_no,
        mailing_no=1,
        arm_no=-1,
        link_no=-1,
        verdict=verdict,
        reason=0,
        value_minor=0,
        currency="",
        order_key=0,
        source="",
        properties=None,
    )


def evenings(zone: str, count: int, contact_no: int, hour: int = 19) -> list[FoldedFact]:
    """Opens at the same local hour over the year, so that some lie in summer time."""
    first = datetime(2025, 11, 1, hour, 20, tzinfo=ZoneInfo(zone))
    days = (first + timedelta(days=7 * week) for week in range(count))
    return [fact(day, contact_no) for day in days]


def record(house: Drumbeat, facts: list[FoldedFact], zones: dict[int, str]) -> int:
    with house.begin(SYSTEM_FACTS) as department:
        return department.timing.record_engagement(facts, zones)


def plan(house: Drumbeat, wish: SendWish) -> SendPlan:
    with house.look(MARIA) as department:
        return department.timing.plan_instants(ZONES, NAMES, wish)


def local_times(found: SendPlan) -> list[str]:
    names = [NAMES[zone] or "UTC" for zone in ZONES]
    return [
        from_epoch(int(instant)).astimezone(ZoneInfo(name)).strftime("%a %H:%M")
        for instant, name in zip(found.instants, names, strict=True)
    ]


@pytest.mark.parametrize(
    ("campaign_type", "hour"), [("newsletter", 9), ("promotional", 14), ("welcome", 10)]
)
def test_a_new_list_begins_at_the_reference_hour_and_says_so(
    house: Drumbeat, campaign_type: str, hour: int
) -> None:
    found = plan(house, SendWish(campaign_type=campaign_type))
    assert found.global_hour == hour
    assert {(row.hour, row.basis) for row in found.by_zone} == {(hour, Basis.COLD_START)}


def test_everybody_gets_the_hour_on_their_own_clock(house: Drumbeat) -> None:
    # Monday 09:00 UTC: 10:00 in Berlin is past nine, 04:00 in New York is before it.
    assert local_times(plan(house, NEWSLETTER)) == [
        "Tue 09:00",
        "Mon 09:00",
        "Tue 09:00",
        "Mon 09:00",
    ]


def test_a_measured_habit_replaces_the_reference_hour_of_its_zone(house: Drumbeat) -> None:
    assert record(house, evenings(BERLIN, 52, contact_no=1), {1: BERLIN}) == 52
    found = plan(house, NEWSLETTER)
    by_zone = {row.zone: row for row in found.by_zone}
    assert (by_zone[BERLIN].hour, by_zone[BERLIN].basis) == (19, Basis.MEASURED)
    assert (by_zone[BERLIN].evidence, by_zone[BERLIN].contacts) == (52, 2)
    assert (by_zone[NEW_YORK].hour, by_zone[NEW_YORK].basis) == (19, Basis.LIST)
    assert found.global_hour == 19
    assert local_times(found)[0] == "Mon 19:00"


def test_counts_add_up_over_folds(house: Drumbeat) -> None:
    for _ in range(2):
        record(house, evenings(BERLIN, 11, contact_no=1), {1: BERLIN})
    assert plan(house, NEWSLETTER).overall.evidence == 22


def test_machines_and_other_deeds_teach_nothing(house: Drumbeat) -> None:
    facts = [
        fact(MONDAY_9, 1, verdict=Verdict.machine),
        fact(MONDAY_9, 1, verdict=Verdict.unsure),
        fact(MONDAY_9, 1, kind=Kind.sent),
        fact(MONDAY_9, 1, kind=Kind.clicked),
    ]
    assert record(house, facts, {1: BERLIN}) == 1


def test_a_contact_without_a_zone_counts_by_utc(house: Drumbeat) -> None:
    record(house, [fact(MONDAY_9, 1)] * 60, {})
    assert plan(house, SendWish()).overall.hour == 9


def test_nobody_is_planned_into_the_night(house: Drumbeat) -> None:
    record(house, evenings(BERLIN, 52, contact_no=1, hour=23), {1: BERLIN})
    found = plan(house, NEWSLETTER)
    assert all(8 <= row.hour < 21 for row in found.by_zone)


def test_best_within_a_window_takes_the_best_hour_that_the_window_holds(house: Drumbeat) -> None:
    record(house, evenings(BERLIN, 52, contact_no=1), {1: BERLIN})
    found = plan(house, SendWish(campaign_type="newsletter", window=timedelta(hours=3)))
    berlin = from_epoch(int(found.instants[0])).astimezone(ZoneInfo(BERLIN))
    assert MONDAY_9 <= berlin <= MONDAY_9 + timedelta(hours=3)
    assert berlin.hour in (10, 11, 12, 13)
    # It is 04:00 in New York: quiet hours outrank the window, and 08:00 is the soonest after it.
    assert local_times(found)[1] == "Mon 08:00"


def test_best_may_be_told_not_to_begin_before_an_instant(house: Drumbeat) -> None:
    friday = datetime(2026, 11, 6, tzinfo=UTC)
    found = plan(house, SendWish(campaign_type="newsletter", at=friday))
    assert local_times(found) == ["Fri 09:00"] * 4


def test_best_in_the_past_means_from_now(house: Drumbeat) -> None:
    found = plan(house, SendWish(at=MONDAY_9 - timedelta(days=30)))
    assert found.instants.min() >= epoch(MONDAY_9)


def test_now_is_now_even_at_night(house: Drumbeat, clock: HandClock) -> None:
    clock.now = datetime(2026, 11, 2, 2, tzinfo=UTC)
    found = plan(house, SendWish(Mode.NOW))
    assert set(found.instants.tolist()) == {epoch(clock.now)}


def test_an_instant_is_the_same_for_all_zones(house: Drumbeat) -> None:
    noon = datetime(2026, 11, 5, 12, tzinfo=UTC)
    assert set(plan(house, SendWish(Mode.AT, at=noon)).instants.tolist()) == {epoch(noon)}


def test_a_window_spreads_a_launch_evenly(house: Drumbeat) -> None:
    found = plan(house, SendWish(Mode.NOW, window=timedelta(hours=4)))
    hours = [(instant - epoch(MONDAY_9)) / 3600 for instant in found.instants.tolist()]
    assert hours == [0, 1, 2, 3]


def test_at_needs_an_instant_with_an_offset(house: Drumbeat) -> None:
    with pytest.raises(InvalidInput) as caught:
        plan(house, SendWish(Mode.AT))
    assert caught.value.field == "timing.at"
    with pytest.raises(InvalidInput, match="offset"):
        plan(house, SendWish(Mode.AT, at=datetime(2026, 11, 5, 12)))


def test_the_default_zone_serves_contacts_without_one(house: Drumbeat) -> None:
    found = plan(house, SendWish(campaign_type="newsletter", default_zone=NEW_YORK))
    assert found.instants[3] == found.instants[1]


def test_a_send_time_arm_is_the_next_such_time_on_everybodys_clock(house: Drumbeat) -> None:
    with house.look(MARIA) as department:
        instants = department.timing.plan_wall_time(ZONES, NAMES, time(16, 30), NEWSLETTER)
    assert from_epoch(int(instants[0])) == datetime(2026, 11, 2, 15, 30, tzinfo=UTC)
    assert from_epoch(int(instants[1])) == datetime(2026, 11, 2, 21, 30, tzinfo=UTC)


@pytest.mark.parametrize("mode", [Mode.AT, Mode.BEST])
def test_no_send_time_arm_leaves_before_the_instant_that_was_wished_for(
    house: Drumbeat, mode: Mode
) -> None:
    friday = MONDAY_9 + timedelta(days=4)
    wish = SendWish(mode=mode, at=friday)
    with house.look(MARIA) as department:
        instants = department.timing.plan_wall_time(ZONES, NAMES, time(16, 30), wish)
    assert min(instants) >= epoch(friday)


def test_the_answers_block_names_each_zone_and_its_basis(house: Drumbeat) -> None:
    block = plan(house, NEWSLETTER).send_optimization()
    assert block["global_optimal_time"] == "09:00"
    zones = block["timezone_specific"]
    assert isinstance(zones, dict)
    assert zones[BERLIN] == {
        "time": "09:00",
        "subscribers": 2,
        "evidence": 0,
        "basis": "cold_start",
    }
    assert set(zones) == {"unknown", BERLIN, NEW_YORK}


def test_a_million_contacts_are_planned_by_zone(house: Drumbeat) -> None:
    zones = np.arange(1_000_000, dtype=np.int32) % len(NAMES)
    with house.look(MARIA) as department:
        found = department.timing.plan_instants(zones, NAMES, NEWSLETTER)
    assert found.instants.dtype == np.int64
    assert len(set(found.instants[:300].tolist())) <= len(NAMES)
    assert sum(row.contacts for row in found.by_zone) == 1_000_000


def test_nobody_is_a_plan_too(house: Drumbeat) -> None:
    with house.look(MARIA) as department:
        for mode in (Mode.BEST, Mode.NOW):
            nobody = np.array([], dtype=np.int16)
            found = department.timing.plan_instants(nobody, (), SendWish(mode))
            assert found.instants.size == 0
            assert found.by_zone == ()


def test_a_guest_may_neither_plan_nor_teach(house: Drumbeat) -> None:
    with house.begin(GUEST) as department:
        with pytest.raises(NotPermitted):
            department.timing.plan_instants(ZONES, NAMES, NEWSLETTER)
        with pytest.raises(NotPermitted):
            department.timing.record_engagement([], {})
