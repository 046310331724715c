"""How large a body may be: enough for a campaign as JSON, much more for a file of contacts."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drumbeat.interfaces.api.errors import problem_of_size

MOST_JSON = 16 << 20
MOST_FILE = 8 << 30


class BodyLimit:
    """Refuses by Content-Length before anything is read, and by counting where there is none."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = MOST_FILE if scope["path"].endswith("/import") else MOST_JSON
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if not told.isdigit() or len(told) > 18 or int(told) > most:
            await problem_of_size()(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise HTTPException(413)
            return message

        await self.app(scope, counted, send)
