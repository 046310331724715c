"""Answers the pixel and the links inside the connection: no task, no scope, no framework.

A complete GET for `/o/` or `/c/` that needs no database is recognised as soon as its headers are
read; it becomes a hit and a few bytes that are owed. They are written once the hit is committed, or
after `PATIENCE`. Everything else goes the server's own way, unchanged.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from drumbeat.interfaces.public import pages
from drumbeat.interfaces.public.tracking import (
    GIF,
    HTML,
    NO_STORE,
    PATIENCE,
    PIXEL,
    Headers,
    Tracking,
    asked_by,
)
from drumbeat.kit.signing import Recipient
from drumbeat.marketing.events import HIDDEN_LINK, Hit, Kind

_TOKEN = 30
_OPEN, _GIF_END = b"/o/", b".gif"
_OPEN_LENGTH = len(_OPEN) + _TOKEN + len(_GIF_END)
_TRACKED = (b"/o/", b"/c/")
MOST_DEBTS = 32
"""Answers that one connection may have coming before it is read again."""

_LOOPBACK = ("127.0.0.1", "::1")


def _written(headers: Headers) -> bytes:
    return b"".join(name + b": " + value + b"\r\n" for name, value in headers)


_OK, _BUSY = b"HTTP/1.1 200 OK", b"HTTP/1.1 503 Service Unavailable"
_GIF_HEAD = _OK + b"\r\n" + _written(GIF)
_HIDDEN = pages.hidden_link()
_HIDDEN_HEAD = _OK + b"\r\n" + _written([(b"content-length", str(len(_HIDDEN)).encode()), *HTML])
_FOUND_HEAD = b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\n" + _written(NO_STORE)


class Owed:
    """An answer that waits until its hit is stored; whoever calls first has it written."""

    __slots__ = ("answer", "connection", "last", "until")

    def __init__(self, connection: "QuickProtocol", answer: bytes, until: float, last: bool):
        self.connection, self.answer, self.until, self.last = connection, answer, until, last

    def __call__(self) -> None:
        if self.answer:
            self.connection.pay(self)


@dataclass(eq=False)
class Quick:
    """What all connections of a server share: the house, and who waits how long already."""

    tracking: Tracking
    _owed: deque[Owed] = field(default_factory=deque)
    _watching: bool = False
    _heads: tuple[Headers | None, tuple[bytes, bytes, bytes]] = (None, (b"", b"", b""))

    def heads(self, of_server: Headers) -> tuple[bytes, bytes, bytes]:
        """The whole image, a redirection up to its target, and what is behind the hidden link; made
        anew when the date is."""
        known, heads = self._heads
        if known is not of_server:
            date = _written(of_server)
            image = b"".join((_GIF_HEAD, date, b"\r\n", PIXEL))
            hidden = b"".join((_HIDDEN_HEAD, date, b"\r\n", _HIDDEN))
            heads = image, _FOUND_HEAD + date + b"location: ", hidden
            self._heads = of_server, heads
        return heads

    def hit_of(self, connection: "QuickProtocol", url: bytes) -> tuple[Hit, bytes] | None:
        """The hit and where it leads; None if it is not ours, a test, or needs the database."""
        if url.startswith(_OPEN):
            if len(url) != _OPEN_LENGTH or not url.endswith(_GIF_END):
                return None
            recipient = self.tracking.signer.read_bytes(url[len(_OPEN) : len(_OPEN) + _TOKEN])
            if recipient is None or recipient.is_test:
                return None
            return self._hit(connection, Kind.opened, recipient, -1), b""
        number, _, token = url[3:].partition(b"/")
        if not number.isdigit() or len(number) > 5:
            return None
        recipient, link_no = self.tracking.signer.read_bytes(token), int(number)
        if recipient is None or recipient.is_test:
            return None
        if link_no == HIDDEN_LINK:
            return self._hit(connection, Kind.clicked, recipient, link_no), b""
        target = self.tracking.targets.remembered(recipient, link_no)
        if target is None:
            return None
        return self._hit(connection, Kind.clicked, recipient, link_no), target

    def _hit(
        self, connection: "QuickProtocol", kind: Kind, recipient: Recipient, link_no: int
    ) -> Hit:
        agent, prefetch, forwarded = asked_by(connection.headers)
        mailing_no, contact_no, _ = recipient
        at: datetime = self.tracking.clock()
        ip = connection.address
        if forwarded and ip in _LOOPBACK:  # a proxy of our own says whom it asks for
            ip = forwarded.rpartition(b",")[2].strip().decode("latin-1")
        return Hit(kind, at, contact_no, mailing_no, link_no, "GET", ip, agent, prefetch)

    def wait(self, owed: Owed) -> None:
        """Nobody waits longer than they have patience."""
        self._owed.append(owed)
        if not self._watching:
            self._watching = True
            asyncio.get_running_loop().call_later(PATIENCE, self._watch)

    def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._owed and (not self._owed[0].answer or self._owed[0].until <= now):
            self._owed.popleft()()
        self._watching = bool(self._owed)
        if self._owed:
            loop.call_later(max(0.0, self._owed[0].until - now), self._watch)


class QuickProtocol(HttpToolsProtocol):
    """The server's own protocol with a shorter way for what mail programs ask for most."""

    def __init__(self, quick: Quick, **options: Any) -> None:
        super().__init__(**options)
        self._quick = quick
        self._mine = False
        self._debts: deque[Owed] = deque()
        self.address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""

    def connection_lost(self, exc: Exception | None) -> None:
        for owed in self._debts:
            owed.answer = b""
        self._debts.clear()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._mine = False
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        if self.url[:3] in _TRACKED and self._plain() and self._take():
            self._mine = True
            return
        self._pay_all()  # somebody else answers what comes next, and answers keep their order
        self._unset_keepalive_if_required()  # paying the last of them began the wait for a next one
        url, headers, expected = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expected
        self.headers.extend(headers)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._mine:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._mine:
            super().on_message_complete()

    def shutdown(self) -> None:
        self._pay_all()
        super().shutdown()

    def pay(self, owed: Owed) -> None:
        """Write one answer; those owed before it on this connection go first."""
        while self._debts:
            first = self._debts.popleft()
            self._write(first)
            if first is owed:
                return

    def _pay_all(self) -> None:
        while self._debts:
            self._write(self._debts.popleft())

    def _write(self, owed: Owed) -> None:
        answer, owed.answer = owed.answer, b""
        if self.transport.is_closing():
            return
        self.transport.write(answer)
        if owed.last:
            self.transport.close()
        elif not self._debts:
            self.on_response_complete()

    def _plain(self) -> bool:
        """A GET of today's HTTP, with nobody before it whom the server itself still answers."""
        parser = self.parser
        return (
            parser.get_method() == b"GET"
            and parser.get_http_version() == "1.1"
            and not parser.should_upgrade()
            and not self.expect_100_continue
            and not self.flow.write_paused  # somebody who does not listen is made to wait
            and (self.cycle is None or self.cycle.response_complete)
        )

    def _take(self) -> bool:
        found = self._quick.hit_of(self, self.url)
        if found is None:
            return False
        hit, target = found
        stays = self.parser.should_keep_alive()
        image, found_head, hidden = self._quick.heads(self.server_state.default_headers)
        clicked = hit.kind is Kind.clicked
        answer = hidden if clicked else image
        if target:
            answer = found_head + target + b"\r\n\r\n"
        if not stays:
            answer = answer.replace(b"\r\n", b"\r\nconnection: close\r\n", 1)
        owed = Owed(self, answer, self.loop.time() + PATIENCE, not stays)
        if not self._quick.tracking.offer(hit, owed):
            # The queue is full: a reader still gets where they want to go.
            owed.answer = answer if clicked else answer.replace(_OK, _BUSY, 1)
            self._debts.append(owed)
            owed()
            return True
        self._debts.append(owed)
        self._quick.wait(owed)
        if len(self._debts) >= MOST_DEBTS:
            self.flow.pause_reading()  # until all are paid
        return True


def quick_protocol(tracking: Tracking) -> type[asyncio.Protocol]:
    """For `uvicorn.Config(http=…)`: makes a protocol for each connection."""
    quick = Quick(tracking)

    class Protocol(QuickProtocol):
        def __init__(self, config: Config, **options: Any) -> None:
            super().__init__(quick, config=config, **options)

    return cast(type[asyncio.Protocol], Protocol)
