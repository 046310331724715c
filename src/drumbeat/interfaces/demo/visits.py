"""How simulated people reach the product: real HTTP with many requests in flight.

Requests of one instant go out together, as the requests of many people do; each is answered.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BufferedReader

MOST_IN_FLIGHT = 30
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Visit:
    path: str
    user_agent: str
    method: str = "GET"
    body: bytes = b""

    def written(self) -> bytes:
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: demo\r\nUser-Agent: {self.user_agent}"
        if self.method == "GET":
            return head.encode() + b"\r\n\r\n"
        kind = "Content-Type: application/x-www-form-urlencoded"
        return f"{head}\r\n{kind}\r\nContent-Length: {len(self.body)}\r\n\r\n".encode() + self.body


@dataclass
class Visitors:
    """Everybody's ways to the server. Raises ConnectionError if it is gone."""

    port: int
    _ways: list["_Way"] = field(default_factory=list)

    def go(self, visits: Sequence[Visit]) -> None:
        """Make all of them; returns when each is answered."""
        lots = [
            list(visits[start : start + MOST_IN_FLIGHT])
            for start in range(0, len(visits), MOST_IN_FLIGHT)
        ]
        while len(self._ways) < len(lots):
            self._ways.append(_Way(self.port))
        asked = list(zip(self._ways, lots, strict=False))
        for way, lot in asked:
            way.ask(lot)
        for way, lot in asked:
            way.hear(lot)

    def close(self) -> None:
        for way in self._ways:
            way.close()
        self._ways.clear()


@dataclass
class _Way:
    port: int
    _socket: socket.socket | None = None
    _answers: BufferedReader | None = None

    def ask(self, visits: Sequence[Visit]) -> None:
        try:
            self._send(visits)
        except ConnectionError:  # the server closes a connection that was quiet for a while
            self.close()
            self._send(visits)

    def hear(self, left: list[Visit]) -> None:
        """What was answered is taken out of `left`; what the server never read is asked again."""
        try:
            self._hear(left)
        except ConnectionError:
            self.close()
            self._send(left)
            self._hear(left)

    def close(self) -> None:
        if self._answers is not None:
            self._answers.close()
        if self._socket is not None:
            self._socket.close()
        self._socket = self._answers = None

    def _send(self, visits: Sequence[Visit]) -> None:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), _PATIENCE)
            self._answers = self._socket.makefile("rb")
        self._socket.sendall(b"".join(visit.written() for visit in visits))

    def _hear(self, left: list[Visit]) -> None:
        while left:
            self._read_answer()
            left.pop(0)

    def _read_answer(self) -> None:
        assert self._answers is not None
        if not self._answers.readline():
            raise ConnectionError("the server closed the connection")
        length = 0
        while (line := self._answers.readline().strip().lower()) != b"":
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        self._answers.read(length)
