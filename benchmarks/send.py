"""What a complete send costs in CPU, against a bare handover of one finished message.

    python -m benchmarks.send [messages] [rounds]        prints one JSON object

Complete: claim, permission, render of a 30 KB letter with 40 tracked links, MIME, SMTP, wire log,
recorded state and facts, on a database encrypted as it ships. In turns in one run against the
standard library's smtplib, and Debian's smtp-source where it is installed, handing the same sink a
finished message of the same size. CPU is user + system of the sending process, its threads
included; the sink is a process of its own.
"""

import contextlib
import json
import resource
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.letter import letter_html, reader
from drumbeat.bootstrap import Drumbeat, Settings, open_drumbeat
from drumbeat.engine.loop import sending_engine
from drumbeat.engine.sending import Letter
from drumbeat.kit.clock import utc_now
from drumbeat.marketing.audience import MergePolicy
from drumbeat.marketing.campaigns import Brief, Kind, Launch, State, TimingWish
from drumbeat.marketing.campaigns.mail import compile_mailing
from drumbeat.marketing.campaigns.pipeline import advance, create_and_plan

CONNECTIONS = 10
UNIT = 2_000


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """A sink that takes everything: Debian's, or a small one of Python's."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    found = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin")
    command = (
        [found, "-u", "nobody", f"127.0.0.1:{port}", "1000"]
        if found
        else [sys.executable, "-m", "benchmarks.sandbox", "serve", tempfile.mkdtemp()]
    )
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as at:
        try:
            if found is None:
                assert at.stdout is not None
                port = int(at.stdout.readline())
            _reach(port)
            yield port
        finally:
            at.terminate()


def _reach(port: int) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
    raise OSError("the sink does not answer")


def open_house(folder: Path, port: int) -> Drumbeat:
    settings = Settings(
        folder / "home",
        folder / "key",
        smtp_url=f"smtp://127.0.0.1:{port}?connections={CONNECTIONS}&starttls=0",
        messenger="smtp",
        sender_email="news@shop.example",
        sender_name="The Shop",
        postal_address="5 Market Lane, Ghent",
    )
    return open_drumbeat(settings)


def scheduled(house: Drumbeat, name: str) -> None:
    """A campaign whose every row may leave now."""
    owner = house.owner()
    brief = Brief(
        name=name,
        kind=Kind.NEWSLETTER,
        subject_line="{{ first_name | default: 'Hello' }}, 40 things for your kitchen",
        content_html=letter_html(),
        timing=TimingWish(Launch.NOW),
    )
    campaign_id = create_and_plan(house, brief, partial(house.begin, owner))
    with house.begin(owner) as department:
        department.campaigns.approve(campaign_id)
        department.campaigns.ask_launch(campaign_id)
    state = State.AWAITING_APPROVAL
    while state is not State.SENDING:
        advance(house, campaign_id)
        with house.look(owner) as department:
            state = department.campaigns.get(campaign_id).state


def invite(house: Drumbeat, people: int) -> None:
    rows = [reader(number) for number in range(people)]
    for start in range(0, people, UNIT):
        with house.begin(house.owner()) as department:
            department.audience.merge_contacts(rows[start : start + UNIT], MergePolicy.overwrite)


def finished_message(house: Drumbeat) -> bytes:
    """One message of the campaign that is being sent."""
    with house.look(house.owner()) as department:
        [mailing] = department.sending.look_around().due
        letter: Letter = compile_mailing(department, mailing).arms[0]
    person = reader(1)
    return letter.build(
        to=person.address,
        fields=person.attributes,
        token="t" * 30,
        message_id="1.2@shop.example",
        date=utc_now(),
    )


def by_drumbeat(house: Drumbeat) -> None:
    engine = sending_engine(house)
    engine.run_until_idle()
    engine.close()


def by_smtplib(port: int, message: bytes, count: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        for number in range(count):
            client.sendmail("news@shop.example", [f"reader{number}@town.example"], message)


def by_smtp_source(program: str, port: int, size: int, count: int) -> None:
    options = ["-d", "-s", str(CONNECTIONS), "-l", str(size), "-m", str(count)]
    subprocess.run([program, *options, f"127.0.0.1:{port}"], check=True)


def cpu_of(work: Callable[[], None], who: int = resource.RUSAGE_SELF) -> float:
    before = resource.getrusage(who)
    work()
    after = resource.getrusage(who)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure(count: int, rounds: int) -> dict[str, object]:
    took: dict[str, list[float]] = {"drumbeat": [], "smtplib": [], "smtp-source": []}
    source = shutil.which("smtp-source", path="/usr/sbin:/usr/bin")
    size = 0
    with tempfile.TemporaryDirectory() as folder, sink() as port:
        house = open_house(Path(folder), port)
        invite(house, count)
        for number in range(rounds):
            scheduled(house, f"Letter {number}")
            message = finished_message(house)
            size = len(message)
            took["drumbeat"].append(cpu_of(partial(by_drumbeat, house)))
            took["smtplib"].append(cpu_of(partial(by_smtplib, port, message, count)))
            if source:
                bare = partial(by_smtp_source, source, port, size, count)
                took["smtp-source"].append(cpu_of(bare, resource.RUSAGE_CHILDREN))
        house.close()
    cpu = {name: median(each) / count * 1e6 for name, each in took.items() if each}
    return {
        "messages": count,
        "rounds": rounds,
        "message_bytes": size,
        **{f"{name}_cpu_us_per_message": round(each, 1) for name, each in cpu.items()},
        **{
            f"ratio_to_{name}": round(cpu["drumbeat"] / each, 2)
            for name, each in cpu.items()
            if name != "drumbeat"
        },
    }


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    print(json.dumps(measure(*(numbers + [4_000, 3][len(numbers) :]))))
