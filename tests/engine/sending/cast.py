"""A carrier that does what its script says, letters that say who they are for, an engine."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.sending import SendingEngine
from drumbeat.kit.actor import Actor
from drumbeat.marketing.delivery import Accepted, Deferred, Mailing, Outcome, Unknown
from drumbeat.marketing.delivery.ports import Parcel, Receipts
from tests.conftest import MARIA

Answer = Outcome | BaseException | None
"""What the server does after the body: answers, kills the engine, or (None) lets it hang up."""


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs."""


@dataclass(frozen=True)
class PlainLetter:
    words: str = "Hello"
    clean: bool = True
    relaxed: bool = False

    def build(
        self, *, to: str, fields: object, token: str, message_id: str, date: datetime
    ) -> bytes:
        return f"To: {to}\r\nMessage-ID: {message_id}\r\n\r\n{self.words} {token}\r\n".encode()


@dataclass
class FakeCarrier:
    """Several connections at once; `answer` decides each message, `accepted` counts what arrived.

    A refusal given by `before_body` comes before the body; `begun` hears of each that is begun.
    """

    answer: Callable[[Parcel], Answer] = lambda parcel: Accepted("")
    before_body: Callable[[Parcel], Outcome | None] = lambda parcel: None
    begun: Callable[[Parcel], None] = lambda parcel: None
    connections: int = 3
    accepted: Counter[str] = field(default_factory=Counter)
    name: str = "fake"
    idempotent: bool = False

    async def carry(self, parcels: AsyncIterator[Parcel], receipts: Receipts) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self.connections):
                group.create_task(self._connection(parcels, receipts))

    async def _connection(self, parcels: AsyncIterator[Parcel], receipts: Receipts) -> None:
        async for parcel in parcels:
            early = self.before_body(parcel)
            await asyncio.sleep(0)
            if early is not None:
                receipts.settle(parcel.place, early)
                continue
            if not receipts.writing(parcel.place):
                receipts.settle(parcel.place, Deferred("recalled", "recipient"))
                continue
            self.begun(parcel)
            await asyncio.sleep(0)
            answer = self.answer(parcel)
            if isinstance(answer, Accepted):
                self.accepted[parcel.recipient] += 1
            if isinstance(answer, BaseException):
                raise answer
            receipts.settle(parcel.place, answer or Unknown("the server hung up"))


@dataclass
class HandTime:
    """Real seconds that only pass when somebody waits."""

    now: float = 1000.0
    waits: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    async def doze(self, event: asyncio.Event, seconds: float | None) -> None:
        """Time passes while something waits for its turn; without that it stands still."""
        await asyncio.sleep(0)
        if seconds is None:
            await event.wait()
        elif not event.is_set():
            self.now += seconds


def maria(_: Mailing) -> Actor:
    return MARIA


def engine_for(
    house: Drumbeat,
    carrier: FakeCarrier,
    *,
    name: str = "one",
    boot: str = "11111111-2222-4333-8444-555555555555",
) -> SendingEngine:
    time = HandTime()
    return SendingEngine(
        house,
        carrier,
        name=name,
        folder=wires(house),
        letters_of=lambda mailing: [PlainLetter("A"), PlainLetter("B")],
        actor_for=maria,
        boot=lambda: boot,
        real=time,
        wait=time.wait,
    )


def wires(house: Drumbeat) -> Path:
    return house.home / "wire"
