"""A real server on loopback for any ASGI application, and a plain socket to talk to it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import uvicorn


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Served:
    port: int

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            return _answer(connection.getresponse())
        finally:
            connection.close()

    def say(self, raw: bytes, *, hang_up_half: bool = False) -> bytes:
        """Write bytes as they are; everything that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as wire:
            heard = bytearray()
            try:
                wire.sendall(raw)
                if hang_up_half:
                    wire.shutdown(socket.SHUT_WR)
                while piece := wire.recv(65536):
                    heard += piece
            except TimeoutError:
                raise  # a server that hangs is never what was meant
            except OSError:
                pass  # the server closed before it had read all
            return bytes(heard)


@contextmanager
def serving(app: Any, http: Any = "auto") -> Iterator[Served]:
    """The socket listens before the server runs, so a client never comes too early."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="critical", access_log=False, ws="none", http=http)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield Served(listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def _answer(response: HTTPResponse) -> Answer:
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, response.read())
