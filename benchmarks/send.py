"""What a complete send costs in CPU, against a bare handover of one finished message.

    python -m benchmarks.send [messages] [rounds]        prints one JSON object

Complete: claim, permission, render of a 30 KB letter with 40 tracked links, MIME, SMTP, wire log,
recorded state and facts, on a database encrypted as it ships. In turns in one run against the
standard library's smtplib, and Debian's smtp-source where it is installed, handing the same sink a
finished message of the same size; then once more under TLS, and signed by DKIM. CPU is user +
system of the sending process, its threads included; the sink is a process of its own.

`stages` is where the CPU goes, in microseconds a message, measured by a clock of the thread around
each; `far_away` is a server whose every answer takes 20 ms longer.
"""

import json
import resource
import shutil
import smtplib
import ssl
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.letter import letter_html, reader
from benchmarks.sink import running, self_signed
from benchmarks.stages import STAGES, timed
from drumbeat.bootstrap import Drumbeat, Settings, open_drumbeat
from drumbeat.engine.loop import sending_engine
from drumbeat.engine.sending import Letter
from drumbeat.kit.clock import utc_now
from drumbeat.kit.errors import Conflict
from drumbeat.marketing.audience import MergePolicy
from drumbeat.marketing.campaigns import Brief, Kind, Launch, State, TimingWish
from drumbeat.marketing.campaigns.mail import compile_mailing
from drumbeat.marketing.campaigns.pipeline import advance, create_and_plan
from drumbeat.marketing.senders.dkim import Algorithm, generate, read_pem

CONNECTIONS = 10
DELAY = 0.02
UNIT = 2_000


def dkim_settings(folder: Path, kinds: Sequence[Algorithm]) -> dict[str, str]:
    for kind in kinds:
        (folder / f"{kind}.pem").write_bytes(generate(kind))
    return {
        "dkim_domain": "shop.example",
        "dkim_selector": ",".join(kinds),
        "dkim_key_file": ",".join(str(folder / f"{kind}.pem") for kind in kinds),
    }


def open_house(
    folder: Path, port: int, certificate: Path | None = None, kinds: Sequence[Algorithm] = ()
) -> Drumbeat:
    url = f"smtp://127.0.0.1:{port}?connections={CONNECTIONS}&starttls=0"
    if certificate is not None:
        url = f"smtps://127.0.0.1:{port}?connections={CONNECTIONS}&ca_file={certificate}"
    settings = Settings(
        folder / "home",
        folder / "key",
        smtp_url=url,
        messenger="smtp",
        sender_email="news@shop.example",
        sender_name="The Shop",
        postal_address="5 Market Lane, Ghent",
        **(dkim_settings(folder, kinds) if kinds else {}),
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
        with suppress(Conflict):  # an engine that runs beside takes the same steps
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


def by_smtplib(port: int, message: bytes, count: int, certificate: Path | None = None) -> None:
    if certificate is None:
        client = smtplib.SMTP("127.0.0.1", port)
    else:
        context = ssl.create_default_context(cafile=str(certificate))
        client = smtplib.SMTP_SSL("127.0.0.1", port, context=context)
    with client:
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


@dataclass(frozen=True)
class Times:
    """Median CPU microseconds a message, by who sent it."""

    size: int
    cpu: Mapping[str, float]

    def told(self) -> dict[str, object]:
        ours = self.cpu["drumbeat"]
        others = {name: each for name, each in self.cpu.items() if name != "drumbeat"}
        return {
            "message_bytes": self.size,
            **{f"{name}_cpu_us_per_message": round(each, 1) for name, each in self.cpu.items()},
            **{f"ratio_to_{name}": round(ours / each, 2) for name, each in others.items()},
        }


def in_turns(
    count: int,
    rounds: int,
    certificate: Path | None = None,
    kinds: Sequence[Algorithm] = (),
) -> Times:
    source = shutil.which("smtp-source", path="/usr/sbin:/usr/bin") if not certificate else None
    took: dict[str, list[float]] = defaultdict(list)
    size = 0
    with tempfile.TemporaryDirectory() as folder, running(certificate=certificate) as sink:
        house = open_house(Path(folder), sink.port, certificate, kinds)
        invite(house, count)
        for number in range(rounds):
            scheduled(house, f"Letter {number}")
            message = finished_message(house)
            size = len(message)
            took["drumbeat"].append(cpu_of(partial(by_drumbeat, house)))
            bare = partial(by_smtplib, sink.port, message, count, certificate)
            took["smtplib"].append(cpu_of(bare))
            if source:
                bare = partial(by_smtp_source, source, sink.port, size, count)
                took["smtp-source"].append(cpu_of(bare, resource.RUSAGE_CHILDREN))
            if kinds:
                took["bare_signing"].append(cpu_of(partial(by_bare_signing, kinds, count)))
        house.close()
    return Times(size, {name: median(each) / count * 1e6 for name, each in took.items()})


def stages(count: int) -> dict[str, float]:
    """Each stage's share of one send; `rest` is the event loop, the kernel's part and start-up."""
    with tempfile.TemporaryDirectory() as folder, running() as sink:
        house = open_house(Path(folder), sink.port)
        invite(house, count)
        scheduled(house, "Letter")
        with timed(STAGES) as spent:
            whole = cpu_of(partial(by_drumbeat, house))
        house.close()
    found = {name: round(seconds / count * 1e6, 1) for name, seconds in spent.items()}
    found["rest"] = round(whole / count * 1e6 - sum(found.values()), 1)
    return found


def far_away(count: int) -> dict[str, object]:
    """How near the send comes to one message per connection and round trip."""
    with tempfile.TemporaryDirectory() as folder, running(DELAY) as sink:
        house = open_house(Path(folder), sink.port)
        invite(house, count)
        scheduled(house, "Letter")
        began = time.perf_counter()
        by_drumbeat(house)
        seconds = time.perf_counter() - began
        house.close()
    bound = CONNECTIONS / DELAY
    return {
        "messages": count,
        "messages_a_second": round(count / seconds),
        "ratio_to_connections_by_delay": round(count / seconds / bound, 2),
        "round_trips_a_message": round(sink.counts.rounds / sink.counts.messages, 3),
    }


def measure(count: int, rounds: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        certificate = self_signed(Path(folder))
        return {
            "messages": count,
            "rounds": rounds,
            **in_turns(count, rounds).told(),
            "under_tls": in_turns(count, max(1, rounds - 1), certificate).told(),
            "signed": {
                kind.value: in_turns(count, max(1, rounds - 1), kinds=(kind,)).told()
                for kind in Algorithm
            },
            "stages": stages(count),
            "far_away": far_away(max(count, 5_000)),
        }


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    print(json.dumps(measure(*(numbers + [4_000, 3][len(numbers) :]))))
