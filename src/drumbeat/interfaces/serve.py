"""What one front process answers: REST, pages and tracking on a port, REST on a private socket.

The engine is a process of its own, niced, started and restarted here: one thread that sends at
full speed beside the API would cut tracking to a two-hundredth.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import uvicorn
from starlette.applications import Starlette

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.loop import ENGINE_OF
from drumbeat.interfaces.api import create_api
from drumbeat.interfaces.local import App, Receive, Scope, Send, answers, local_app, socket_of
from drumbeat.interfaces.public import (
    PLACES,
    Intake,
    TrackingApp,
    choosing_app,
    quick_protocol,
    recording_hits,
)
from drumbeat.interfaces.web import Source, Streams, create_web, no_such_page, show_once
from drumbeat.kit.errors import Conflict

DRAIN_SECONDS = 10
_TRACKING = ("/o/", "/c/", "/u/")
_REST = ("/api/", "/openapi.json", "/healthz", "/readyz", "/metrics")


def front_app(drumbeat: Drumbeat, tracking: App, streams: Streams | None = None) -> App:
    """Everything on the port, told apart by the path's first part."""
    api = create_api(drumbeat)
    web = create_web(drumbeat, describe=api.openapi, streams=streams)
    choosing = choosing_app(drumbeat)
    pages = Starlette(routes=web.routes, exception_handlers={404: no_such_page})

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif path.startswith(_TRACKING):
            await tracking(scope, receive, send)
        elif path.startswith(PLACES):
            await choosing(scope, receive, send)
        elif path.startswith(_REST):
            await api(scope, receive, send)
        else:
            await pages(scope, receive, send)

    return answer


async def _lifespan(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


def listening_on(host: str, wanted: int) -> socket.socket:
    """A bound socket on `wanted` or the next free port: nobody can take it meanwhile."""
    while True:
        port = free_port(host, wanted)
        listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen(2048)
        except OSError:
            listening.close()
            wanted = port + 1
        else:
            return listening


def free_port(host: str, wanted: int, *, tries: int = 50) -> int:
    """`wanted`, or the next port nobody listens on. Raises Conflict if none of `tries` is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(wanted, min(wanted + tries, 65_536)):
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((host, port))
                return port
    raise Conflict(f"No port from {wanted} to {wanted + tries - 1} is free on {host}.")


@contextlib.contextmanager
def serving(drumbeat: Drumbeat, *, port: int) -> Iterator[uvicorn.Server]:
    """The front's two servers and its intake, started; the caller runs the one that is yielded."""
    drumbeat.warm_up()
    with (
        _private_socket(drumbeat),
        _taking_in(drumbeat) as intake,
        drumbeat.receiving_bounces(),
        _showing_once(drumbeat),
    ):
        tracking = TrackingApp(drumbeat, intake)
        streams = Streams()
        server = uvicorn.Server(
            uvicorn.Config(
                front_app(drumbeat, tracking, streams),
                http=quick_protocol(tracking),
                host=drumbeat.settings.host,
                port=port,
                log_config=None,  # into this process's log file, as everything else
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=DRAIN_SECONDS,
            )
        )
        streams.ending = lambda: server.should_exit  # an open stream would be waited for
        yield server


@contextlib.contextmanager
def _showing_once(drumbeat: Drumbeat) -> Iterator[None]:
    """Beside the server, which answers meanwhile."""
    ending = threading.Event()
    thread = threading.Thread(
        target=show_once, args=(drumbeat, Source(), ending), name="first-pages"
    )
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


@contextlib.contextmanager
def _taking_in(drumbeat: Drumbeat) -> Iterator[Intake]:
    intake = Intake(recording_hits(drumbeat))
    intake.start()
    try:
        yield intake
    finally:
        intake.close()


@contextlib.contextmanager
def _private_socket(drumbeat: Drumbeat) -> Iterator[None]:
    path = socket_of(drumbeat.home)
    if answers(path):
        raise Conflict(f"A server runs for {drumbeat.home} already; it answers on {path}.")
    with socket.socket(socket.AF_UNIX) as listening:
        path.unlink(missing_ok=True)
        before = os.umask(0o177)  # the file must never exist with wider rights
        try:
            listening.bind(str(path))
        except OSError as error:
            raise Conflict(f"The socket {path} cannot be made: {error}.") from None
        finally:
            os.umask(before)
        listening.listen()
        server = uvicorn.Server(
            uvicorn.Config(
                local_app(drumbeat), log_config=None, log_level="warning", lifespan="off"
            )
        )
        thread = threading.Thread(target=server.run, args=([listening],), name="private-socket")
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join()
            path.unlink(missing_ok=True)


class EngineChild:
    """The engine's process: started niced, started again when it dies, told to end at the end.

    `gave_up` is told why once it cannot be started at all: a front that sends nothing is no house.
    """

    def __init__(self, public_url: str, gave_up: Callable[[str], object]) -> None:
        parent = {"DRUMBEAT_PUBLIC_URL": public_url, ENGINE_OF: str(os.getpid())}
        self._environment = os.environ | parent
        self._gave_up = gave_up
        self._ending = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._watcher = threading.Thread(target=self._watch, name="engine-watcher")

    def __enter__(self) -> "EngineChild":
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        child = self._child
        if child is not None:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
        self._watcher.join()

    def _watch(self) -> None:
        pause = 0.5
        while not self._ending.is_set():
            began = time.monotonic()
            command = [sys.executable, "-m", "drumbeat.interfaces.cli", "worker"]
            try:
                self._child = subprocess.Popen(command, env=self._environment)
            except OSError as error:
                self._gave_up(f"The engine's process cannot be started: {error}.")
                return
            if self._ending.is_set():
                self._child.terminate()
            self._child.wait()
            pause = 0.5 if time.monotonic() - began > 60 else min(pause * 2, 30)
            self._ending.wait(pause)
