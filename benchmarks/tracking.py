"""What an open or a click costs in CPU, against an equal FastAPI route; and beside a running send.

    python -m benchmarks.tracking [seconds] [rounds]        prints one JSON object

64 connections ask for three pixels to one click, each answered once its hit is committed to a
database encrypted as it ships. Both servers take turns in one run; every answered request must be
stored once. `p99_windows` counts flush windows of the intake. The second half asks the same of
`drumbeat serve` while its engine is idle and while it sends at full speed, in turns.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.load import Load, pressed
from benchmarks.tracking_beside import beside
from benchmarks.tracking_house import CONNECTIONS, furnish, reach
from drumbeat.interfaces.public.intake import WINDOW_SECONDS
from drumbeat.interfaces.serve import free_port


class Used(NamedTuple):
    """So far: CPU seconds, hits stored, and in how many units of work."""

    cpu: float
    stored: int
    units: int


class Round(NamedTuple):
    cpu_us: float
    load: Load
    flush_ms: float


@dataclass(frozen=True)
class Server:
    process: "subprocess.Popen[str]"
    port: int
    paths: list[str]

    def ask(self) -> Used:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        told = json.loads(self.process.stdout.readline())
        return Used(**told)


@contextmanager
def served(which: str) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        paths = furnish(Path(folder))
        port = free_port("127.0.0.1", 18_000)
        command = [sys.executable, "-m", "benchmarks.tracking_servers", which, folder, str(port)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            server = Server(process, port, paths)
            reach(f"http://127.0.0.1:{port}{paths[0]}")
            yield server
            assert process.stdin is not None
            process.stdin.close()


def one_round(server: Server, seconds: float) -> Round:
    """Raises when an answered request was not stored, or was stored twice."""
    before = server.ask()
    load = pressed(server.port, server.paths, connections=CONNECTIONS, seconds=seconds)
    time.sleep(0.3)  # what was asked last and not waited for is stored too
    after = server.ask()
    more = after.stored - before.stored - load.requests
    if load.failed or not 0 <= more <= CONNECTIONS:
        raise AssertionError(f"{load}: {more} more stored than answered")
    cpu_us = (after.cpu - before.cpu) / load.requests * 1e6
    return Round(cpu_us, load, load.seconds * 1e3 / (after.units - before.units))


def compare(seconds: float, rounds: int) -> dict[str, object]:
    found: dict[str, list[Round]] = {"house": [], "framework": []}
    with served("house") as house, served("framework") as framework:
        for _ in range(rounds):
            for name, server in (("house", house), ("framework", framework)):
                found[name].append(one_round(server, seconds))
    ours, theirs = found["house"], found["framework"]
    ratios = [mine.cpu_us / their.cpu_us for mine, their in zip(ours, theirs, strict=True)]
    return {
        "rounds": rounds,
        "connections": CONNECTIONS,
        **{
            f"{n}_cpu_us_per_request": round(median(x.cpu_us for x in e), 1)
            for n, e in found.items()
        },
        **{
            f"{n}_requests_per_second": round(median(x.load.rate for x in e))
            for n, e in found.items()
        },
        "ratio_to_framework": round(median(ratios), 3),
        "window_ms": WINDOW_SECONDS * 1e3,
        "flush_ms": round(median(each.flush_ms for each in ours), 1),
        "p50_ms": round(median(each.load.p50_ms for each in ours), 1),
        "p99_ms": round(median(each.load.p99_ms for each in ours), 1),
        "p99_flushes": round(median(each.load.p99_ms / each.flush_ms for each in ours), 1),
    }


if __name__ == "__main__":
    told = [float(word) for word in sys.argv[1:]]
    seconds, rounds = (*told, *[3.0, 5.0][len(told) :])
    print(json.dumps(compare(seconds, int(rounds)) | beside(seconds, int(rounds))))
