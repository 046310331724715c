"""Tracking while a send runs at full speed, against tracking while the engine is idle.

The house is `drumbeat serve` as it ships: the front and its niced engine, handing mail to a sink as
fast as that takes it. Idle and busy rounds take turns, because other work moves both.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.load import Load, pressed
from benchmarks.send import invite, open_house, scheduled
from benchmarks.sink import running as sink
from benchmarks.tracking_house import CONNECTIONS, furnish, reach
from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.serve import free_port
from drumbeat.marketing.delivery import State

ADDRESSEES = 30_000


@contextmanager
def running(folder: Path, smtp_port: int) -> Iterator[tuple[Drumbeat, int]]:
    house = open_house(folder, smtp_port)
    settings = house.settings
    port = free_port("127.0.0.1", 18_200)
    told = {
        "HOME": str(settings.home),
        "KEY_FILE": str(settings.key_file),
        "SMTP_URL": settings.smtp_url or "",
        "SENDER_EMAIL": settings.sender_email,
        "POSTAL_ADDRESS": settings.postal_address,
        "RATE_PER_SECOND": "1000000",
    }
    environment = os.environ | {f"DRUMBEAT_{name}": value for name, value in told.items()}
    command = [sys.executable, "-m", "drumbeat.interfaces.cli", "serve", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            yield house, port
        finally:
            server.terminate()
            server.wait()
            house.close()


def count_sent(house: Drumbeat) -> int:
    with house.database.look() as connection:
        query = f"SELECT count(*) FROM message WHERE state = {State.sent:d}"
        return int(connection.exec_driver_sql(query).scalar_one())


def busy_round(house: Drumbeat, port: int, paths: list[str], seconds: float) -> tuple[Load, float]:
    """Load from when the first thousand are sent; and how many a second were sent meanwhile."""
    before = count_sent(house)
    scheduled(house, f"Beside {before}")
    end = time.monotonic() + 60
    while count_sent(house) < before + 1_000:
        if time.monotonic() > end:
            raise AssertionError("the engine does not send")
        time.sleep(0.02)
    first, began = count_sent(house), time.monotonic()
    load = pressed(port, paths, connections=CONNECTIONS, seconds=seconds)
    sent, took = count_sent(house) - first, time.monotonic() - began
    while count_sent(house) < before + ADDRESSEES and time.monotonic() < end:
        time.sleep(0.1)
    return load, sent / took


def beside(seconds: float, rounds: int) -> dict[str, object]:
    idle: list[Load] = []
    busy: list[tuple[Load, float]] = []
    with tempfile.TemporaryDirectory() as name, sink() as taking:
        folder = Path(name)
        paths = furnish(folder)
        with running(folder, taking.port) as (house, port):
            invite(house, ADDRESSEES)
            reach(f"http://127.0.0.1:{port}{paths[0]}")
            for _ in range(rounds):
                idle.append(pressed(port, paths, connections=CONNECTIONS, seconds=seconds))
                busy.append(busy_round(house, port, paths, seconds))
                time.sleep(1)
    pairs = [(quiet, load) for quiet, (load, _) in zip(idle, busy, strict=True)]
    return {
        "idle_requests_per_second": round(median(each.rate for each in idle)),
        "busy_requests_per_second": round(median(load.rate for load, _ in busy)),
        "idle_p99_ms": round(median(each.p99_ms for each in idle), 1),
        "busy_p99_ms": round(median(load.p99_ms for load, _ in busy), 1),
        "sent_per_second_meanwhile": round(median(rate for _, rate in busy)),
        "rate_kept": round(median(load.rate / quiet.rate for quiet, load in pairs), 2),
        "p99_ratio": round(median(load.p99_ms / quiet.p99_ms for quiet, load in pairs), 2),
    }
