"""A web server on loopback that answers as badly as a test asks it to."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Answer = Callable[[socket.socket], None]


@dataclass
class BadServer:
    """`asked` are the requests that came, whole; `port` is where."""

    port: int
    asked: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


def whole(status: str, *headers: str, body: bytes = b"") -> Answer:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return lambda connection: connection.sendall("\r\n".join(head).encode() + body)


def redirect(to: str) -> Answer:
    return whole("302 Found", f"Location: {to}")


def for_ever(first: bytes, again: bytes, pause: threading.Event | None = None) -> Answer:
    """Until the other side leaves; with `pause`, a little at a time."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(first)
        while pause is None or not pause.wait(0.01):
            connection.sendall(again)

    return answer


@contextmanager
def answering(*answers: Answer) -> Iterator[BadServer]:
    """Each connection gets the next answer, and after the last one that again."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = BadServer(listening.getsockname()[1])

    def serve() -> None:
        number = 0
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                server.asked.append(connection.recv(65_536))
                answers[min(number, len(answers) - 1)](connection)
            number += 1

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()
