"""An `Idempotency-Key` makes a request safe to repeat: it acts once, and its answer stays the same.

After draft-ietf-httpapi-idempotency-key-header. What an interrupted request leaves behind, and why
the answer is kept after the use case's own units: docs/decisions/0011.
"""

import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import BinaryIO, cast

from fastapi import Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drumbeat.interfaces.api.errors import Unauthenticated, problem, problem_of_size
from drumbeat.interfaces.api.identity import CallingHouse, calling_house
from drumbeat.kit.actor import Scope as Right
from drumbeat.storage.kept_requests import Answered, Claim, RequestKey, Reused, Running

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
LONGEST_KEY = 255
MOST_KEPT = 4 << 20
_IN_MEMORY = 4 << 20
_ASKED_AGAIN = (401, 412)  # nothing was done, and another header may be sent with the same body
_KEPT_HEADERS = ("content-type", "etag", "location")
_IMPORTING = {Right.AUDIENCE_WRITE, Right.EVENTS_WRITE}


class Idempotency:
    """In front of every route. Without the header a request passes as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent = Headers(scope=scope).get(HEADER) if scope["type"] == "http" else None
        if sent is None or scope["method"] not in CHANGING:
            return await self.app(scope, receive, send)
        try:
            caller = await run_in_threadpool(calling_house, Request(scope))
        except Unauthenticated:
            return await self.app(scope, receive, send)  # refused there, without its body
        if scope["path"].endswith("/import") and not caller.actor.scopes & _IMPORTING:
            return await self.app(scope, receive, send)  # likewise
        key = sent.strip().strip('"')
        if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
            said = f"{HEADER} takes 1 to {LONGEST_KEY} printable ASCII characters."
            return await problem(422, "invalid-input", said, HEADER)(scope, receive, send)
        try:
            body = await _taken(scope, receive, caller)
        except HTTPException:
            return await problem_of_size()(scope, receive, send)
        except ClientDisconnect:
            return None
        with body.file:
            asked = RequestKey(_named(caller), key, body.fingerprint)
            await self._once(asked, caller, scope, body.again, send)

    async def _once(
        self, asked: RequestKey, caller: CallingHouse, scope: Scope, receive: Receive, send: Send
    ) -> None:
        found = await run_in_threadpool(_claim, caller, asked)
        if not isinstance(found, Claim):
            return await _instead(found)(scope, receive, send)
        scope.setdefault("state", {})["caller"] = replace(caller, claim=found)

        async def settle(status: int, answer: bytes | None) -> None:
            again = status >= 500 or status in _ASKED_AGAIN
            kept = None if again else answer
            await run_in_threadpool(_settle, caller, asked, found, kept)

        try:
            await self.app(scope, receive, _Answer(send, settle).send)
        except Exception:
            await settle(500, None)
            raise


@dataclass
class _Answer:
    """Passes an answer on once it is settled. Of a stream only the last line is: the report."""

    onward: Send
    settle: Callable[[int, bytes | None], Awaitable[None]]
    start: Message = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    streams: bool = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            kind = Headers(raw=message["headers"]).get("content-type", "")
            self.streams = kind.startswith("application/x-ndjson")
            if self.streams:
                await self.onward(message)
            return
        piece, last = message.get("body", b""), not message.get("more_body", False)
        self.body += piece
        if self.streams:
            del self.body[: self.body.rfind(b"\n", 0, -1) + 1]
        if last:
            await self.settle(self._status(), self._kept())
        if self.streams:
            await self.onward(message)
        elif last:
            await self.onward(self.start)
            await self.onward({**message, "body": bytes(self.body)})

    def _status(self) -> int:
        """A stream began with 200 before anybody knew; what became of it is in its last line."""
        status = int(self.start["status"])
        if not self.streams or not self.body:
            return status
        problem = json.loads(self.body).get("problem", {})
        return int(problem.get("status", status))

    def _kept(self) -> bytes | None:
        """None for what is too long to keep."""
        if len(self.body) > MOST_KEPT:
            return None
        headers = Headers(raw=self.start["headers"])
        told = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
        first = json.dumps({"status": self.start["status"], "headers": told})
        return first.encode() + b"\n" + bytes(self.body)


@dataclass
class _Body:
    """A body that was read to the end, to be read again by the route."""

    file: BinaryIO
    fingerprint: bytes
    receive: Receive
    ended: bool = False

    async def again(self) -> Message:
        if self.ended:
            return await self.receive()  # whoever streams an answer waits for a disconnect here
        piece = self.file.read(1 << 18)
        self.ended = not piece
        return {"type": "http.request", "body": piece, "more_body": not self.ended}


async def _taken(scope: Scope, receive: Receive, caller: CallingHouse) -> _Body:
    """Raises HTTPException for one that is too large, ClientDisconnect for half of one."""
    digest = blake2b(key=caller.drumbeat.office.keys.derive("request bodies"), digest_size=32)
    query = scope.get("query_string", b"")
    digest.update(b"%s %s?%s\n" % (scope["method"].encode(), scope["path"].encode(), query))
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
    try:
        async for piece in Request(scope, receive).stream():
            digest.update(piece)
            file.write(piece)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return _Body(cast(BinaryIO, file), digest.digest(), receive)


def _named(caller: CallingHouse) -> str:
    """Whoever has other rights is another caller: an answer may hold what only those may see."""
    actor = caller.actor
    return f"{actor.person_no} {' '.join(sorted(actor.scopes))}"


def _claim(caller: CallingHouse, asked: RequestKey) -> Claim | Running | Reused | Answered:
    with caller.begin() as department:
        at = department.office.clock()
        return department.requests.claim(asked, at=at, now=time.time())


def _settle(caller: CallingHouse, asked: RequestKey, claim: Claim, answer: bytes | None) -> None:
    with caller.begin() as department:
        if answer is None:
            department.requests.release(claim)
        else:
            department.requests.keep(asked, claim, answer)


def _instead(found: Running | Reused | Answered) -> Response:
    if isinstance(found, Reused):
        said = f"This {HEADER} was sent with another request before; make a new key for this one."
        return problem(422, "idempotency-key-reused", said, HEADER)
    if isinstance(found, Running):
        said = f"The first request with this {HEADER} is still running; ask again in a moment."
        waits = problem(409, "idempotency-key-in-use", said, HEADER)
        waits.headers["Retry-After"] = "1"
        return waits
    first, _, body = found.answer.partition(b"\n")
    told = json.loads(first)
    return Response(body, told["status"], {**told["headers"], REPLAYED: "true"})
