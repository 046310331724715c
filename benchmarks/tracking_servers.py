"""The servers that `benchmarks.tracking` compares, each a process that answers what it used.

    python -m benchmarks.tracking_servers house|framework HOME PORT

`house` is what `drumbeat serve` puts on its port; `framework` an equal FastAPI route: the same
token check, link table and recording, answered once stored. Each line on standard input is
answered by one JSON line: CPU seconds so far (user + system, all threads), hits stored, and in how
many units of work.
"""

import asyncio
import json
import logging
import resource
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response

from drumbeat.bootstrap import Drumbeat, open_folder
from drumbeat.interfaces.public import Intake, TrackingApp, quick_protocol, recording_hits
from drumbeat.interfaces.public.links import LinkTargets
from drumbeat.interfaces.public.tracking import PIXEL
from drumbeat.interfaces.serve import front_app, listening_on
from drumbeat.kit.signing import TokenSigner
from drumbeat.marketing.events import Hit, Kind

NO_STORE = {"cache-control": "no-store, no-cache, must-revalidate, private, max-age=0"}


def framework_app(drumbeat: Drumbeat, intake: Intake) -> FastAPI:
    app = FastAPI()
    signer = TokenSigner(drumbeat.office.keys.derive("tracking"))
    targets = LinkTargets.of(drumbeat)
    clock = drumbeat.office.clock

    async def stored(kind: Kind, token: str, request: Request, link_no: int) -> bytes | None:
        recipient = signer.read(token)
        if recipient is None:
            return None
        target: bytes | None = PIXEL
        if kind is Kind.clicked:
            target = targets.remembered(recipient, link_no)
            if target is None:
                target = await asyncio.to_thread(targets.find, recipient, link_no)
        hit = Hit(
            kind,
            clock(),
            recipient.contact_no,
            recipient.mailing_no,
            link_no,
            request.method,
            request.client.host if request.client else "",
            request.headers.get("user-agent", ""),
        )
        done = asyncio.Event()
        intake.offer(hit, done.set)
        await done.wait()
        return target

    @app.get("/o/{token}.gif")
    async def opened(token: str, request: Request) -> Response:
        body = await stored(Kind.opened, token, request, -1)
        if body is None:
            return Response(status_code=404)
        return Response(body, media_type="image/gif", headers=NO_STORE)

    @app.get("/c/{link_no}/{token}")
    async def clicked(link_no: int, token: str, request: Request) -> Response:
        target = await stored(Kind.clicked, token, request, link_no)
        if target is None:
            return Response(status_code=404)
        headers = {"location": target.decode(), **NO_STORE}
        return Response(status_code=302, headers=headers)

    return app


def house_app(drumbeat: Drumbeat, intake: Intake) -> uvicorn.Config:
    """What `drumbeat serve` puts on its port."""
    tracking = TrackingApp(drumbeat, intake)
    app = front_app(drumbeat, tracking)
    return uvicorn.Config(app, http=quick_protocol(tracking), log_config=None, access_log=False)


@dataclass
class Counting:
    """Passes on and counts the units of work."""

    write: Callable[[Sequence[Hit]], None]
    units: int = 0

    def __call__(self, hits: Sequence[Hit]) -> None:
        self.write(hits)
        self.units += 1


def answer_questions(drumbeat: Drumbeat, server: uvicorn.Server, counting: Counting) -> None:
    for _ in sys.stdin:
        used = resource.getrusage(resource.RUSAGE_SELF)
        with drumbeat.database.look() as connection:
            query = "SELECT count(*) FROM event WHERE source = 'tracking'"
            [(stored,)] = connection.exec_driver_sql(query).all()
        cpu = used.ru_utime + used.ru_stime
        told = {"cpu": cpu, "stored": stored, "units": counting.units}
        print(json.dumps(told), flush=True)
    server.should_exit = True


def run(which: str, home: Path, port: int) -> None:
    drumbeat = open_folder(home / "home", home / "key")
    listening = listening_on("127.0.0.1", port)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    counting = Counting(recording_hits(drumbeat))
    intake = Intake(counting)
    intake.start()
    if which == "house":
        config = house_app(drumbeat, intake)
    else:
        app = framework_app(drumbeat, intake)
        config = uvicorn.Config(app, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    threading.Thread(target=answer_questions, args=(drumbeat, server, counting)).start()
    server.run([listening])
    intake.close()
    drumbeat.close()


def main(words: Sequence[str]) -> None:
    which, home, port = words
    run(which, Path(home), int(port))


if __name__ == "__main__":
    main(sys.argv[1:])
