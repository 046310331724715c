"""What facts cost: each figure as a ratio to the barest way to do the same on this machine.

    python benchmarks/facts.py            prints one JSON object in under 20 seconds

Ratios travel between machines, milliseconds do not: compare ratios.
"""

import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from drumbeat.bootstrap import Drumbeat, open_folder
from drumbeat.kit.actor import SYSTEM_FACTS, Actor, Scope
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.analytics import CampaignReport
from drumbeat.marketing.events import Fact, Kind, Recorded
from drumbeat.marketing.events.model import FoldedFact
from drumbeat.marketing.events.store import row_of

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
ANALYST = Actor("benchmark", frozenset(Scope))
MAILINGS = 20
MAILING_FACTS = 10_000
UNIT = 2_000


def timed(work: Callable[[], object], times: int) -> float:
    """The median seconds of several runs; the first, which warms caches, is left out."""
    work()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return median(seconds)


def facts_of(mailing_no: int, first: int, n: int, *, ids: bool = False) -> list[Fact]:
    """Of ten facts seven are sends, two are opens and one is a click."""
    kinds = [Kind.sent] * 7 + [Kind.opened] * 2 + [Kind.clicked]
    return [
        Fact(
            kinds[i % 10],
            NOW + timedelta(seconds=7 * i),
            ContactNo(i + 1),
            MailingNo(mailing_no),
            arm_no=i % 2,
            source="benchmark",
            event_id=f"{mailing_no}:{i}:{time.perf_counter_ns()}" if ids else None,
        )
        for i in range(first, first + n)
    ]


def recording(house: Drumbeat) -> dict[str, float]:
    """One unit of 2,000 facts against a bare executemany of the same rows in one unit."""
    plain = facts_of(99, 0, UNIT)
    rows = [tuple(row_of(fact)) for fact in plain]
    places = ", ".join("?" * len(FoldedFact._fields))
    statement = f"INSERT INTO event ({', '.join(FoldedFact._fields)}) VALUES ({places})"

    def record(facts: list[Fact]) -> Recorded:
        with house.begin(ANALYST) as department:
            return department.events.record(facts)

    def bare() -> None:
        with house.begin(ANALYST) as department:
            department.connection.exec_driver_sql(statement, rows)

    floor = timed(bare, 9)
    without_ids = timed(lambda: record(plain), 9)
    named = iter([facts_of(99, 0, UNIT, ids=True) for _ in range(10)])
    with_ids = timed(lambda: record(next(named)), 9)
    return {
        "bare_insert_us_per_fact": floor / UNIT * 1e6,
        "record_us_per_fact": without_ids / UNIT * 1e6,
        "record_to_bare_insert": without_ids / floor,
        "record_with_event_ids_to_bare_insert": with_ids / floor,
    }


def fold_all(house: Drumbeat) -> list[float]:
    """Seconds of write lock of every fold."""
    seconds = []
    while True:
        with house.begin(SYSTEM_FACTS) as department:
            start = time.perf_counter()
            batch = department.events.fold()
            seconds.append(time.perf_counter() - start)
        if batch is None:
            return seconds[:-1]


def archive(house: Drumbeat) -> None:
    with house.look(SYSTEM_FACTS) as department:
        events = department.events
        batches = events.read_batches(10_000)
    files = events.seal(batches)
    with house.begin(SYSTEM_FACTS) as department:
        department.events.adopt(files, batches)


def fill(house: Drumbeat) -> dict[str, float]:
    fold_all(house)
    for mailing_no in range(1, MAILINGS + 1):
        for first in range(0, MAILING_FACTS, UNIT):
            with house.begin(ANALYST) as department:
                department.events.record(facts_of(mailing_no, first, UNIT))
    folds = fold_all(house)
    start = time.perf_counter()
    archive(house)
    n = MAILINGS * MAILING_FACTS
    size = sum(path.stat().st_size for path in (house.home / "facts").rglob("*.parquet"))
    return {
        "fold_median_ms": median(folds) * 1e3,
        "fold_max_ms": max(folds) * 1e3,
        "archive_us_per_fact": (time.perf_counter() - start) / n * 1e6,
        "sealed_bytes_per_fact": size / n,
    }


def reading(house: Drumbeat) -> dict[str, float]:
    """The whole report of one mailing against counting all facts on one open reader."""

    def opened() -> None:
        with house.look(ANALYST) as department, department.facts.open():
            pass

    def report() -> CampaignReport:
        with house.look(ANALYST) as department:
            return department.analytics.campaign_report(MailingNo(7), "newsletter")

    def scanned() -> object:
        with house.look(ANALYST) as department, department.facts.open() as duck:
            return duck.execute("SELECT kind, count(*) FROM facts GROUP BY kind").fetchall()

    open_seconds, scan, whole = timed(opened, 9), timed(scanned, 9), timed(report, 9)
    return {
        "open_reader_ms": open_seconds * 1e3,
        "scan_ms": scan * 1e3,
        "report_ms": whole * 1e3,
        "report_to_scan": whole / scan,
        "facts": MAILINGS * MAILING_FACTS,
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = open_folder(Path(folder) / "home", Path(folder) / "key", clock=lambda: NOW)
        figures = recording(house) | fill(house) | reading(house)
        house.close()
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
