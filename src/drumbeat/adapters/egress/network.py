"""How a connection is made: to an address that was looked at, and within a time that ends.

The name is resolved here, once, and the connection goes to what was checked: a second answer of a
hostile DNS server is never asked for. Name and certificate stay those of the URL.
"""

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpcore2

from drumbeat.adapters.egress.addresses import why_not_public
from drumbeat.kit.errors import NotPermitted, ProviderFailed

Resolve = Callable[[str, int, float], Sequence[str]]
"""The addresses of a host, asked for at most so many seconds; empty if it has none."""

_PIECE = 1 << 16


def resolve_host(host: str, port: int, seconds: float) -> Sequence[str]:
    """As the system does it; every spelling it takes for an address comes back as that address."""
    answers: queue.SimpleQueue[Sequence[str]] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found = []
        answers.put(list(dict.fromkeys(str(each[4][0]) for each in found)))

    # A thread of its own: the system's resolver knows no time limit.
    threading.Thread(target=ask, name=f"resolve-{host}", daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except queue.Empty:
        return []


@dataclass(frozen=True)
class Deadline:
    """When everything about one request has to be over."""

    host: str
    end: float
    real: Callable[[], float]

    def left(self) -> float:
        """Seconds; raises ProviderFailed once there are none."""
        seconds = self.end - self.real()
        if seconds <= 0:
            raise ProviderFailed(f"{self.host} took too long to answer.", permanent=False)
        return seconds


@dataclass
class Guard(httpcore2.NetworkBackend):
    """`public`: every address of the host must be one of the public internet."""

    public: bool
    resolve: Resolve
    deadline: Deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        addresses = self.resolve(host, port, self.deadline.left())
        if not addresses:
            raise ProviderFailed(f"The host {host} has no address.", permanent=False)
        if self.public:
            _check(host, addresses)
        for address in addresses[:-1]:
            try:
                return self._connect(address, port)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return self._connect(addresses[-1], port)

    def _connect(self, address: str, port: int) -> httpcore2.NetworkStream:
        seconds = self.deadline.left()
        stream = httpcore2.SyncBackend().connect_tcp(address, port, seconds, socket_options=())
        return Timed(stream, self.deadline)


@dataclass
class Timed(httpcore2.NetworkStream):
    """However little comes at a time, the whole ends in time."""

    stream: httpcore2.NetworkStream
    deadline: Deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self.deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            self.stream.write(buffer[start : start + _PIECE], self.deadline.left())

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left = self.deadline.left()
        return Timed(self.stream.start_tls(ssl_context, server_hostname, left), self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _check(host: str, addresses: Sequence[str]) -> None:
    for address in addresses:
        kind = why_not_public(address)
        if kind:
            raise NotPermitted(
                f"The host {host} is at {address}, a {kind} address: what was not named in the "
                "settings may only lead to the public internet."
            )
