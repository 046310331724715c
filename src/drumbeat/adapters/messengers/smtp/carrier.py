"""Who pulls parcels, over how many connections, and that each one pulled is settled once.

A parcel is pulled only when a connection stands ready for it. When the server cannot be reached,
one parcel is pulled to carry the reason and the rest stay with the caller. When one parcel after
another fails for reasons that are not its own, pulling stops too: `carry` returns early.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

from drumbeat.adapters.messengers.smtp.protocol import NotWelcome, unsendable
from drumbeat.adapters.messengers.smtp.server import SmtpServer
from drumbeat.adapters.messengers.smtp.transport import (
    Connection,
    Lost,
    Recalled,
    open_connection,
    tls_context,
)
from drumbeat.marketing.delivery.ports import (
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


class _Sending:
    """One parcel on one connection: whether its body was begun decides what a loss means."""

    def __init__(self, parcel: Parcel, receipts: Receipts) -> None:
        self._place = parcel.place
        self._receipts = receipts
        self.begun = False

    def writing(self) -> bool:
        self.begun = self._receipts.writing(self._place)
        return self.begun

    def lost(self, reason: str) -> Outcome:
        return Unknown(reason) if self.begun else Deferred(reason, "transport")


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
            self._ended = True  # stays so if the iterator fails: nobody asks it again
            parcel = await anext(self._parcels, None)
            self._ended = parcel is None
            return parcel

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
        """Settle the parcel, whatever happens; answers the connection if there still is one.

        An old connection that dies before the body, as idle ones do, is replaced once (`again`).
        """
        refusal = unsendable(parcel, connection.offered)
        if refusal is not None:
            self._settle(parcel, refusal)
            return connection
        sending = _Sending(parcel, self._receipts)
        old = bool(connection.carried) or not connection.usable
        held: Connection | None = connection
        try:
            outcome = await connection.hand_over(parcel, sending.writing)
        except Lost as lost:
            held = None
            await self._let_go(connection, politely=False)
            if again and old and not sending.begun:
                return await self._deliver_anew(parcel)
            outcome = sending.lost(self._named(lost))
        except Recalled:
            held = None
            await self._let_go(connection, politely=False)
            outcome = Deferred("recalled before it was written", "recipient")
        except BaseException:
            self._settle(parcel, sending.lost(f"Sending to {self._server.address} was stopped."))
            raise
        self._settle(parcel, outcome)
        return held

    async def _deliver_anew(self, parcel: Parcel) -> Connection | None:
        try:
            fresh = await self._connect()
        except _Unreachable as problem:
            self._settle(parcel, problem.outcome)
            return None
        except BaseException:
            reason = f"Connecting to {self._server.address} was stopped."
            self._settle(parcel, Deferred(reason, "transport"))
            raise
        return await self._deliver(fresh, parcel, again=False)

    def _settle(self, parcel: Parcel, outcome: Outcome) -> None:
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
