"""Files that come in, and long work that is watched: the answer is JSON lines, the report last.

An upload waits in an unlinked temporary file outside the data folder, which keeps no plain address.
"""

import json
import logging
import queue
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, BinaryIO, cast

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse

from drumbeat.interfaces.api.errors import render_error
from drumbeat.interfaces.api.identity import Caller
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import DrumbeatError

Tell = Callable[[Mapping[str, object]], None]
LINES = "application/x-ndjson"
_IN_MEMORY = 4 << 20

log = logging.getLogger(__name__)  # structlog would cost every command a tenth of a second


def taking_file(kind: str, example: str) -> dict[str, Any]:
    """What a route that takes a file as its body says of that, and of its answer."""
    body = {"schema": {"type": "string", "format": "binary"}, "example": example}
    told = "JSON lines: progress, and last the report, or the problem that ended the work."
    lines = {"schema": {"type": "string"}}
    return {
        "response_class": StreamingResponse,
        "responses": {200: {"description": told, "content": {LINES: lines}}},
        "openapi_extra": {"requestBody": {"required": True, "content": {kind: body}}},
    }


def receiving(scope: Scope) -> Callable[..., AsyncIterator[BinaryIO]]:
    """The whole body, rewound; the caller closes it. Nothing is taken from who lacks `scope`."""

    async def receive(request: Request, caller: Caller) -> AsyncIterator[BinaryIO]:
        caller.actor.require(scope)
        file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        try:
            async for chunk in request.stream():
                file.write(chunk)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        try:
            yield cast(BinaryIO, file)
        except RequestValidationError:  # the rest of the request made no sense: nobody closes it
            file.close()
            raise

    return receive


def watched(request: Request, work: Callable[[Tell], Mapping[str, object]]) -> StreamingResponse:
    """Run `work` and send what it tells as it goes; a refusal is the last line, as a problem."""
    return StreamingResponse(_lines(request, work), media_type=LINES)


def _lines(request: Request, work: Callable[[Tell], Mapping[str, object]]) -> Iterator[str]:
    told: queue.SimpleQueue[Mapping[str, object] | None] = queue.SimpleQueue()

    def run() -> None:
        try:
            told.put(work(told.put))
        except DrumbeatError as error:
            told.put({"problem": json.loads(bytes(render_error(request, error).body))})
        except Exception:  # the edge: a bug must not look like a finished import
            log.exception("upload.failed")
            told.put({"problem": {"status": 500, "detail": "The import failed inside Drumbeat."}})
        finally:
            told.put(None)

    worker = threading.Thread(target=run)
    worker.start()
    while (line := told.get()) is not None:
        yield json.dumps(line, default=str) + "\n"
    worker.join()
