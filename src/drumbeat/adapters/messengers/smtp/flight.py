"""One envelope ahead: each body goes out in one write with the envelope of the message after it.

RFC 2920 lets a client group the end of one message with the beginning of the next, so a message
costs one round trip. Every reply is read before the next body is begun. It runs as callbacks,
because a task that wakes for every reply costs more than the message.
"""

import asyncio
from typing import Protocol

from drumbeat.adapters.messengers.smtp import verdicts
from drumbeat.adapters.messengers.smtp.protocol import (
    ENVELOPE,
    Capabilities,
    all_agreed,
    body_of,
    envelope_of,
)
from drumbeat.adapters.messengers.smtp.replies import NotAReply
from drumbeat.adapters.messengers.smtp.server import SmtpServer
from drumbeat.adapters.messengers.smtp.wire import Lost, Wire
from drumbeat.marketing.delivery.ports import Deferred, Outcome, Parcel

RECALLED = Deferred("recalled before it was written", "recipient")


class Recalled(Exception):
    """The body must not be written after all; only hanging up ends what the server waits for."""


class Desk(Protocol):
    """Where parcels come from, and who is told what became of them."""

    def at_hand(self, offered: Capabilities) -> Parcel | None:
        """The next parcel that may be written there, unless one would have to wait for it."""

    def writing(self, parcel: Parcel) -> bool: ...

    def settle(self, parcel: Parcel, outcome: Outcome) -> None: ...


class Flight:
    """What one connection has pulled and not settled: one body written, one envelope at most."""

    __slots__ = ("begun", "waiting")

    def __init__(self, waiting: Parcel) -> None:
        self.begun: Parcel | None = None
        self.waiting: Parcel | None = waiting


class Bodies:
    """Writes the body of the parcel that waits, and goes on as long as one is at hand."""

    def __init__(self, wire: Wire, server: SmtpServer, offered: Capabilities, desk: Desk) -> None:
        self._wire = wire
        self._server = server
        self._offered = offered
        self._desk = desk
        self._chains = False
        self._ahead = 0
        self.accepted = 0
        self.answered = 0

    async def write(self, flight: Flight, *, chains: bool) -> None:
        """Begin with the parcel that waits; its envelope has been accepted.

        Returns when everything is settled, or when the server did not agree to the envelope of
        `flight.waiting`: its replies are the wire's. Raises Lost and Recalled; what is then left
        in the flight is the caller's to settle. `chains`: go one envelope ahead.
        """
        self._flight, self._chains = flight, chains
        self._begin()
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wire.listener = self._heard
        try:
            self._heard()  # the wire may have been lost while it was written to
            await self._done
        finally:
            self._wire.listener = None
            self._wire.expect(0, 0.0)

    def _heard(self) -> None:
        """Replies came, or the connection is lost."""
        if self._done.done():
            return
        try:
            ended = self._go_on()
        except BaseException as problem:  # the edge of a callback: the one who waits raises it
            self._end(problem)
        else:
            if ended:
                self._end(None)

    def _end(self, problem: BaseException | None) -> None:
        self._wire.listener = None
        if self._done.done():
            return
        if problem is None:
            self._done.set_result(None)
        else:
            self._done.set_exception(problem)

    def _go_on(self) -> bool:
        """Whether there is nothing more to write or to wait for."""
        wire, flight = self._wire, self._flight
        if flight.begun is not None:
            if not wire.replies:
                wire.still_there()
                return False
            self._answered(flight.begun)
            if flight.waiting is None:
                return True
        if len(wire.replies) < ENVELOPE:
            if wire.lost is not None:
                return self._cut_short()
            wire.expect(ENVELOPE, self._server.timeouts.reply)
            return False
        if not all_agreed(wire.replies):
            return True
        del wire.replies[:ENVELOPE]
        self._begin()
        wire.still_there()
        return False

    def _cut_short(self) -> bool:
        """A refusal before hanging up counts, although replies are missing."""
        if any(reply.negative for reply in self._wire.replies):
            return True
        raise Lost(self._wire.lost)

    def _answered(self, parcel: Parcel) -> None:
        reply = self._wire.replies.pop(0)
        if not (reply.positive or reply.negative):
            raise NotAReply(f"{reply.text!r} in answer to the message")
        if reply.positive and self._wire.unsent > self._ahead:
            self._hang_up("accepted a message before it had all of it")
            raise Lost(self._wire.lost)
        self._flight.begun = None
        self.answered += 1
        if reply.positive:
            self.accepted += 1
            self._desk.settle(parcel, verdicts.accepted(reply))
        else:
            self._desk.settle(parcel, verdicts.at_recipient(reply, server=self._server.address))

    def _begin(self) -> None:
        wire, flight, desk = self._wire, self._flight, self._desk
        parcel = flight.waiting
        assert parcel is not None
        wire.check()  # a connection that died by now did not see the body
        # Pulled, and built, before the last look at permission: nothing comes between it and this.
        ahead = desk.at_hand(self._offered) if self._chains else None
        if not desk.writing(parcel):
            flight.waiting = ahead
            self._hang_up("was left before the message")
            desk.settle(parcel, RECALLED)
            raise Recalled
        flight.begun, flight.waiting = parcel, ahead
        envelope = b"" if ahead is None else b"".join(envelope_of(ahead, self._offered))
        self._ahead = len(envelope)
        wire.write(*body_of(parcel), envelope)
        wire.expect(1, self._server.timeouts.acceptance)

    def _hang_up(self, reason: str) -> None:
        self._wire.listener = None  # it is we who know
        self._wire.fail(reason)
