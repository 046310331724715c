"""What these tests hand to a carrier, and the receipts they get back."""

import asyncio
import gc
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeVar

from drumbeat.adapters.messengers.smtp import SmtpCarrier, SmtpServer, Timeouts
from drumbeat.engine.sending.engine import event_loops
from drumbeat.marketing.delivery.ports import Carrier, Outcome, Parcel, Place
from tests.fault_server import FaultServer, Peer, Script

T = TypeVar("T")

SENDER = "news@shop.example"
MESSAGE = (
    b"From: news@shop.example\r\nSubject: Hello\r\nMessage-ID: <m1@shop.example>\r\n\r\nHi.\r\n"
)
SOON = Timeouts(0.2, 0.2, 0.2, 0.2)
NEVER = Timeouts(20.0, 20.0, 20.0, 20.0)


def parcel(no: int = 0, to: str = "", message: bytes = MESSAGE, sender: str = SENDER) -> Parcel:
    return Parcel(Place(1, 1, no), sender, to or f"reader{no}@home.example", message)


def parcels(count: int) -> list[Parcel]:
    return [parcel(no) for no in range(count)]


@dataclass
class Post:
    """Receipts that insist on the contract, and the iterator that counts what was pulled."""

    waiting: Iterable[Parcel]
    pulled: list[Parcel] = field(default_factory=list)
    written: list[Place] = field(default_factory=list)
    settled: dict[Place, Outcome] = field(default_factory=dict)
    recalled: frozenset[Place] = frozenset()

    async def parcels(self) -> AsyncGenerator[Parcel, None]:
        for each in self.waiting:
            self.pulled.append(each)
            yield each

    def writing(self, place: Place) -> bool:
        assert place not in self.settled
        if place in self.recalled:
            return False
        self.written.append(place)
        return True

    def settle(self, place: Place, outcome: Outcome) -> None:
        assert place not in self.settled, "settled twice"
        self.settled[place] = outcome

    @property
    def outcomes(self) -> list[Outcome]:
        assert self.settled.keys() == {each.place for each in self.pulled}, "a parcel was lost"
        return [self.settled[each.place] for each in self.pulled]


async def carried(carrier: Carrier, waiting: Iterable[Parcel]) -> Post:
    post = Post(waiting)
    async with aclosing(post.parcels()) as parcels:
        await carrier.carry(parcels, post)
    assert post.settled.keys() == {each.place for each in post.pulled}, "a parcel was lost"
    return post


def carrier_to(port: int, *, connections: int = 1, timeouts: Timeouts = NEVER) -> SmtpCarrier:
    server = SmtpServer("127.0.0.1", port, connections=connections, timeouts=timeouts)
    return SmtpCarrier(server, pauses=(0, 0))


def run(main: Callable[[], Coroutine[None, None, T]]) -> T:
    """In a loop like the engine's; fails if a task is left, and (by a warning) if a socket is."""

    async def watched() -> T:
        answer = await main()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks left behind: {left}"
        return answer

    with asyncio.Runner(loop_factory=event_loops()) as runner:
        answer = runner.run(watched())
    gc.collect()
    return answer


async def healthy(peer: Peer) -> None:
    await peer.welcome()
    await peer.go_on()


def meet(*scripts: Script, count: int = 1, soon: bool = False) -> tuple[Post, FaultServer]:
    async def main() -> tuple[Post, FaultServer]:
        async with FaultServer(*scripts) as server:
            carrier = carrier_to(server.port, timeouts=SOON if soon else NEVER)
            return await carried(carrier, parcels(count)), server

    return run(main)
