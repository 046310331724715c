"""One connection to an SMTP server: opened, introduced, and carrying one message after another.

Whatever goes wrong below SMTP (refused, cut, silent, garbled, TLS) becomes `Lost` with a reason
for people, and the connection is of no more use.
"""

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import TypeVar, cast

from drumbeat.adapters.messengers.smtp.flight import Bodies, Desk, Flight
from drumbeat.adapters.messengers.smtp.protocol import (
    ENVELOPE,
    Capabilities,
    NotWelcome,
    Say,
    SwitchToTls,
    Talk,
    envelope,
    introduce,
)
from drumbeat.adapters.messengers.smtp.replies import NotAReply, Reply
from drumbeat.adapters.messengers.smtp.server import FIELD, SmtpServer
from drumbeat.adapters.messengers.smtp.wire import FAREWELL, Lost, Wire
from drumbeat.kit.errors import InvalidInput

T = TypeVar("T")


@dataclass(eq=False)
class Connection:
    """A logged-in connection that carries one message after another."""

    server: SmtpServer
    wire: Wire
    offered: Capabilities = field(default_factory=Capabilities)
    carried: int = 0
    _reset: bool = False
    _proven: bool = False

    @property
    def usable(self) -> bool:
        return self.wire.lost is None and not self.wire.replies

    async def carry(self, flight: Flight, desk: Desk) -> None:
        """The parcel that waits in `flight`; once this connection is proven, what is at hand too.

        Raises Lost and Recalled; what is then left in the flight is the caller's to settle.
        """
        replies: list[Reply] | None = None  # to an envelope that was sent ahead
        bodies = Bodies(self.wire, self.server, self.offered, desk)
        try:
            while (parcel := flight.waiting) is not None:
                address, reset = self.server.address, self._reset
                talk = envelope(parcel, self.offered, server=address, reset=reset, replies=replies)
                refusal = await self._hold(talk)
                self._reset = refusal is not None
                if refusal is not None:
                    flight.waiting = None
                    self.carried += 1
                    desk.settle(parcel, refusal)
                    return
                await bodies.write(flight, chains=self._proven and self.offered.pipelining)
                replies = self.wire.take(ENVELOPE)
        except NotAReply as strange:
            self.wire.fail(f"was out of step: {strange}")
            raise Lost(self.wire.lost) from None
        finally:
            self.carried += bodies.answered
            self._proven = self._proven or bodies.accepted > 0

    async def close(self, *, politely: bool) -> None:
        try:
            if politely and self.usable:
                await self.wire.ask(Say((b"QUIT\r\n",)), FAREWELL)
        except Lost:
            pass  # it hung up first, which is what we were about to do
        finally:
            await self.wire.close()

    async def introduce(self, context: ssl.SSLContext | None) -> None:
        host, *_ = self.wire.transport.get_extra_info("sockname")
        literal = f"[IPv6:{host}]" if ":" in host else f"[{host}]"
        talk = introduce(self.server, self.server.ehlo or literal)
        self.offered = await self._hold(talk, context)

    async def _hold(self, talk: Talk[T], context: ssl.SSLContext | None = None) -> T:
        waits = self.server.timeouts
        answer: list[Reply] | None = None
        try:
            while True:
                step = next(talk) if answer is None else talk.send(answer)
                answer = []
                if isinstance(step, SwitchToTls):
                    assert context is not None
                    await self.wire.encrypt(context, self.server.host, waits.connect)
                    continue
                answer = await self.wire.ask(step, getattr(waits, step.awaited))
        except StopIteration as done:
            return cast(T, done.value)


async def open_connection(server: SmtpServer, context: ssl.SSLContext | None) -> Connection:
    """Connect, greet, encrypt and log in. Raises Lost (the network) or NotWelcome (the server)."""
    loop = asyncio.get_running_loop()
    implicit = context if server.security == "tls" else None
    wire = Wire()
    connection = Connection(server, wire)
    try:
        async with asyncio.timeout(server.timeouts.connect):
            await loop.create_connection(
                lambda: wire,
                server.host,
                server.port,
                ssl=implicit,
                server_hostname=server.host if implicit else None,
            )
        await connection.introduce(context)
    except NotAReply as strange:
        await wire.close()
        raise Lost(f"was out of step: {strange}") from None
    except BaseException as problem:
        await wire.close()
        if isinstance(problem, Lost | NotWelcome):
            raise
        if isinstance(problem, OSError | UnicodeError):
            raise Lost(_plainly(problem, server)) from None
        raise
    return connection


def tls_context(server: SmtpServer) -> ssl.SSLContext | None:
    """Certificates and host names are always checked; `ca_file` adds a private authority."""
    if server.security == "none":
        return None
    context = ssl.create_default_context()
    if server.ca_file is not None:
        try:
            context.load_verify_locations(server.ca_file)
        except (OSError, ssl.SSLError):
            message = f"{FIELD}: {server.ca_file} holds no certificates in PEM form."
            raise InvalidInput(message, field=FIELD) from None
    return context


def _plainly(problem: OSError | UnicodeError, server: SmtpServer) -> str:
    if isinstance(problem, ConnectionRefusedError):
        return "refused the connection"
    if isinstance(problem, TimeoutError):
        return f"could not be reached within {server.timeouts.connect:g} s"
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"has a certificate that cannot be trusted: {problem.verify_message}"
    if isinstance(problem, ssl.SSLError):
        return f"does not speak TLS there ({problem.reason or problem})"
    if isinstance(problem, OSError) and problem.strerror:
        return f"cannot be reached: {problem.strerror}"
    return f"cannot be reached: {str(problem) or type(problem).__name__}"
