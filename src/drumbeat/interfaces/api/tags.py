"""What an answer's ETag says, and who need not be sent what they have already (RFC 9110).

A tag is a hash of the answer. Before a campaign's stands its revision: `If-None-Match` looks at all
of the tag, `If-Match` at the revision, because a view also tells what time alone changes.
"""

import re
from dataclasses import dataclass, field
from hashlib import sha256

from fastapi.responses import Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_REVISION = re.compile(r'"(\d{1,12})-[0-9a-f]+"')


class Tagging:
    """Tags every whole answer to a GET, and those of other methods that name a revision."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        await self.app(scope, receive, _Tagged(scope, receive, send).send)


def revision_tag(revision: int) -> str:
    """What a route says; `Tagging` adds the hash."""
    return f'"{revision}"'


def revisions_of(if_match: str | None) -> frozenset[int] | None:
    """The revisions that may be changed; None is any. A weak or foreign tag names none."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = (_REVISION.fullmatch(tag) for tag in _TAG.findall(if_match))
    return frozenset(int(each[1]) for each in found if each is not None)


@dataclass
class _Tagged:
    scope: Scope
    receive: Receive
    onward: Send
    start: Message | None = None
    body: bytearray = field(default_factory=bytearray)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._is_tagged(message):
            self.start = message
        elif self.start is None:
            await self.onward(message)
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self.start)

    def _is_tagged(self, start: Message) -> bool:
        headers = Headers(raw=start["headers"])
        if self.scope["method"] != "GET":
            return "etag" in headers and start["status"] < 300
        return start["status"] == 200 and "content-length" in headers

    async def _finish(self, start: Message) -> None:
        headers = MutableHeaders(raw=list(start["headers"]))
        revision = headers.get("etag", "").strip('"')
        digest = sha256(self.body).hexdigest()[:32]
        headers["ETag"] = f'"{revision}-{digest}"' if revision else f'"{digest}"'
        if self.scope["method"] == "GET":
            headers["Cache-Control"] = "private, no-cache"
            headers["Vary"] = "Authorization"
            if _is_known(headers["ETag"], Headers(scope=self.scope).get("if-none-match")):
                kept = {name: headers[name] for name in ("ETag", "Cache-Control", "Vary")}
                return await Response(status_code=304, headers=kept)(
                    self.scope, self.receive, self.onward
                )
        await self.onward({**start, "headers": headers.raw})
        await self.onward({"type": "http.response.body", "body": bytes(self.body)})


def _is_known(tag: str, if_none_match: str | None) -> bool:
    if if_none_match is None:
        return False
    known = (each.removeprefix("W/") for each in _TAG.findall(if_none_match))
    return if_none_match.strip() == "*" or tag in known
