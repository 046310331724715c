"""Leases: one holder at a time, and a holder that died does not hold the work up."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.storage.leases import LeaseStore, holder_is_gone, holder_name

HERE, THERE = "another-boot:1:1", "another-boot:2:2"


@pytest.fixture
def leases(house: Drumbeat) -> Iterator[LeaseStore]:
    with house.database.begin() as connection:
        yield LeaseStore(connection)


def test_only_one_holds_a_lease(leases: LeaseStore) -> None:
    assert leases.take("fold", HERE, now=100, seconds=30)
    assert not leases.take("fold", THERE, now=129, seconds=30)
    assert leases.living("fold", now=129) == HERE
    assert leases.take("archive", THERE, now=100, seconds=30)


def test_its_holder_renews_it(leases: LeaseStore) -> None:
    leases.take("fold", HERE, now=100, seconds=30)
    assert leases.take("fold", HERE, now=120, seconds=30)
    assert not leases.take("fold", THERE, now=149, seconds=30)


def test_it_expires_at_its_end_and_whoever_comes_next_has_it(leases: LeaseStore) -> None:
    leases.take("fold", HERE, now=100, seconds=30)
    assert leases.living("fold", now=130) is None
    assert leases.take("fold", THERE, now=130, seconds=30)
    assert not leases.take("fold", HERE, now=131, seconds=30)


def test_given_back_it_is_free_at_once_but_only_by_its_holder(leases: LeaseStore) -> None:
    leases.take("fold", HERE, now=100, seconds=30)
    leases.give_back("fold", THERE)
    assert leases.living("fold", now=101) == HERE
    leases.give_back("fold", HERE)
    assert leases.take("fold", THERE, now=101, seconds=30)


def test_a_holder_that_ended_holds_nothing(leases: LeaseStore) -> None:
    told = "from drumbeat.storage.leases import holder_name; print(holder_name())"
    ended = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    gone = ended.stdout.strip()
    assert holder_is_gone(gone)
    leases.take("fold", gone, now=100, seconds=1e6)
    assert leases.living("fold", now=101) is None
    assert leases.take("fold", HERE, now=101, seconds=30)


def test_a_living_process_and_one_of_another_machine_are_not_gone() -> None:
    assert holder_name() == holder_name()
    assert not holder_is_gone(holder_name())
    assert not holder_is_gone(HERE)
    assert not holder_is_gone("whatever")


def test_a_later_process_with_the_same_number_is_somebody_else() -> None:
    boot, pid, started = holder_name().split(":")
    assert holder_is_gone(f"{boot}:{pid}:{int(started) - 1}")
