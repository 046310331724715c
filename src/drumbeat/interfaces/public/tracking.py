"""Answers `/o/{token}.gif`, `/c/{link_no}/{token}` and `/u/{token}`: the hot path, no framework.

Opening and clicking are answered once they are stored, and after `PATIENCE` in any case: nobody
waits for a busy house. Only POST withdraws consent, whatever its body, user agent or cookies (RFC
8058), and it says so only once that is stored. A click leads to an address of the mailing's own
link table or nowhere. Most requests never get here: see `quick.py`.
"""

import asyncio
import contextlib
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.public import pages
from drumbeat.interfaces.public.consent import withdrawing
from drumbeat.interfaces.public.intake import Intake, Then
from drumbeat.interfaces.public.links import LinkTargets
from drumbeat.kit.clock import Clock
from drumbeat.kit.signing import Recipient, TokenSigner
from drumbeat.marketing.events import HIDDEN_LINK, Hit, Kind

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
PATIENCE = 0.25
"""Seconds that a reader waits at most until what they did is stored."""

LARGEST_BODY = 64 * 1024
BODY_SECONDS = 10
LONGEST_AGENT = 500
LONGEST_PATH = 200

_PATH = re.compile(
    r"/(?:o/(?P<open>[\w-]{1,64})\.gif|c/(?P<link>\d{1,5})/(?P<click>[\w-]{1,64})"
    r"|u/(?P<leave>[\w-]{1,64}))\Z",
    re.ASCII,
)
NO_STORE: Headers = [
    (b"cache-control", b"no-store, no-cache, must-revalidate, private, max-age=0"),
    (b"pragma", b"no-cache"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-robots-tag", b"noindex, nofollow"),
]
GIF: Headers = [
    (b"content-type", b"image/gif"),
    (b"content-length", str(len(PIXEL)).encode()),
    (b"cross-origin-resource-policy", b"cross-origin"),
    *NO_STORE,
]
HTML: Headers = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", pages.POLICY.encode()),
    *NO_STORE,
]
_PURPOSE = frozenset((b"sec-purpose", b"purpose", b"x-purpose", b"x-moz"))
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tracking:
    """What tracking answers, given whom to tell; `TrackingApp` is this in front of a house."""

    signer: TokenSigner
    clock: Clock
    sender: str
    offer: Callable[[Hit, Then | None], bool]
    targets: LinkTargets
    withdraw: Callable[[Recipient], None]
    # Withdrawals have threads of their own, so that no other waiting delays them.
    _consent: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4, "consent"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        found = _PATH.match(path) if len(path) <= LONGEST_PATH else None
        recipient = self.signer.read(found[found.lastgroup or 0]) if found else None
        if found is None or recipient is None:
            await _page(scope, send, 404, pages.not_found())
        elif found.lastgroup == "leave":
            await self._leave(scope, receive, send, recipient)
        elif scope["method"] not in ("GET", "HEAD"):
            await _page(scope, send, 405, pages.not_found(), [(b"allow", b"GET, HEAD")])
        elif found.lastgroup == "open":
            await self._open(scope, send, recipient)
        else:
            await self._click(scope, send, recipient, int(found["link"]))

    async def _open(self, scope: Scope, send: Send, recipient: Recipient) -> None:
        kept = recipient.is_test or await self._stored(self._hit(scope, Kind.opened, recipient, -1))
        status = 200 if kept else 503
        await send({"type": "http.response.start", "status": status, "headers": GIF})
        await send({"type": "http.response.body", "body": PIXEL})

    async def _click(self, scope: Scope, send: Send, recipient: Recipient, link_no: int) -> None:
        if link_no == HIDDEN_LINK:
            await self._stored(self._hit(scope, Kind.clicked, recipient, link_no))
            await _page(scope, send, 200, pages.hidden_link())
            return
        target = self.targets.remembered(recipient, link_no)
        if target is None:
            target = await asyncio.to_thread(self.targets.find, recipient, link_no)
        if target is None:
            await _page(scope, send, 404, pages.not_found())
            return
        # Even uncounted, when the queue is full, the reader gets where they want to go.
        if not recipient.is_test:
            await self._stored(self._hit(scope, Kind.clicked, recipient, link_no))
        headers = [(b"location", target), (b"content-length", b"0"), *NO_STORE]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _stored(self, hit: Hit) -> bool:
        """Wait, but not for long; False if the queue is full."""
        stored = asyncio.Event()
        if not self.offer(hit, stored.set):
            return False
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stored.wait(), PATIENCE)
        return True

    async def _leave(
        self, scope: Scope, receive: Receive, send: Send, recipient: Recipient
    ) -> None:
        if scope["method"] == "POST":
            await self._withdraw(scope, receive, send, recipient)
        elif scope["method"] in ("GET", "HEAD"):
            await _page(scope, send, 200, pages.unsubscribe_form(self.sender))
        else:
            headers = [(b"allow", b"GET, HEAD, POST")]
            await _page(scope, send, 405, pages.not_found(), headers)

    async def _withdraw(
        self, scope: Scope, receive: Receive, send: Send, recipient: Recipient
    ) -> None:
        """The address says all there is to know, so the body is not waited for, only emptied."""
        loop = asyncio.get_running_loop()
        try:
            if not recipient.is_test:
                await loop.run_in_executor(self._consent, self.withdraw, recipient)
        except Exception as error:
            _log.error("a withdrawal of consent could not be stored: %s", type(error).__name__)
            status, page = 503, pages.try_again()
        else:
            page = pages.only_a_test() if recipient.is_test else pages.unsubscribed(self.sender)
            status = 200
        emptied = await _empty(receive)
        await _page(scope, send, status, page, [] if emptied else [(b"connection", b"close")])

    def _hit(self, scope: Scope, kind: Kind, recipient: Recipient, link_no: int) -> Hit:
        client = scope.get("client")
        agent, prefetch, _ = asked_by(scope["headers"])
        return Hit(
            kind=kind,
            occurred_at=self.clock(),
            contact_no=recipient.contact_no,
            mailing_no=recipient.mailing_no,
            link_no=link_no,
            method=scope["method"],
            ip=client[0] if client else "",
            user_agent=agent,
            prefetch=prefetch,
        )


