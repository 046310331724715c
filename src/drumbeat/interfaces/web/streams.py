"""Panels that move, told as they change: one stream of server-sent events instead of many requests.

A stream looks about once a second and says the panel only when it differs. Each look asks anew who
is signed in, so a session that was ended hears nothing more. Streams end when the process is asked
to: nothing waits for them.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.web.rendering import PAGE_HEADERS
from drumbeat.interfaces.web.signing_in import SigningIn
from drumbeat.interfaces.web.source import Source
from drumbeat.interfaces.web.visits import Visit
from drumbeat.kit.errors import DrumbeatError, NotFound, NotPermitted

PAUSE_SECONDS = 0.9
STEP_SECONDS = 0.15  # how soon a stream notices that the process ends
QUIET_LOOKS = 15
MOST_STREAMS = 200
MOST_OF_A_PERSON = 8
"""Beyond them their pages ask every few seconds instead; nobody takes all there are."""
_KIND = "text/event-stream; charset=utf-8"


@dataclass(frozen=True)
class Panel:
    """What a page shows now. `following` is the query of its next look; None when nothing moves."""

    html: str
    following: str | None
    pause: float = PAUSE_SECONDS


Look = Callable[[Visit], Panel]
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass
class Streams:
    """How many are open, and whether the process that serves them has been asked to end."""

    ending: Callable[[], bool] = lambda: False
    open: int = 0
    by_person: Counter[str] = field(default_factory=Counter)

    def full(self, person: str) -> bool:
        return self.open >= MOST_STREAMS or self.by_person[person] >= MOST_OF_A_PERSON

    @contextmanager
    def taken(self, person: str) -> Iterator[None]:
        """One of this person's places, from before the first look until the stream has ended."""
        self.open += 1
        self.by_person[person] += 1
        try:
            yield
        finally:
            self.open -= 1
            self.by_person[person] -= 1
            if not self.by_person[person]:
                del self.by_person[person]


class _Stream(StreamingResponse):
    """Gives its place back however it ends, if nobody ever listened too."""

    def __init__(self, told: AsyncIterator[str], place: ExitStack) -> None:
        headers = {**PAGE_HEADERS, "X-Accel-Buffering": "no"}
        super().__init__(told, headers=headers, media_type=_KIND)
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._place:
            await super().__call__(scope, receive, send)


@dataclass(frozen=True)
class Streaming:
    """Makes endpoints of looks."""

    drumbeat: Drumbeat
    source: Source
    signing_in: SigningIn
    streams: Streams

    def endpoint(self, look: Look) -> Endpoint:
        async def answer(request: Request) -> Response:
            actor = await run_in_threadpool(self.signing_in.person, request)
            if actor is None:
                return Response("Sign in again.", 401)
            if self.streams.full(actor.name) or self.streams.ending():
                return Response("Ask again later.", 503, {"Retry-After": "5"})
            with ExitStack() as place:
                place.enter_context(self.streams.taken(actor.name))
                return await self._begun(look, request, place)

        return answer

    async def _begun(self, look: Look, request: Request, place: ExitStack) -> Response:
        try:
            first = await run_in_threadpool(self._look, look, request, request.url.query)
        except DrumbeatError as error:
            status = 404 if isinstance(error, NotFound) else 400
            return Response(str(error), 403 if isinstance(error, NotPermitted) else status)
        if first is None:
            return Response("Sign in again.", 401)
        return _Stream(self._told(look, request, first), place.pop_all())

    async def _told(self, look: Look, request: Request, panel: Panel) -> AsyncIterator[str]:
        try:
            yield _event(panel)
            quiet = 0
            while panel.following is not None and await self._paused(panel.pause):
                found = await run_in_threadpool(self._look, look, request, panel.following)
                if found is None:
                    return
                quiet = quiet + 1 if found.html == panel.html else 0
                if quiet == 0:
                    yield _event(found)
                elif quiet % QUIET_LOOKS == 0:
                    yield ": still here\n\n"  # so that no proxy takes the silence for an end
                panel = found
        except DrumbeatError:
            return  # what it is about is gone, or not theirs any more: the page asks, and is told

    async def _paused(self, seconds: float) -> bool:
        """A moment later; False once the process ends."""
        for _ in range(round(seconds / STEP_SECONDS)):
            if self.streams.ending():
                return False
            await asyncio.sleep(STEP_SECONDS)
        return not self.streams.ending()

    def _look(self, look: Look, request: Request, query: str) -> Panel | None:
        """None for somebody who is not signed in, any more."""
        actor = self.signing_in.person(request)
        if actor is None:
            return None
        asked = Request({**request.scope, "query_string": query.encode()}, request.receive)
        return look(Visit(asked, self.drumbeat, actor, self.source))


def _event(panel: Panel) -> str:
    lines = panel.html.splitlines()
    return "retry: 3000\n" + "".join(f"data: {line}\n" for line in lines) + "\n"
