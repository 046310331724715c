"""A contract server for SMTP: it says and breaks exactly what a test's script tells it to.

No mail server: it stands for what servers and networks have been seen to do at their worst. What
it proves is how Drumbeat behaves, not that any real server is understood; for that see the tests
against the sandbox, aiosmtpd and postfix's smtp-sink.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

OFFERS = ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")


class Peer:
    """One connection, from the server's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.heard: list[str] = []
        self.bodies: list[bytes] = []

    async def say(self, *lines: str) -> None:
        await self.write("".join(f"{line}\r\n" for line in lines).encode())

    async def write(self, raw: bytes) -> None:
        self._writer.write(raw)
        await self._writer.drain()

    async def hear(self) -> str:
        line = (await self._reader.readuntil(b"\r\n")).decode().rstrip("\r\n")
        self.heard.append(line)
        return line

    def more_waits(self) -> bool:
        """Whether the client has already said more than was heard."""
        return bool(vars(self._reader)["_buffer"])

    async def hear_all(self) -> None:
        """Until the client hangs up."""
        while True:
            await self.hear()

    async def hear_body(self) -> bytes:
        """As on the wire: still dot-stuffed, with the dot that ends it."""
        body = await self._reader.readuntil(b"\r\n.\r\n")
        self.bodies.append(body)
        return body

    async def welcome(self, *offers: str) -> None:
        await self.say("220 fault.example ESMTP contract server")
        await self.hear()
        lines = ["fault.example", *(offers or OFFERS)]
        await self.say(*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}")

    async def envelope(
        self, mail: str = "250 ok", rcpt: str = "250 ok", data: str = "354 go"
    ) -> None:
        for answer in (mail, rcpt, data):
            await self.hear()
            await self.say(answer)

    async def take(self, answer: str = "250 2.0.0 Ok: queued as F1") -> None:
        """One message as it should go."""
        await self.envelope()
        await self.hear_body()
        await self.say(answer)

    async def go_on(self) -> None:
        """Take every message that comes, until QUIT."""
        while True:
            line = await self.hear()
            verb = line[:4].upper()
            await self.say({"DATA": "354 go", "QUIT": "221 bye"}.get(verb, "250 ok"))
            if verb == "QUIT":
                return
            if verb == "DATA":
                await self.hear_body()
                await self.say(f"250 2.0.0 Ok: queued as F{len(self.bodies)}")

    async def hang(self) -> None:
        """Say nothing, until the client gives up."""
        await self._reader.read(-1)

    def shut_half(self) -> None:
        """Say that no more will be said, and keep listening."""
        self._writer.write_eof()

    def cut(self) -> None:
        """Reset the connection without a word."""
        self._writer.transport.abort()

    async def encrypt(self, context: ssl.SSLContext) -> None:
        await self._writer.start_tls(context)

    async def close(self) -> None:
        self._writer.close()
        with suppress(OSError):  # the client, or this script, was faster
            await self._writer.wait_closed()


Script = Callable[[Peer], Awaitable[None]]


class FaultServer:
    """The first connection meets the first script, and so on; the last script stays."""

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None) -> None:
        self._scripts = scripts
        self._tls = tls
        self._tasks: list[asyncio.Task[None]] = []
        self.peers: list[Peer] = []
        self.port = 0

    @property
    def heard(self) -> list[str]:
        return [line for peer in self.peers for line in peer.heard]

    @property
    def bodies(self) -> list[bytes]:
        return [body for peer in self.peers for body in peer.bodies]

    async def __aenter__(self) -> Self:
        await self.listen(0)
        return self

    async def listen(self, port: int) -> None:
        """On this port; 0 is any that is free."""
        self._server = await asyncio.start_server(
            self._connected, "127.0.0.1", port, ssl=self._tls, limit=1 << 26
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        for task in self._tasks:
            if not task.cancelled():
                task.result()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        script = self._scripts[min(len(self.peers), len(self._scripts) - 1)]
        self.peers.append(peer)
        self._tasks.append(asyncio.create_task(self._follow(script, peer)))

    async def _follow(self, script: Script, peer: Peer) -> None:
        try:
            await script(peer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client hung up, as many of these scripts make it do
        finally:
            await peer.close()