class TrackingApp(Tracking):
    """Tracking for an open data folder; whoever made the intake starts and closes it."""

    def __init__(self, drumbeat: Drumbeat, intake: Intake) -> None:
        super().__init__(
            signer=TokenSigner(drumbeat.office.keys.derive("tracking")),
            clock=drumbeat.office.clock,
            sender=drumbeat.office.sender_name,
            offer=intake.offer,
            targets=LinkTargets.of(drumbeat),
            withdraw=withdrawing(drumbeat),
        )


def asked_by(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, bool, bytes]:
    """What lower-case headers say of the program, whether it only prefetches, and for whom."""
    agent, purpose, forwarded = b"", b"", b""
    for name, value in headers:
        if name == b"user-agent":
            agent = value
        elif name in _PURPOSE:
            purpose += value.lower()
        elif name == b"x-forwarded-for":
            forwarded = value
    ahead = bool(purpose) and (b"prefetch" in purpose or b"preview" in purpose)
    return agent[:LONGEST_AGENT].decode("latin-1"), ahead, forwarded


async def _empty(receive: Receive) -> bool:
    """Read and forget a body, so that its writer listens; False if it is too long or too slow."""
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while size <= LARGEST_BODY:
                message = await receive()
                size += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return True
    except TimeoutError:
        pass
    return False


async def _page(
    scope: Scope, send: Send, status: int, body: bytes, headers: Headers | None = None
) -> None:
    length = (b"content-length", str(len(body)).encode())
    start = [length, *HTML, *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": start})
    shown = b"" if scope["method"] == "HEAD" else body
    await send({"type": "http.response.body", "body": shown})


async def _live(receive: Receive, send: Send) -> None:
    for phase in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{phase}.complete"})
