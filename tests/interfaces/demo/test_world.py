"""The simulated people: when they act on the clock, and how their requests reach a server."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from drumbeat.interfaces.demo.visits import MOST_IN_FLIGHT, Visit, Visitors
from drumbeat.interfaces.demo.world import on_ticks
from drumbeat.science.simulation import Reaction

CAME = datetime(2026, 11, 2, 9, tzinfo=UTC)


def after(seconds: float, kind: str = "clicked") -> Reaction:
    at = CAME + timedelta(seconds=seconds)
    return Reaction(kind, at, "agent", 0, 0, "", "", by_machine=False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "ticks"),
    [
        ([], []),
        ([0.4, 0.5, 0.9], [1, 1, 1]),  # what a machine does within a second stays together
        ([2.2, 5.0], [3, 5]),
        ([13, 40], [60, 120]),  # what a person does one after the other stays apart
        ([130, 3_601, 3_900], [1_799, 5_399, 7_199]),
        ([7.9, 9.5], [8, 60]),
    ],
)
def test_nobody_acts_too_early_or_all_at_once(seconds: list[float], ticks: list[int]) -> None:
    planned = on_ticks(CAME, [after(each) for each in seconds])
    assert [(tick - CAME).total_seconds() for tick, _ in planned] == ticks
    assert all(tick >= reaction.at for tick, reaction in planned)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kolkata", "America/St_Johns"])
def test_who_acts_late_acts_in_the_local_hour_in_which_they_would_have(zone: str) -> None:
    local = ZoneInfo(zone)
    for seconds in range(120, 2 * 86_400, 397):
        meant = CAME + timedelta(seconds=seconds)
        [(tick, _)] = on_ticks(CAME, [after(seconds)])
        hours = [at.astimezone(local).replace(minute=0, second=0) for at in (tick, meant)]
        assert hours[0] == hours[1], meant


@contextmanager
def server(answers_each: int) -> Iterator[tuple[int, list[bytes]]]:
    """Answers so many requests of a connection, then closes it, as servers do."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve(taken: socket.socket) -> None:
            with taken, taken.makefile("rb") as requests:
                for _ in range(answers_each):
                    line, length = requests.readline(), 0
                    while (header := requests.readline()).strip():
                        if header.lower().startswith(b"content-length:"):
                            length = int(header.split(b":")[1])
                    if not line:
                        return
                    heard.append(line + requests.read(length))
                    taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nGIF")

        def listen() -> None:
            while True:
                try:
                    taken, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(taken,), daemon=True).start()

        threading.Thread(target=listen, daemon=True).start()
        yield listening.getsockname()[1], heard
        listening.shutdown(socket.SHUT_RDWR)


def test_all_visits_of_an_instant_are_made_each_once_and_with_their_bodies() -> None:
    paths = [f"/o/{number}" for number in range(2 * MOST_IN_FLIGHT + 3)]
    with server(answers_each=1_000) as (port, heard):
        visitors = Visitors(port)
        visitors.go([Visit(path, "reader") for path in paths])
        visitors.go([Visit("/u/1", "reader", "POST", b"List-Unsubscribe=One-Click")])
        visitors.close()
    *opened, left = heard
    assert sorted(opened) == sorted(f"GET {path} HTTP/1.1\r\n".encode() for path in paths)
    assert left == b"POST /u/1 HTTP/1.1\r\nList-Unsubscribe=One-Click"


def test_a_connection_that_the_server_closed_is_made_anew() -> None:
    with server(answers_each=1) as (port, heard):
        visitors = Visitors(port)
        for number in range(3):
            visitors.go([Visit(f"/o/{number}", "reader")])
        visitors.close()
    assert [line.split()[1] for line in heard] == [b"/o/0", b"/o/1", b"/o/2"]
