"""The bounce receiver: SMTP that takes mail for our return paths alone, and 250 after the commit.

It relays nothing and answers nothing but the protocol: whoever it is not for is refused at RCPT.
"""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate

from aiosmtpd.smtp import SMTP, Envelope, Session

from drumbeat.kit.errors import Conflict, InvalidInput

MOST_BYTES = 4 << 20
MOST_CONNECTIONS = 20
MOST_WAITING = 100
BATCH = 50
BATCH_BYTES = 2 << 20
KEPT_BYTES = 1 << 20
_IDLE_SECONDS = 60.0

Keep = Callable[[Sequence[bytes]], None]
"""Keeps mails for good, all or none; raises if it cannot."""


@dataclass(frozen=True)
class Address:
    host: str
    port: int


def parse_listen(text: str) -> Address:
    """Read `host:port`. Raises InvalidInput naming the setting."""
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    if not host or not (port.isascii() and port.isdigit() and int(port[:6]) <= 65_535):
        raise InvalidInput(
            f"The setting DRUMBEAT_BOUNCE_LISTEN must be like 127.0.0.1:2526, not {text[:80]!r}.",
            field="DRUMBEAT_BOUNCE_LISTEN",
        )
    return Address(host, int(port))


class Receiver:
    """A context manager that receives in a thread of its own; `port` is known inside it.

    `accepts` says whether an address is a return path of ours.
    """

    def __init__(self, address: Address, accepts: Callable[[str], bool], keep: Keep) -> None:
        self._address, self._accepts, self._keep = address, accepts, keep
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # it would write down addresses
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="bounce-receiver")
        self._server: asyncio.Server | None = None
        self._sessions: set[_Connection] = set()
        self.waiting: list[tuple[bytes, asyncio.Future[bool]]] = []
        self._writer: asyncio.Task[None] | None = None
        self.port = 0

    def __enter__(self) -> "Receiver":
        """Raises Conflict if the port is taken or may not be listened on."""
        family = socket.AF_INET6 if ":" in self._address.host else socket.AF_INET
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((self._address.host, self._address.port))
        except OSError as error:
            listening.close()
            self._loop.close()
            place = f"{self._address.host}:{self._address.port}"
            raise Conflict(f"Bounces cannot be received on {place}: {error.strerror}.") from None
        self.port = listening.getsockname()[1]
        started = self._loop.create_server(self._connection, sock=listening)
        self._server = self._loop.run_until_complete(started)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        for session in tuple(self._sessions):
            session.hang_up()
        if self._writer is not None:
            await self._writer
        for _ in range(3):
            await asyncio.sleep(0)  # the sessions' own tasks end
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _connection(self) -> "_Connection":
        return _Connection(self, self._sessions, self._loop)

    # what aiosmtpd asks -----------------------------------------------------------------------

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self._accepts(address):
            return "550 5.1.1 Nothing is received for that address here"
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient at a time"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if len(self.waiting) >= MOST_WAITING:
            return "451 4.3.2 Too many at once, try again later"
        content = envelope.content
        assert isinstance(content, bytes)
        sender, recipient = (envelope.mail_from or "").strip("<>"), envelope.rcpt_tos[0]
        trace = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n"
        kept = self._loop.create_future()
        self.waiting.append(((trace.encode("utf-8", "replace") + content)[:KEPT_BYTES], kept))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        return "250 2.0.0 Kept" if await kept else "451 4.3.0 Not kept, try again later"

    async def _write(self) -> None:
        """What arrives while one batch is committed makes up the next."""
        while self.waiting:
            count = _fitting([len(raw) for raw, _ in self.waiting[:BATCH]])
            batch, self.waiting = self.waiting[:count], self.waiting[count:]
            try:
                await asyncio.to_thread(self._keep, [raw for raw, _ in batch])
                kept = True
            except Exception:  # an edge: whatever it was (a full disk), the sender tries again
                kept = False
            for _, waiting in batch:
                if not waiting.done():  # its session may be gone
                    waiting.set_result(kept)
        self._writer = None


def _fitting(sizes: Sequence[int]) -> int:
    """How many of them one commit takes: one at least."""
    sums = accumulate(sizes)
    return max(1, sum(total <= BATCH_BYTES for total in sums))


class _Connection(SMTP):
    """One client; more than `MOST_CONNECTIONS` at once are told to come back."""

    line_length_limit = 8_192  # RFC 5321 says 1,000; some bounces quote longer ones

    def __init__(
        self, handler: Receiver, sessions: "set[_Connection]", loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(
            handler,
            data_size_limit=MOST_BYTES,
            enable_SMTPUTF8=True,
            hostname="bounces.invalid",
            ident="Drumbeat",
            timeout=_IDLE_SECONDS,
            loop=loop,
        )
        self._sessions = sessions

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if len(self._sessions) >= MOST_CONNECTIONS:
            transport.write(b"421 4.3.2 Too many connections, try again later\r\n")
            transport.close()
            return
        self._sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._sessions:
            self._sessions.discard(self)
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        return super().eof_received() if self in self._sessions else False

    def hang_up(self) -> None:
        with suppress(AttributeError):
            self.transport.abort()  # type: ignore[union-attr]  # it may be gone
