"""A mail server that takes everything, fast, and counts: a process of its own beside a benchmark.

    python -m benchmarks.sink [delay in seconds] [certificate.pem]

Prints its port; when its input ends it prints one JSON object and goes. `rounds` are the times it
answered something and then had to wait for the client: the round trips, whatever they carried.
Each answer leaves `delay` seconds late, as from a server so far away. With a certificate it speaks
TLS from the first byte.
"""

import asyncio
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from drumbeat.kit.clock import utc_now

_END = b"\r\n.\r\n"
_OFFERS = b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 0\r\n"
_ANSWERS = {
    b"EHLO": _OFFERS,
    b"HELO": b"250 sink.example\r\n",
    b"MAIL": b"250 2.1.0 Ok\r\n",
    b"RCPT": b"250 2.1.5 Ok\r\n",
    b"DATA": b"354 End data with <CR><LF>.<CR><LF>\r\n",
    b"RSET": b"250 2.0.0 Ok\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
}


@dataclass
class Counts:
    messages: int = 0
    rounds: int = 0
    connections: int = 0
    bytes: int = 0


class Peer(asyncio.Protocol):
    def __init__(self, counts: Counts, delay: float) -> None:
        self._counts = counts
        self._delay = delay
        self._waiting = b""
        self._in_body = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        self._counts.connections += 1
        self._say(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        waiting = self._waiting + data if self._waiting else data
        answers = b""
        while waiting:
            taken, answer = self._body(waiting) if self._in_body else self._command(waiting)
            if not taken:
                break
            answers += answer
            waiting = waiting[taken:]
        self._waiting = waiting
        if answers:
            self._counts.rounds += 1
            self._say(answers)

    def _command(self, waiting: bytes) -> tuple[int, bytes]:
        end = waiting.find(b"\n") + 1
        verb = waiting[:4].upper() if end else b""
        self._in_body = verb == b"DATA"
        return end, _ANSWERS.get(verb, b"500 5.5.1 What?\r\n")

    def _body(self, waiting: bytes) -> tuple[int, bytes]:
        """A body begins at a line's start, and none here is empty."""
        found = waiting.find(_END)
        if found < 0:
            return 0, b""
        self._in_body = False
        self._counts.messages += 1
        self._counts.bytes += found
        return found + len(_END), b"250 2.0.0 Ok: queued as %X\r\n" % self._counts.messages

    def _say(self, answers: bytes) -> None:
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, answers)
        else:
            self._transport.write(answers)


def stand_back() -> None:
    """Never be woken in the middle of a client's time slice: its caches are what is measured."""
    if hasattr(os, "SCHED_BATCH"):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


async def serve(delay: float, certificate: str | None) -> None:
    loop, counts = asyncio.get_running_loop(), Counts()
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    server = await loop.create_server(lambda: Peer(counts, delay), "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    print(json.dumps(asdict(counts)), flush=True)


class Running:
    """A sink under way; `counts` are there once the block has ended."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        assert process.stdout is not None
        self.port = int(process.stdout.readline())
        self.counts = Counts()

    def end(self) -> None:
        said, _ = self._process.communicate(timeout=60)
        self.counts = Counts(**json.loads(said))


@contextmanager
def running(delay: float = 0.0, certificate: Path | None = None) -> Iterator[Running]:
    options = [str(delay), *([str(certificate)] if certificate else [])]
    command = [sys.executable, "-m", "benchmarks.sink", *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        sink = Running(process)
        try:
            yield sink
        finally:
            sink.end()


def self_signed(folder: Path) -> Path:
    """A certificate of 127.0.0.1 with its key, in one file that also vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = utc_now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "sink.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(pem, form, plain) + certificate.public_bytes(pem))
    return path


if __name__ == "__main__":
    from drumbeat.engine.sending.engine import event_loops

    if len(sys.argv) < 2 or not float(sys.argv[1]):  # a far server must not be late besides
        stand_back()
    with asyncio.Runner(loop_factory=event_loops()) as runner:
        named = sys.argv[2] if len(sys.argv) > 2 else None
        runner.run(serve(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0, named))
