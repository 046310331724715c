"""How exactly engines keep every pace at once, through a kill, and how soon they obey.

    python -m benchmarks.pacing [seconds] [sqlite]        prints one JSON object

Two engines share one house (on PostgreSQL, or `sqlite`) and send two campaigns to a sink that notes
when each message arrived. The house, two groups of mailbox providers and one campaign have a pace;
half way one engine is killed and replaced. Then somebody unsubscribes a fifth of the readers,
pauses, resumes and cancels. Exit code 1 if a pace is off by more than 2 %, or an order took long.
"""

import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from benchmarks.kill_resume import LETTER, PRELOADED, Sink, invite, launch, sink, smtp_url
from drumbeat.bootstrap import Drumbeat, Settings, open_drumbeat
from drumbeat.engine.loop import Engine
from drumbeat.kit.ids import CampaignId, ContactNo
from drumbeat.marketing.campaigns import Launch, TimingWish
from tests.postgresql import running

RATE, GOOGLE, MICROSOFT, SLOW = 25.0, 5.0, 3.0, 4.0
WARM_UP = 5.0
TOLERANCE = 0.02
SOON = {"pause": 2.0, "resume": 2.0, "cancel": 2.0, "unsubscribe": 1.0}
SECONDS_AFTER = 5.0


def work(settings: Settings) -> None:
    house = open_drumbeat(settings)
    Engine(house).run()


@dataclass
class Crew:
    settings: Settings

    def start(self) -> ForkServerProcess:
        process = multiprocessing.get_context("forkserver").Process(
            target=work, args=(self.settings,), daemon=True
        )
        process.start()
        return process


@contextmanager
def house_of(folder: Path, url: str | None, port: int, people: int) -> Iterator[Drumbeat]:
    settings = Settings(
        folder / "home",
        folder / "key",
        database_url=url,
        smtp_url=smtp_url(port),
        messenger="smtp",
        rate_per_second=RATE,
        lane_rates=f"google={GOOGLE},microsoft={MICROSOFT}",
        sender_email="news@shop.example",
        sender_name="The Shop",
        postal_address="5 Market Lane, Ghent",
    )
    house = open_drumbeat(settings)
    invite(house, people)
    yield house
    house.close()


def measure(seconds: float, *, on_postgresql: bool) -> dict[str, object]:
    people = int(RATE * (seconds + WARM_UP + 4 * SECONDS_AFTER) * 1.5)
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(PRELOADED))
    database = running() if on_postgresql else nullcontext(None)
    with tempfile.TemporaryDirectory() as text, database as server:
        made = server.database(empty=True) if server is not None else nullcontext(None)
        with (
            made as url,
            sink() as counting,
            house_of(Path(text), url, counting.port, people) as house,
        ):
            slow = TimingWish(Launch.NOW, pace=SLOW)
            launch(house, replace(LETTER, name="Slow", subject_line="slow", timing=slow))
            fast = launch(house, replace(LETTER, name="Fast", subject_line="fast"))
            crew = Crew(house.settings)
            engines = [crew.start(), crew.start()]
            paces = _paces(counting, crew, engines, seconds)
            orders = _orders(house, counting, fast)
            for engine in engines:
                engine.kill()
                engine.join()
    return {"database": "postgresql" if on_postgresql else "sqlite", **paces, **orders}


def _paces(
    counting: Sink, crew: Crew, engines: list[ForkServerProcess], seconds: float
) -> dict[str, object]:
    _until_sending(counting)
    time.sleep(WARM_UP)
    start = time.monotonic()
    time.sleep(seconds / 2)
    engines[0].kill()
    engines[0].join()
    engines[0] = crew.start()
    time.sleep(start + seconds - time.monotonic())
    time.sleep(1.0)
    log = [line for line in _log(counting) if start <= line[0] < start + seconds]
    wanted = {"house": RATE, "google": GOOGLE, "microsoft": MICROSOFT, "slow campaign": SLOW}
    counted = {
        "house": len(log),
        "google": sum(to.endswith("@gmail.com") for _, to, _ in log),
        "microsoft": sum(to.endswith("@hotmail.com") for _, to, _ in log),
        "slow campaign": sum(subject == "slow" for *_, subject in log),
    }
    by_second = Counter(int(at - start) for at, *_ in log)
    return {
        "seconds": seconds,
        "pace_wanted": wanted,
        "pace": {name: round(count / seconds, 3) for name, count in counted.items()},
        "off_by": {
            name: round(count / seconds / wanted[name] - 1, 4) for name, count in counted.items()
        },
        "most_in_a_second": max(by_second.values()),
        "least_in_a_second": min(by_second[each] for each in range(int(seconds))),
    }


def _until_sending(counting: Sink) -> None:
    while not _log(counting):
        time.sleep(0.1)


def _log(counting: Sink) -> list[tuple[float, str, str]]:
    return [tuple(line) for line in counting.report()["log"]]  # type: ignore[attr-defined]


def _orders(house: Drumbeat, counting: Sink, fast: CampaignId) -> dict[str, object]:
    """Seconds from each order's commit until the last message against it, or the first for it."""
    took = {"unsubscribe": _unsubscribe(house, counting)}
    for order in ("pause", "resume", "cancel"):
        with house.begin(house.owner()) as department:
            getattr(department.campaigns, order)(fast)
        at = time.monotonic()
        time.sleep(SECONDS_AFTER)
        later = [when - at for when, _, subject in _log(counting) if subject == "fast"]
        later = [each for each in later if each > 0]
        if order == "resume":
            took[order] = min(later, default=SECONDS_AFTER)
        else:
            took[order] = max(later, default=0.0)
    return {"obeyed_after_seconds": {name: round(each, 3) for name, each in took.items()}}


def _unsubscribe(house: Drumbeat, counting: Sink) -> float:
    """A fifth of the readers, 50 at a time; the latest that anybody was still mailed."""
    owner = house.owner()
    with house.look(owner) as department:
        people = department.audience.count_audience().contacts
    left_at: dict[str, float] = {}
    numbers = [ContactNo(number) for number in range(1, people + 1, 5)]
    for start in range(0, len(numbers), 50):
        some = numbers[start : start + 50]
        with house.begin(owner) as department:
            for person in department.audience.recipients(some):
                department.audience.withdraw(person.contact_no, source="benchmark")
            names = [person.address for person in department.audience.recipients(some)]
        left_at.update(dict.fromkeys(names, time.monotonic()))
    time.sleep(SECONDS_AFTER)
    return max((when - left_at.get(to, when) for when, to, _ in _log(counting)), default=0.0)


def main(words: list[str]) -> int:
    seconds = next((float(word) for word in words if word.isdigit()), 60.0)
    answer = measure(seconds, on_postgresql="sqlite" not in words)
    off, took = answer["off_by"], answer["obeyed_after_seconds"]
    assert isinstance(off, dict)
    assert isinstance(took, dict)
    broken = [name for name, share in off.items() if abs(share) > TOLERANCE]
    broken += [name for name, most in SOON.items() if took[name] > most]
    print(json.dumps({**answer, "broken": broken}))
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
