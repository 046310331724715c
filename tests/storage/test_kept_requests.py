"""Claims on Idempotency-Keys: one run at a time, free again when its process is gone, then kept."""

import subprocess
import sys
import threading

import pytest
from sqlalchemy import func, select, update

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_UPKEEP
from drumbeat.kit.errors import Conflict
from drumbeat.storage.kept_requests import (
    RUN_SECONDS,
    SWEPT_AT_ONCE,
    Answered,
    Claim,
    RequestKey,
    Reused,
    Running,
    kept_request,
)
from tests.conftest import HandClock

ASKED = RequestKey("1 campaigns:write", "a key", b"x" * 32)
Found = Claim | Running | Reused | Answered


def claim(house: Drumbeat, asked: RequestKey = ASKED, *, now: float = 0.0) -> Found:
    with house.begin(SYSTEM_UPKEEP) as department:
        return department.requests.claim(asked, at=house.office.clock(), now=now)


def claimed(house: Drumbeat, asked: RequestKey = ASKED, *, now: float = 0.0) -> Claim:
    found = claim(house, asked, now=now)
    assert isinstance(found, Claim)
    return found


def test_a_claim_lasts_a_minute_unless_it_is_prolonged(house: Drumbeat) -> None:
    first = claimed(house)
    assert claim(house, now=RUN_SECONDS - 1) == Running()
    with house.begin(SYSTEM_UPKEEP) as department:
        department.requests.hold(first, now=RUN_SECONDS - 1)
    assert claim(house, now=RUN_SECONDS + 1) == Running()
    second = claimed(house, now=2 * RUN_SECONDS)
    assert (second.id, second.name) == (first.id, first.name)
    with pytest.raises(Conflict), house.begin(SYSTEM_UPKEEP) as department:
        department.requests.hold(first, now=2 * RUN_SECONDS)
    with house.begin(SYSTEM_UPKEEP) as department:
        assert not department.requests.keep(ASKED, first, b"too late")
        assert department.requests.keep(ASKED, second, b"answer")
    assert claim(house, now=9e9) == Answered(b"answer")


def test_a_claim_of_a_process_that_is_gone_is_free_at_once(house: Drumbeat) -> None:
    first = claimed(house)
    told = "from drumbeat.storage.leases import holder_name; print(holder_name())"
    gone = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    with house.database.begin() as connection:
        connection.execute(update(kept_request).values(holder=gone.stdout.strip()))
    assert claimed(house).id == first.id


def test_a_released_claim_is_free_and_keeps_its_name(house: Drumbeat) -> None:
    first = claimed(house)
    with house.begin(SYSTEM_UPKEEP) as department:
        department.requests.release(first)
    assert claimed(house).id == first.id
    assert claim(house, RequestKey(ASKED.caller, ASKED.key, b"y" * 32)) == Reused()
    assert isinstance(claim(house, RequestKey("2", ASKED.key, b"y" * 32)), Claim)


def test_of_many_at_once_one_has_the_claim(house: Drumbeat) -> None:
    found: list[Found] = []
    threads = [threading.Thread(target=lambda: found.append(claim(house))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(each, Claim) for each in found) == 1
    assert sum(each == Running() for each in found) == 7


def test_a_sweep_is_bounded_and_takes_only_what_is_old(house: Drumbeat, clock: HandClock) -> None:
    with house.begin(SYSTEM_UPKEEP) as department:
        for number in range(SWEPT_AT_ONCE + 1):
            asked = RequestKey("1", f"key {number}", b"x" * 32)
            department.requests.claim(asked, at=clock(), now=0.0)
    clock.advance(hours=24)
    claimed(house)
    clock.advance(seconds=1)
    with house.begin(SYSTEM_UPKEEP) as department:
        assert department.requests.sweep(clock())
    with house.begin(SYSTEM_UPKEEP) as department:
        assert not department.requests.sweep(clock())
    with house.database.look() as connection:
        assert connection.scalar(select(func.count()).select_from(kept_request)) == 1
