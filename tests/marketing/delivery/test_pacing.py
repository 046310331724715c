"""Turns at exact rates: by provider, lane and mailing, whoever claims, through every restart."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.ids import MailingNo
from drumbeat.marketing.delivery import Claimed, EngineName, NewMailing, Pacing, Released
from drumbeat.marketing.delivery.lanes import GOOGLE, MICROSOFT, OTHER
from drumbeat.marketing.delivery.pacing import AHEAD_SECONDS, CATCH_UP_SECONDS, Limit, Limits
from tests.conftest import MARIA
from tests.marketing.delivery.cast import NEWSLETTER, invite, open_frozen, plan_for

RATES = st.floats(0.01, 300.0)
MINUTE = 60.0
DOMAINS = ["gmail.com", "hotmail.com", "shop.example"]


@dataclass
class Claiming:
    """Exchanges against one house; what was claimed leaves at its turn."""

    house: Drumbeat
    pacing: Pacing
    now: float = 1_800_000_000.0
    turns: list[tuple[float, Claimed]] = field(default_factory=list)

    def claim(self, mailing_no: MailingNo, engine: str = "one", *, budget: int = 500) -> int:
        named = EngineName(engine, "boot", "fake")
        pacing = Pacing(self.pacing.provider, self.pacing.rate, self.pacing.lanes, self.now)
        with self.house.begin(MARIA.through("engine")) as department:
            exchange = department.sending.exchange(mailing_no, named, [], budget, pacing)
        self.turns += [(each.turn, each) for each in exchange.claimed]
        return len(exchange.claimed)

    def left(self, start: float, end: float) -> Counter[int]:
        """How many had their turn between the two, by lane."""
        return Counter(each.place.lane_no for turn, each in self.turns if start <= turn < end)


def close(count: float, wanted: float) -> bool:
    return abs(count - wanted) <= max(0.02 * wanted, 1)


@settings(deadline=None, max_examples=30)
@given(rate=RATES, lateness=st.floats(0.0, 0.9))
def test_a_minute_at_a_rate_gives_that_many_turns_within_two_per_cent(
    rate: float, lateness: float
) -> None:
    limit, now, turns = Limit("all", rate, 1000.0), 1000.0, list[float]()
    while now < 1000.0 + MINUTE + 2:
        taken, limit = limit.take(limit.room(now), now)
        turns += taken
        now += lateness + 0.05
    assert close(sum(1001 <= turn < 1001 + MINUTE for turn in turns), rate * MINUTE)
    assert np.all(np.diff(turns) >= 1 / rate - 1e-6)


@settings(deadline=None)
@given(rate=RATES, away=st.floats(0.0, 1e6))
def test_after_a_stall_of_any_length_there_is_no_burst_and_no_wait(
    rate: float, away: float
) -> None:
    limit = Limit("all", rate, 1000.0)
    _, limit = limit.take(limit.room(1000.0), 1000.0)
    now = 1000.0 + away
    assert limit.room(now) <= rate * (AHEAD_SECONDS + CATCH_UP_SECONDS) + 1.001
    assert limit.first(now) <= now + AHEAD_SECONDS + 1 / rate


def test_turns_that_a_clock_gone_wrong_took_far_ahead_stall_nobody() -> None:
    limit = Limit("all", 10.0, 5_000_000.0)
    assert limit.first(1000.0) == pytest.approx(1001.1)
    assert limit.room(1000.2) == 0


@settings(deadline=None)
@given(
    counts=st.lists(st.integers(0, 2), max_size=300),
    rate=st.floats(1.0, 500.0),
    own=st.floats(0.1, 50.0),
)
def test_no_common_turn_is_given_twice_and_no_lane_leaves_before_its_own(
    counts: list[int], rate: float, own: float
) -> None:
    limits = Limits(1000.0, (Limit("all", rate, 1000.0),), {1: Limit("one", own, 1000.0)})
    turns, moved = limits.take(counts)
    assert len(turns) == len(counts)
    mine = sorted(turn for turn, lane_no in zip(turns, counts, strict=True) if lane_no == 1)
    assert all(turn >= 1000.0 + number / own - 1e-6 for number, turn in enumerate(mine))
    others = sorted(turn for turn, lane_no in zip(turns, counts, strict=True) if lane_no != 1)
    assert np.all(np.diff(others) >= 1 / rate - 1e-6)
    assert moved[0].next_turn == pytest.approx(1000.0 + len(counts) / rate)


def test_a_slow_lane_keeps_its_pace_and_the_others_theirs(house: Drumbeat) -> None:
    invite(house, 1600)
    domains = [*DOMAINS, *["shop.example"] * 2]
    mailing_no = open_frozen(house, plan_for(house, 1600, domains=domains))
    pacing = Pacing("mx", 20.0, {GOOGLE: 2.0, MICROSOFT: 5.0}, 0.0)
    claiming = Claiming(house, pacing)
    start = claiming.now
    while claiming.now < start + MINUTE + 1:
        claiming.claim(mailing_no)
        claiming.now += 0.9
    left = claiming.left(start, start + MINUTE)
    assert close(left[GOOGLE], 2 * MINUTE)
    assert close(left[MICROSOFT], 5 * MINUTE)
    assert close(left.total(), 20 * MINUTE)
    assert left[OTHER] == left.total() - left[GOOGLE] - left[MICROSOFT]


def test_a_slow_mailing_keeps_its_pace_and_the_other_gets_the_rest(house: Drumbeat) -> None:
    invite(house, 1500)
    slow = open_frozen(house, plan_for(house, 1500), new=paced(2.0))
    fast = open_frozen(house, plan_for(house, 1500))
    claiming = Claiming(house, Pacing("mx", 20.0, {}, 0.0))
    start = claiming.now
    while claiming.now < start + MINUTE + 1:
        claiming.claim(slow)
        claiming.claim(fast)
        claiming.now += 0.9
    turns = Counter(
        each.place.mailing_no for turn, each in claiming.turns if start <= turn < start + MINUTE
    )
    assert close(turns[slow], 2 * MINUTE)
    assert close(turns.total(), 20 * MINUTE)


def test_what_waits_for_a_second_try_in_a_slow_lane_holds_up_nobody(house: Drumbeat) -> None:
    invite(house, 300)
    mailing_no = open_frozen(house, plan_for(house, 300, domains=DOMAINS))
    given_back(house, mailing_no)
    claiming = Claiming(house, Pacing("mx", None, {GOOGLE: 1.0}, 0.0))
    assert claiming.claim(mailing_no) == 202
    assert Counter(each.place.lane_no for _, each in claiming.turns) == {
        OTHER: 100,
        MICROSOFT: 100,
        GOOGLE: 2,
    }


def test_engines_share_a_rate_and_a_restart_neither_bursts_nor_stalls(house: Drumbeat) -> None:
    invite(house, 700)
    mailing_no = open_frozen(house, plan_for(house, 700))
    claiming = Claiming(house, Pacing("mx", 10.0, {}, 0.0))
    start = claiming.now
    for step in range(int(MINUTE / 0.9) + 2):
        claiming.claim(mailing_no, f"engine-{step % 2}-{step // 20}")  # new ones every 18 s
        claiming.now += 0.9
    assert close(claiming.left(start, start + MINUTE).total(), 10 * MINUTE)
    turns = sorted(turn for turn, _ in claiming.turns)
    assert np.all(np.diff(turns) >= 0.1 - 1e-5)


def test_a_claim_is_at_most_a_second_of_work(house: Drumbeat) -> None:
    invite(house, 300)
    mailing_no = open_frozen(house, plan_for(house, 300))
    claiming = Claiming(house, Pacing("mx", 30.0, {}, 0.0))
    assert claiming.claim(mailing_no) == 31
    assert claiming.claim(mailing_no) == 0
    assert all(turn <= claiming.now + AHEAD_SECONDS for turn, _ in claiming.turns)


def test_whoever_may_not_be_mailed_takes_no_turn(house: Drumbeat) -> None:
    invite(house, 20)
    mailing_no = open_frozen(house, plan_for(house, 20, domains=["shop.example"]))
    with house.begin(MARIA) as department:
        for number in department.audience.contact_numbers(["reader1@example.com"]).values():
            department.audience.withdraw(number, source="test")
    claiming = Claiming(house, Pacing("mx", 10.0, {}, 0.0))
    assert claiming.claim(mailing_no) == 10
    assert claiming.claim(mailing_no) == 1


def paced(pace: float) -> NewMailing:
    return NewMailing(**{**vars_of(NEWSLETTER), "step": "slow", "pace": pace})  # type: ignore[arg-type]


def vars_of(new: NewMailing) -> dict[str, object]:
    return {name: getattr(new, name) for name in new.__slots__}


def given_back(house: Drumbeat, mailing_no: MailingNo) -> None:
    """Everybody claimed once and released, as after a pause."""
    named = EngineName("one", "boot", "fake")
    with house.begin(MARIA.through("engine")) as department:
        exchange = department.sending.exchange(mailing_no, named, [], 500)
    receipts = [each.ended(Released()) for each in exchange.claimed]
    with house.begin(MARIA.through("engine")) as department:
        department.sending.exchange(mailing_no, named, receipts, 0)
