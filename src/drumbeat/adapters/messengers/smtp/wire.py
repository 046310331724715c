"""The bytes of one connection: replies as they come, and a limit on every wait.

It decides nothing. Whatever goes wrong below SMTP (cut, silent, garbled, TLS) is `lost`, once and
for good, with a reason for people.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import cast

from drumbeat.adapters.messengers.smtp.protocol import Say
from drumbeat.adapters.messengers.smtp.replies import NotAReply, Reply, ReplyReader

FAREWELL = 2.0  # seconds a server gets to answer QUIT; no mail depends on it


class Lost(Exception):
    """The connection is gone, or must not be used again."""


class Wire(asyncio.Protocol):
    """Bytes to replies. Lost once, lost for good: `lost` keeps the first reason.

    `listener` is told of replies and of the loss; without one, `ask` waits.
    """

    def __init__(self) -> None:
        self.lost: str | None = None
        self.listener: Callable[[], None] | None = None
        self.replies: list[Reply] = []
        self._reader = ReplyReader()
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._wanted = 0
        self._alarm: asyncio.TimerHandle | None = None
        self._unsent = 0
        self._joins = False
        self._loop = asyncio.get_running_loop()
        self._patience = 0.0
        self._since = 0.0
        self._closed = self._loop.create_future()

    @property
    def transport(self) -> asyncio.Transport:
        assert self._transport is not None
        return self._transport

    @property
    def unsent(self) -> int:
        return self.transport.get_write_buffer_size()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._joins = transport.get_extra_info("ssl_object") is not None

    def data_received(self, data: bytes) -> None:
        if self.lost is not None:
            return
        try:
            self.replies += self._reader.feed(data)
        except NotAReply as strange:
            self.fail(f"sent {strange}")
        if self.listener is not None:
            self.listener()
        elif len(self.replies) >= self._wanted:
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
            if self.listener is not None:
                self.listener()

    def check(self) -> None:
        """Raises Lost unless the next word is ours."""
        if self.lost is None and (self.replies or self._reader.inside):
            said = " ".join(reply.text for reply in self.replies)
            self.fail(f"spoke out of turn: {said[:200]}")
        if self.lost is not None:
            raise Lost(self.lost)

    def take(self, count: int) -> list[Reply]:
        """At most so many of the replies that came."""
        taken, self.replies = self.replies[:count], self.replies[count:]
        return taken

    def still_there(self) -> None:
        """Raises Lost when nothing more will come."""
        if self.lost is not None:
            raise Lost(self.lost)

    def write(self, *parts: bytes) -> None:
        """At once. Encrypted as one piece: each would be a record of its own."""
        if self._joins:
            self.transport.write(b"".join(parts))
        else:
            self.transport.writelines(parts)

    async def ask(self, step: Say, seconds: float) -> list[Reply]:
        """Write, then wait for as many replies as the step asks for.

        Fewer come back only if the server refused something before it hung up. Raises Lost.
        """
        if step.parts:
            self.check()
            self.write(*step.parts)
        await self._wait_for(step.replies, seconds)
        answer = self.take(step.replies)
        if len(answer) < step.replies and not any(reply.negative for reply in answer):
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
        self._transport, self._joins = encrypted, True

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
        if self.lost is None and len(self.replies) < count:
            self.expect(count, seconds)
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        self.expect(0, 0.0)

    def expect(self, replies: int, seconds: float) -> None:
        """So many are awaited, so long; 0 awaits none. The alarm stays until it is due."""
        self._wanted, self._patience = replies, seconds
        if not replies:
            return
        self._since = self._loop.time()
        self._unsent = self.unsent
        if self._alarm is not None:
            if self._alarm.when() <= self._since + seconds:
                return
            self._alarm.cancel()
        self._alarm = self._loop.call_later(seconds, self._look)

    def _look(self) -> None:
        """Time is up, unless a long message is still being taken in."""
        self._alarm = None
        if not self._wanted or self.lost is not None:
            return
        due = self._since + self._patience
        now = self._loop.time()
        if now >= due:
            unsent = self.unsent
            if unsent >= self._unsent:
                return self.fail(f"did not answer within {self._patience:g} s")
            self._unsent, self._since = unsent, now
            due = now + self._patience
        self._alarm = self._loop.call_at(due, self._look)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
