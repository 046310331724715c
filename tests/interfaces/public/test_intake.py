"""Hits arrive one by one and are written together; no row takes its neighbours along."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Thread, current_thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.interfaces.public.intake import BATCH, Intake
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.events import Hit, Kind
from tests.conftest import MONDAY_9


def hit(number: int) -> Hit:
    return Hit(Kind.opened, MONDAY_9, ContactNo(number), MailingNo(1))


@dataclass
class Ledger:
    """Writes whole batches or none; refuses a batch with a poisoned row in it."""

    poisoned: frozenset[int] = frozenset()
    failures_left: int = 0
    gate: Event = field(default_factory=Event)
    batches: list[list[int]] = field(default_factory=list)

    def write(self, hits: Sequence[Hit]) -> None:
        self.gate.wait()
        if self.failures_left:
            self.failures_left -= 1
            raise OSError("database is locked")
        numbers = [int(h.contact_no) for h in hits]
        if self.poisoned & set(numbers):
            raise ValueError("row out of range")
        self.batches.append(numbers)

    def written(self) -> list[int]:
        return [number for batch in self.batches for number in batch]


def run(ledger: Ledger, numbers: Sequence[int]) -> Intake:
    """Everything waits before the writer begins, so batches are the same in every run."""
    ledger.gate.set()
    intake = Intake(ledger.write, pause_seconds=0)
    for number in numbers:
        assert intake.offer(hit(number))
    intake.start()
    intake.close()
    return intake


def test_hits_are_written_in_order_and_at_most_500_a_unit() -> None:
    ledger = Ledger()
    intake = run(ledger, range(1, 1202))
    assert ledger.written() == list(range(1, 1202))
    assert [len(batch) for batch in ledger.batches] == [BATCH, BATCH, 201]
    assert (intake.lost, intake.refused) == (0, 0)


def test_one_poisoned_row_loses_only_itself() -> None:
    ledger = Ledger(poisoned=frozenset({137}))
    intake = run(ledger, range(500))
    assert sorted(ledger.written()) == [n for n in range(500) if n != 137]
    assert intake.lost == 1


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(0, 29), max_size=29))
def test_whatever_is_poisoned_everything_else_is_written_once(poisoned: set[int]) -> None:
    ledger = Ledger(poisoned=frozenset(poisoned))
    intake = run(ledger, range(30))
    assert sorted(ledger.written()) == sorted(set(range(30)) - poisoned)
    assert intake.lost == len(poisoned)


def test_when_the_house_is_at_fault_the_hits_wait_for_it() -> None:
    ledger = Ledger(failures_left=25)
    intake = run(ledger, range(4))
    assert sorted(ledger.written()) == [0, 1, 2, 3]
    assert intake.lost == 0


def test_a_lone_poisoned_row_does_not_block_the_way_for_ever() -> None:
    ledger = Ledger(poisoned=frozenset({1}))
    intake = run(ledger, [1])
    assert intake.lost == 1
    assert ledger.written() == []


def test_the_queue_is_bounded_and_counts_what_it_refused() -> None:
    intake = Intake(Ledger().write, bound=3)
    assert [intake.offer(hit(n)) for n in range(5)] == [True, True, True, False, False]
    assert intake.refused == 2


def test_closing_writes_what_waits_and_takes_no_more() -> None:
    ledger = Ledger()
    intake = Intake(ledger.write)
    intake.start()
    intake.offer(hit(1))
    closing = Thread(target=intake.close)
    closing.start()
    ledger.gate.set()
    closing.join()
    assert ledger.written() == [1]
    assert not intake.offer(hit(2))
    intake.close()


def test_many_threads_lose_nothing() -> None:
    ledger = Ledger()
    ledger.gate.set()
    intake = Intake(ledger.write)
    intake.start()

    def visit(first: int) -> None:
        for number in range(first, first + 1000):
            intake.offer(hit(number))

    visitors = [Thread(target=visit, args=(first,)) for first in range(0, 4000, 1000)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    intake.close()
    assert sorted(ledger.written()) == list(range(4000))


def test_an_intake_that_never_started_closes_quietly() -> None:
    Intake(Ledger().write).close()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_starting_twice_writes_once(count: int) -> None:
    ledger = Ledger()
    ledger.gate.set()
    intake = Intake(ledger.write)
    intake.start()
    intake.start()
    for number in range(count):
        intake.offer(hit(number))
    intake.close()
    assert ledger.written() == list(range(count))


@pytest.mark.parametrize("ledger", [Ledger(), Ledger(poisoned=frozenset({2}))])
def test_who_offered_a_hit_is_told_when_it_is_stored_or_given_up(ledger: Ledger) -> None:
    """On the event loop that offered it, in the order of the offers."""
    ledger.gate.set()
    told: list[tuple[int, Thread]] = []

    def tell(number: int) -> None:
        told.append((number, current_thread()))

    async def offer() -> None:
        intake = Intake(ledger.write, pause_seconds=0)
        last = asyncio.Event()
        for number in (1, 2, 3):
            intake.offer(hit(number), partial(tell, number))
        intake.offer(hit(4), last.set)
        intake.start()
        await last.wait()
        await asyncio.to_thread(intake.close)

    asyncio.run(offer())
    assert told == [(number, current_thread()) for number in (1, 2, 3)]


def test_a_loop_that_ended_meanwhile_is_told_nothing() -> None:
    ledger = Ledger()
    intake = Intake(ledger.write)

    async def offer() -> None:
        intake.offer(hit(1), lambda: pytest.fail("nobody is there to be told"))

    asyncio.run(offer())
    ledger.gate.set()
    intake.start()
    intake.close()
    assert ledger.written() == [1]
