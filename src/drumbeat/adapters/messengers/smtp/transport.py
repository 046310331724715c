"""One connection to an SMTP server: bytes over asyncio, and a limit on every wait.

It decides nothing. Whatever goes wrong below SMTP (refused, cut, silent, garbled, TLS) becomes
`Lost` with a reason for people, and the connection is of no more use.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from drumbeat.adapters.messengers.smtp.protocol import (
    Capabilities,
    NotWelcome,
    Say,
    SwitchToTls,
    Talk,
    hand_over,
    introduce,
)
from drumbeat.adapters.messengers.smtp.replies import NotAReply, Reply, ReplyReader
from drumbeat.adapters.messengers.smtp.server import FIELD, SmtpServer
from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.delivery.ports import Outcome, Parcel

T = TypeVar("T")
FAREWELL = 2.0  # seconds a server gets to answer QUIT; no mail depends on it


class Lost(Exception):
    """The connection is gone, or must not be used again."""


class Recalled(Exception):
    """The body must not be written after all; only hanging up ends what the server waits for."""


class Wire(asyncio.Protocol):
    """Bytes to replies. Lost once, lost for good: `lost` keeps the first reason."""

    def __init__(self) -> None:
        self.lost: str | None = None
        self.replies: list[Reply] = []
        self._reader = ReplyReader()
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._wanted = 0
        self._alarm: asyncio.TimerHandle | None = None
        self._unsent = 0
        self._closed = asyncio.get_running_loop().create_future()

    @property
    def transport(self) -> asyncio.Transport:
        assert self._transport is not None
        return self._transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self.lost is not None:
            return
        try:
            self.replies += self._reader.feed(data)
        except NotAReply as strange:
            self.fail(f"sent {strange}")
        if len(self.replies) >= self._wanted:
            self._wake()

    def eof_received(self) -> None:
        inside = " in the middle of a reply" if self._reader.inside else ""
        self.fail(f"closed the connection{inside}")

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail(f"cut the connection ({exc})" if exc else "closed the connection")
        if not self._closed.done():
            self._closed.set_result(None)

    def fail(self, reason: str) -> None:
        if self.lost is None:
            self.lost = reason
            self._wake()
            if self._transport is not None:
                self._transport.abort()

    def check(self) -> None:
        """Raises Lost unless the next word is ours."""
        if self.lost is None and (self.replies or self._reader.inside):
            said = " ".join(reply.text for reply in self.replies)
            self.fail(f"spoke out of turn: {said[:200]}")
        if self.lost is not None:
            raise Lost(self.lost)

    async def ask(self, step: Say, seconds: float) -> list[Reply]:
        """Write, then wait for as many replies as the step asks for.

        Fewer come back only if the server refused something before it hung up. Raises Lost.
        """
        if step.parts:
            self.check()
            self.transport.writelines(step.parts)
        await self._wait_for(step.replies, seconds)
        answer, self.replies = self.replies[: step.replies], self.replies[step.replies :]
        if len(answer) < step.replies and not any(reply.negative for reply in answer):
            raise Lost(self.lost)
        if step.is_body and answer[0].positive and self.transport.get_write_buffer_size():
            self.fail("accepted a message before it had all of it")
            raise Lost(self.lost)
        return answer

    async def encrypt(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        if self.replies or self._reader.inside:  # CVE-2011-0411: injected before encryption
            self.fail("said more than one reply to STARTTLS")
        if self.lost is not None:
            raise Lost(self.lost)
        encrypted = None
        try:
            encrypted = await asyncio.get_running_loop().start_tls(
                self.transport, self, context, server_hostname=host, ssl_handshake_timeout=seconds
            )
        finally:
            if encrypted is None and not self._closed.done():
                self._closed.set_result(None)  # asyncio does not report this end to us
        if encrypted is None:
            raise Lost("closed the connection during the TLS handshake")
        self._transport = encrypted

    async def close(self) -> None:
        """Let go of the socket, whatever state it is in."""
        if self._alarm is not None:
            self._alarm.cancel()
        self.lost = self.lost or "closed"
        transport, self._transport = self._transport, None  # a TLS one cannot be closed twice
        if transport is None:
            return
        transport.abort()
        transport.close()  # a TLS transport counts as closed only by close()
        await asyncio.wait([self._closed], timeout=FAREWELL)

    async def _wait_for(self, count: int, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        while self.lost is None and len(self.replies) < count:
            self._wanted = count
            self._waiter = loop.create_future()
            self._unsent = self.transport.get_write_buffer_size()
            self._alarm = loop.call_later(seconds, self._look, seconds)
            try:
                await self._waiter
            finally:
                self._alarm.cancel()
                self._waiter = None

    def _look(self, seconds: float) -> None:
        """Time is up, unless a long message is still being taken in."""
        unsent = self.transport.get_write_buffer_size()
        if unsent < self._unsent:
            self._unsent = unsent
            self._alarm = asyncio.get_running_loop().call_later(seconds, self._look, seconds)
            return
        self.fail(f"did not answer within {seconds:g} s")

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


@dataclass(eq=False)
class Connection:
    """A logged-in connection that carries one message after another."""

    server: SmtpServer
    wire: Wire
    offered: Capabilities = field(default_factory=Capabilities)
    carried: int = 0
    _reset: bool = False

    @property
    def usable(self) -> bool:
        return self.wire.lost is None and not self.wire.replies

    async def hand_over(self, parcel: Parcel, writing: Callable[[], bool]) -> Outcome:
        """Raises Lost when nobody answered; `writing` has been called if the body was begun.

        Raises Recalled when `writing` answers False.
        """
        talk = hand_over(parcel, self.offered, server=self.server.address, reset=self._reset)
        outcome, self._reset = await self._hold(talk, writing)
        self.carried += 1
        return outcome

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
        self.offered = await self._hold(talk, context=context)

    async def _hold(
        self,
        talk: Talk[T],
        writing: Callable[[], bool] | None = None,
        context: ssl.SSLContext | None = None,
    ) -> T:
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
                if step.is_body and writing is not None:
                    self.wire.check()  # a connection that died by now did not see the body
                    if not writing():
                        self.wire.fail("was left before the message")
                        raise Recalled
                answer = await self.wire.ask(step, getattr(waits, step.awaited))
        except StopIteration as done:
            return cast(T, done.value)
        except NotAReply as strange:
            self.wire.fail(f"was out of step: {strange}")
            raise Lost(self.wire.lost) from None


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
