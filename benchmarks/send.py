"""What a complete send costs in CPU, against a bare handover of one finished message.

    python -m benchmarks.send [messages] [rounds] [--dkim ed25519|rsa|both] [--tls]

Prints one JSON object.

Complete: claim, permission, render of a 30 KB letter with 40 tracked links, MIME, SMTP, wire log,
recorded state and facts, on a database encrypted as it ships. In turns in one run against the
standard library's smtplib, and Debian's smtp-source where it is installed, handing the same sink a
finished message of the same size. CPU is user + system of the sending process, its threads
included; the sink is a process of its own. With `--dkim` every message of ours is signed, and the
bare cost of such a signature stands beside it; with `--tls` both ways go through TLS.
"""

import argparse
import contextlib
import json
import resource
import shutil
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.letter import letter_html, reader
from benchmarks.tls_sink import write_certificate
from drumbeat.bootstrap import Drumbeat, Settings, open_drumbeat
from drumbeat.engine.loop import sending_engine
from drumbeat.engine.sending import Letter
from drumbeat.kit.clock import utc_now
from drumbeat.marketing.audience import MergePolicy
from drumbeat.marketing.campaigns import Brief, Kind, Launch, State, TimingWish
from drumbeat.marketing.campaigns.mail import compile_mailing
from drumbeat.marketing.campaigns.pipeline import advance, create_and_plan
from drumbeat.marketing.senders.dkim import Algorithm, generate, read_pem

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


@contextlib.contextmanager
def tls_in_front(pem: Path, sink_port: int) -> Iterator[int]:
    write_certificate(pem)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.tls_sink", str(pem), str(port), str(sink_port)]
    with subprocess.Popen(command) as at:
        try:
            _reach(port)
            yield port
        finally:
            at.terminate()


def dkim_settings(folder: Path, kinds: Sequence[Algorithm]) -> dict[str, str]:
    for kind in kinds:
        (folder / f"{kind}.pem").write_bytes(generate(kind))
    return (
        {
            "dkim_domain": "shop.example",
            "dkim_selector": ",".join(kinds),
            "dkim_key_file": ",".join(str(folder / f"{kind}.pem") for kind in kinds),
        }
        if kinds
        else {}
    )


def open_house(folder: Path, url: str, kinds: Sequence[Algorithm] = ()) -> Drumbeat:
    settings = Settings(
        folder / "home",
        folder / "key",
        smtp_url=url,
        messenger="smtp",
        sender_email="news@shop.example",
        sender_name="The Shop",
        postal_address="5 Market Lane, Ghent",
        **dkim_settings(folder, kinds),
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


def by_smtplib(port: int, message: bytes, count: int, pem: Path | None) -> None:
    context = ssl.create_default_context(cafile=pem) if pem else None
    with (
        smtplib.SMTP_SSL("127.0.0.1", port, context=context)
        if context
        else smtplib.SMTP("127.0.0.1", port)
    ) as client:
        for number in range(count):
            client.sendmail("news@shop.example", [f"reader{number}@town.example"], message)


def by_bare_signing(kinds: Sequence[Algorithm], count: int) -> None:
    """As many signatures as the messages carry, over as many bytes as their headers have."""
    keys = [read_pem(generate(kind), named="it", field="key") for kind in kinds]
    padding, kind_of_hash, content = PKCS1v15(), SHA256(), b"x" * 1000
    for key in keys:
        for _ in range(count):
            if isinstance(key, RSAPrivateKey):
                key.sign(content, padding, kind_of_hash)
            else:
                key.sign(content)


def by_smtp_source(program: str, port: int, size: int, count: int) -> None:
    options = ["-d", "-s", str(CONNECTIONS), "-l", str(size), "-m", str(count)]
    subprocess.run([program, *options, f"127.0.0.1:{port}"], check=True)


def cpu_of(work: Callable[[], None], who: int = resource.RUSAGE_SELF) -> float:
    before = resource.getrusage(who)
    work()
    after = resource.getrusage(who)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure(
    count: int, rounds: int, kinds: Sequence[Algorithm] = (), *, tls: bool = False
) -> dict[str, object]:
    took: dict[str, list[float]] = {
        each: [] for each in ("drumbeat", "smtplib", "smtp-source", "bare_signing")
    }
    source = None if tls else shutil.which("smtp-source", path="/usr/sbin:/usr/bin")
    size = 0
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = stack.enter_context(sink())
        pem = folder / "sink.pem" if tls else None
        if pem:
            port = stack.enter_context(tls_in_front(pem, port))
        house = open_house(folder, url_of(port, pem), kinds)
        invite(house, count)
        for number in range(rounds):
            scheduled(house, f"Letter {number}")
            message = finished_message(house)
            size = len(message)
            took["drumbeat"].append(cpu_of(partial(by_drumbeat, house)))
            took["smtplib"].append(cpu_of(partial(by_smtplib, port, message, count, pem)))
            if source:
                bare = partial(by_smtp_source, source, port, size, count)
                took["smtp-source"].append(cpu_of(bare, resource.RUSAGE_CHILDREN))
            if kinds:
                took["bare_signing"].append(cpu_of(partial(by_bare_signing, kinds, count)))
        house.close()
    cpu = {name: median(each) / count * 1e6 for name, each in took.items() if each}
    return {
        "messages": count,
        "rounds": rounds,
        "dkim": list(kinds),
        "tls": tls,
        "message_bytes": size,
        **{f"{name}_cpu_us_per_message": round(each, 1) for name, each in cpu.items()},
        **{
            f"ratio_to_{name}": round(cpu["drumbeat"] / each, 2)
            for name, each in cpu.items()
            if name != "drumbeat"
        },
    }


def url_of(port: int, pem: Path | None) -> str:
    if pem:
        return f"smtps://127.0.0.1:{port}?connections={CONNECTIONS}&ca_file={pem}"
    return f"smtp://127.0.0.1:{port}?connections={CONNECTIONS}&starttls=0"


_KINDS = {"none": (), "both": tuple(Algorithm), **{kind.value: (kind,) for kind in Algorithm}}


if __name__ == "__main__":
    asked = argparse.ArgumentParser()
    asked.add_argument("messages", nargs="?", type=int, default=4_000)
    asked.add_argument("rounds", nargs="?", type=int, default=3)
    asked.add_argument("--dkim", choices=_KINDS, default="none")
    asked.add_argument("--tls", action="store_true")
    told = asked.parse_args()
    print(json.dumps(measure(told.messages, told.rounds, _KINDS[told.dkim], tls=told.tls)))
