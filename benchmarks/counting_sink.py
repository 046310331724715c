"""A mail server in a process of its own that counts what arrived whole, cuts, and kills on order.

    python -m benchmarks.counting_sink [cut probability] [seed]

It prints its port, then obeys lines on its standard input: `kill N SECONDS PID` sends SIGKILL that
long after the N-th step on the wire from now, `forget` begins a new count, `report` prints one.
"""

import asyncio
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

import numpy as np

HELLO = b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
END = b"\r\n.\r\n"


@dataclass
class Counts:
    """`arrived` by recipient; a cut may hide the answer to one message on its way.

    `log` has the time (of the machine's running clock), recipient and subject of each.
    """

    arrived: Counter[str] = field(default_factory=Counter)
    message_ids: Counter[str] = field(default_factory=Counter)
    log: list[tuple[float, str, str]] = field(default_factory=list)
    cuts: int = 0


@dataclass(eq=False)
class Sink:
    loop: asyncio.AbstractEventLoop
    cutting: float
    chance: np.random.Generator
    counts: Counts = field(default_factory=Counts)
    orders: list[tuple[int, float, int]] = field(default_factory=list)

    def step(self) -> None:
        """Something was heard or said; whoever is to die at this step dies."""
        for order in list(self.orders):
            steps, seconds, pid = order
            self.orders.remove(order)
            if steps > 0:
                self.orders.append((steps - 1, seconds, pid))
            elif seconds:
                self.loop.call_later(seconds, kill, pid)
            else:
                kill(pid)

    def cuts(self) -> bool:
        return self.cutting > 0 and self.chance.random() < self.cutting

    def obey(self, line: str) -> None:
        word, *rest = line.split()
        if word == "kill":
            self.orders.append((int(rest[0]), float(rest[1]), int(rest[2])))
        elif word == "forget":
            self.counts = Counts()
            self.orders.clear()
        elif word == "report":
            print(json.dumps(vars(self.counts)), flush=True)


class Peer(asyncio.Protocol):
    """One connection."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._waiting = b""
        self._recipient = ""
        self._in_body = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(b"220 sink.example\r\n")

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while not self._transport.is_closing():
            if self._in_body and self._sink.cuts():
                self._cut()
            elif self._in_body and END in self._waiting:
                body, self._waiting = self._waiting.split(END, 1)
                self._take(body)
            elif not self._in_body and b"\r\n" in self._waiting:
                line, self._waiting = self._waiting.split(b"\r\n", 1)
                self._hear(line)
            else:
                return

    def _hear(self, line: bytes) -> None:
        self._sink.step()
        verb = line[:4].upper()
        if verb == b"RCPT":
            self._recipient = line[9:].split(b">")[0].decode()
        if verb == b"DATA":
            self._in_body = True
        said = {b"EHLO": HELLO, b"DATA": b"354 go\r\n", b"QUIT": b"221 bye\r\n"}
        self._say(said.get(verb, b"250 2.0.0 ok\r\n"))

    def _take(self, body: bytes) -> None:
        self._in_body = False
        self._sink.step()
        counts = self._sink.counts
        counts.arrived[self._recipient] += 1
        lines = body.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
        head = dict(line.split(b":", 1) for line in lines if b":" in line)
        counts.message_ids[head[b"Message-ID"].strip().decode()] += 1
        subject = head[b"Subject"].strip().decode()
        counts.log.append((round(time.monotonic(), 4), self._recipient, subject))
        if self._sink.cuts():  # it arrived, and its sender will never hear of it
            self._cut()
            return
        self._say(b"250 2.0.0 Ok: queued as K1\r\n")
        self._sink.step()

    def _say(self, words: bytes) -> None:
        if self._sink.cutting and self._sink.chance.random() < self._sink.cutting / 4:
            self._cut()
        else:
            self._transport.write(words)

    def _cut(self) -> None:
        self._sink.counts.cuts += 1
        self._transport.abort()


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


async def serve(cutting: float, seed: int) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    sink = Sink(loop, cutting, np.random.default_rng(seed))
    server = await loop.create_server(lambda: Peer(sink), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)

    def listen() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(sink.obey, line)
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=listen, daemon=True).start()
    await ended.wait()
    server.close()


if __name__ == "__main__":
    told = [*sys.argv[1:], *("0", "1")[len(sys.argv) - 1 :]]
    asyncio.run(serve(float(told[0]), int(told[1])))
