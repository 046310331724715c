"""Who pulls parcels, over how many connections, and that each one pulled is settled once.

A parcel is pulled only when a connection stands ready for it. When the server cannot be reached,
one parcel is pulled to carry the reason and the rest stay with the caller. When one parcel after
another fails for reasons that are not its own, pulling stops too: `carry` returns early.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

from drumbeat.adapters.messengers.smtp.flight import Flight, Recalled
from drumbeat.adapters.messengers.smtp.protocol import Capabilities, NotWelcome, unsendable
from drumbeat.adapters.messengers.smtp.server import SmtpServer
from drumbeat.adapters.messengers.smtp.transport import (
    Connection,
    open_connection,
    tls_context,
)
from drumbeat.adapters.messengers.smtp.wire import Lost
from drumbeat.marketing.delivery.ports import (
    AtHand,
    Deferred,
    Outcome,
    Parcel,
    Receipts,
    Refused,
    Unknown,
)

PATIENCE = 3
"""Setbacks in a row, over all connections, after which the rest is left for later."""


@dataclass(frozen=True)
class SmtpCarrier:
    """Speaks SMTP to one server. SMTP has no way to ask "did you get it?": not idempotent.

    `pauses` are the seconds before each further try to connect.
    """

    server: SmtpServer
    name: str = "smtp"
    idempotent: bool = False
    pauses: tuple[float, ...] = (0.5, 2.0)

    async def carry(self, parcels: AsyncIterator[Parcel], receipts: Receipts) -> None:
        """See `Carrier.carry`; returns early, leaving parcels unpulled, as described above."""
        context = tls_context(self.server)
        await _Round(self, context, parcels, receipts).run()


class _Unreachable(Exception):
    def __init__(self, outcome: Deferred) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


class _Round:
    """One call of carry."""

    def __init__(
        self,
        carrier: SmtpCarrier,
        context: ssl.SSLContext | None,
        parcels: AsyncIterator[Parcel],
        receipts: Receipts,
    ) -> None:
        self._carrier = carrier
        self._server = carrier.server
        self._context = context
        self._parcels = parcels
        self._ready = parcels if isinstance(parcels, AtHand) else None
        self._receipts = receipts
        self._turn = asyncio.Lock()  # an async generator cannot be asked by two at once
        self._ended = False  # read and written by whose turn it is
        self._stopped = False
        self._setbacks = 0
        self._standing: set[Connection] = set()
        self._workers: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        self._add_worker()
        try:
            while pending := [worker for worker in self._workers if not worker.done()]:
                await asyncio.wait(pending)
        finally:
            for worker in self._workers:
                worker.cancel()
            await asyncio.gather(*self._workers, return_exceptions=True)
            for connection in tuple(self._standing):
                await self._let_go(connection, politely=False)
        for worker in self._workers:
            worker.result()

    def _add_worker(self) -> None:
        """Each worker that got a parcel brings the next one, so few parcels open few sockets."""
        if len(self._workers) < self._server.connections and not self._stopped:
            self._workers.append(asyncio.create_task(self._work()))

    async def _work(self) -> None:
        connection: Connection | None = None
        brought = False
        try:
            while not self._stopped:
                if connection is None or not connection.usable:
                    connection = await self._replace(connection)
                    if connection is None:
                        return
                parcel = await self._pull()
                if parcel is None:
                    break
                if not brought:
                    brought = True
                    self._add_worker()
                connection = await self._deliver(connection, parcel)
            if connection is not None:
                await self._let_go(connection, politely=True)
        finally:
            if connection is not None:
                await self._let_go(connection, politely=False)

    async def _pull(self) -> Parcel | None:
        async with self._turn:
            if self._stopped or self._ended:
                return None
            try:
                parcel = await anext(self._parcels, None)
            except BaseException:
                self._ended = True  # nobody asks an iterator again that failed
                raise
            self._ended = parcel is None
            return parcel

    def at_hand(self, offered: Capabilities) -> Parcel | None:
        """See `Desk`. After a setback nothing is pulled ahead: one body at a time shows more."""
        if self._ready is None or self._stopped or self._ended or self._setbacks:
            return None
        while (parcel := self._ready.at_hand()) is not None:
            refusal = unsendable(parcel, offered)
            if refusal is None:
                return parcel
            self.settle(parcel, refusal)
        return None

    def writing(self, parcel: Parcel) -> bool:
        return self._receipts.writing(parcel.place)

    async def _replace(self, old: Connection | None) -> Connection | None:
        """A ready connection, or None when this worker should go home."""
        if old is not None:
            await self._let_go(old, politely=False)
        for pause in (*self._carrier.pauses, None):
            try:
                return await self._connect()
            except _Unreachable as problem:
                if pause is None or not _worth_another_try(problem):
                    await self._give_up(problem.outcome)
                    return None
                if self._standing:
                    return None  # the server limits connections; the others go on
                await asyncio.sleep(pause)
        return None

    async def _connect(self) -> Connection:
        try:
            connection = await open_connection(self._server, self._context)
        except Lost as lost:
            raise _Unreachable(Deferred(self._named(lost), "transport")) from None
        except NotWelcome as refusal:
            raise _Unreachable(Deferred(self._named(refusal), "provider")) from None
        self._standing.add(connection)
        return connection

    async def _let_go(self, connection: Connection, *, politely: bool) -> None:
        self._standing.discard(connection)
        await connection.close(politely=politely)

    async def _give_up(self, outcome: Deferred) -> None:
        """Nobody gets through: one parcel carries the reason, the others stay unpulled."""
        if self._standing:
            return
        parcel = await self._pull()
        if parcel is not None:
            self._stopped = True
            self._receipts.settle(parcel.place, outcome)

    async def _deliver(
        self, connection: Connection, parcel: Parcel, *, again: bool = True
    ) -> Connection | None:
        """Settle the parcel, and whatever followed it; answers the connection if it still stands.

        What an old connection did not begin when it died, as idle ones do, is sent over another
        one, once (`again`).
        """
        refusal = unsendable(parcel, connection.offered)
        if refusal is not None:
            self.settle(parcel, refusal)
            return connection
        flight = Flight(parcel)
        old = bool(connection.carried) or not connection.usable
        try:
            try:
                await connection.carry(flight, self)
                return connection
            except (Lost, Recalled) as problem:
                await self._let_go(connection, politely=False)
                left = self._left_by(flight, self._named(problem))
                if left is None:
                    return None
                if left is not parcel or (again and old):
                    flight.waiting = None
                    return await self._deliver_anew(left)
                flight.waiting = None
                self.settle(left, Deferred(self._named(problem), "transport"))
                return None
        except BaseException:
            reason = f"Sending to {self._server.address} was stopped."
            left = self._left_by(flight, reason)
            if left is not None:
                self.settle(left, Deferred(reason, "transport"))
            raise

    def _left_by(self, flight: Flight, reason: str) -> Parcel | None:
        """Settle what the lost connection had begun; what it had not may still leave."""
        begun, flight.begun = flight.begun, None
        if begun is not None:
            self.settle(begun, Unknown(reason))
        return flight.waiting

    async def _deliver_anew(self, parcel: Parcel) -> Connection | None:
        try:
            fresh = await self._connect()
        except _Unreachable as problem:
            self.settle(parcel, problem.outcome)
            return None
        except BaseException:
            reason = f"Connecting to {self._server.address} was stopped."
            self.settle(parcel, Deferred(reason, "transport"))
            raise
        return await self._deliver(fresh, parcel, again=False)

    def settle(self, parcel: Parcel, outcome: Outcome) -> None:
        if _is_setback(outcome):
            self._setbacks += 1
            self._stopped = self._stopped or self._setbacks >= PATIENCE
        elif not (isinstance(outcome, Refused) and outcome.code == 0):
            self._setbacks = 0  # the server is at work; code 0 is our own refusal
        self._receipts.settle(parcel.place, outcome)

    def _named(self, problem: Exception) -> str:
        return f"{self._server.address} {problem}"


def _is_setback(outcome: Outcome) -> bool:
    """Not the parcel's own fault, so the next one would probably meet the same."""
    if isinstance(outcome, Deferred):
        return outcome.scope != "recipient"
    return isinstance(outcome, Unknown)


def _worth_another_try(problem: _Unreachable) -> bool:
    """A refused login stays refused, and trying again may lock the account."""
    return problem.outcome.scope == "transport"
