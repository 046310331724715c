"""How fast mail goes into the sandbox, against the standard library's smtplib doing the same.

Both hand the same finished messages to the same sandbox server in a process of its own, in turns
in one run; the ratios are the result, the absolute numbers are this machine's.
    python -m benchmarks.sandbox [messages] [rounds]
"""

import asyncio
import json
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from statistics import median

from drumbeat.adapters.messengers.sandbox import CONNECTIONS, SandboxCarrier, open_mail_folder
from drumbeat.adapters.messengers.sandbox_server import SandboxServer
from drumbeat.adapters.messengers.smtp import SmtpCarrier, SmtpServer
from drumbeat.kit.clock import utc_now
from drumbeat.marketing.delivery.ports import Accepted, Outcome, Parcel, Place

KEY = bytes(32)
SENDER = "news@shop.example"
CELL = b'<td style=3D"color:#%06x"><a href=3D"https://t.example/c/%d/tokentoken">offer</a></td>\r\n'
BODY = b"".join(CELL % (no * 7919, no) for no in range(400))


def message(no: int) -> bytes:
    head = b"From: %s\r\nTo: reader%d@home.example\r\nSubject: Offer %d\r\n"
    more = b"Message-ID: <m%d@shop.example>\r\nContent-Type: text/html\r\n\r\n"
    return head % (SENDER.encode(), no, no) + more % no + BODY


class Count:
    def __init__(self) -> None:
        self.accepted = 0

    def writing(self, place: Place) -> bool:
        return True

    def settle(self, place: Place, outcome: Outcome) -> None:
        assert isinstance(outcome, Accepted), outcome
        self.accepted += 1


async def parcels(count: int) -> AsyncIterator[Parcel]:
    for no in range(count):
        yield Parcel(Place(1, 1, no), SENDER, f"reader{no}@home.example", message(no))


def by_carrier(port: int, count: int) -> None:
    carrier = SmtpCarrier(SmtpServer("127.0.0.1", port, connections=CONNECTIONS))
    receipts = Count()
    asyncio.run(carrier.carry(parcels(count), receipts))
    assert receipts.accepted == count


def by_smtplib(port: int, count: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        for no in range(count):
            client.sendmail(SENDER, [f"reader{no}@home.example"], message(no))


def by_sandbox_carrier(count: int) -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = open_mail_folder(Path(home), KEY)
        receipts = Count()
        asyncio.run(SandboxCarrier(folder).carry(parcels(count), receipts))
        assert receipts.accepted == folder.count() == count
        folder.close()


def timed(work: Callable[[], None]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def serve(home: str) -> None:
    """Until the benchmark closes our standard input."""

    async def main() -> None:
        folder = open_mail_folder(Path(home), KEY)
        async with SandboxServer(folder, utc_now) as server:
            print(server.port, flush=True)
            await asyncio.to_thread(sys.stdin.read)
        folder.close()

    asyncio.run(main())


def measure(count: int, rounds: int) -> dict[str, float | int]:
    runs: dict[str, list[tuple[float, float]]] = {"carrier": [], "smtplib": [], "sandbox": []}
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "benchmarks.sandbox", "serve", home]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as server:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            for _ in range(rounds):
                runs["carrier"].append(timed(lambda: by_carrier(port, count)))
                runs["smtplib"].append(timed(lambda: by_smtplib(port, count)))
                runs["sandbox"].append(timed(lambda: by_sandbox_carrier(count)))
    wall = {name: median(w for w, _ in took) for name, took in runs.items()}
    cpu = {name: median(c for _, c in took) for name, took in runs.items()}
    return {
        "messages": count,
        "rounds": rounds,
        "message_bytes": len(message(0)),
        "carrier_messages_per_second": round(count / wall["carrier"]),
        "smtplib_messages_per_second": round(count / wall["smtplib"]),
        "carrier_and_sandbox_in_one_process_messages_per_second": round(count / wall["sandbox"]),
        "carrier_cpu_us_per_message": round(cpu["carrier"] / count * 1e6),
        "smtplib_cpu_us_per_message": round(cpu["smtplib"] / count * 1e6),
        "carrier_and_sandbox_cpu_us_per_message": round(cpu["sandbox"] / count * 1e6),
        "speed_ratio_carrier_to_smtplib": round(wall["smtplib"] / wall["carrier"], 2),
        "cpu_ratio_carrier_to_smtplib": round(cpu["carrier"] / cpu["smtplib"], 3),
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2])
    else:
        numbers = [int(word) for word in sys.argv[1:]]
        print(json.dumps(measure(*(numbers + [2000, 3][len(numbers) :]))))
