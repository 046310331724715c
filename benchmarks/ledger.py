"""What it costs to ask who got it, in a house with many ledger rows: answers, pages, bytes a row.

    python -m benchmarks.ledger [ROWS]    prints one JSON object; 1,000,000 rows unless told

The rows are frozen by the product itself into an encrypted SQLite file: one mailing of a tenth of
them, the rest in 900 mailings that the same people got. `x_probe` is how many probes of one row by
its key an answer costs, `of_scan` the part of reading every row: those two travel between machines.
"""

import csv
import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from drumbeat.bootstrap import Drumbeat, open_folder
from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.audience import AudienceArrays, Consent, ContactRow
from drumbeat.marketing.delivery import LedgerPlan, plan_ledger
from tests.conftest import MARIA
from tests.marketing.delivery.cast import NEWSLETTER

NOW = int(datetime(2026, 11, 2, 9, tzinfo=UTC).timestamp())
SMALL_MAILINGS = 900
READER = Actor("benchmark", frozenset(Scope))
DOMAINS = ("shop.example", "gmail.com", "outlook.com", "yahoo.com", "icloud.com")

# What became of a mailing half of which is out: by the last three digits of a row's place.
_ENDS = """
UPDATE message SET
  state = CASE WHEN place % 1000 < 20 THEN 40 WHEN place % 1000 < 23 THEN 60
               WHEN place % 1000 < 28 THEN 11 WHEN place % 1000 < 35 THEN 50 ELSE 30 END,
  reason_no = CASE WHEN place % 1000 < 20 THEN 2 WHEN place % 1000 < 23 THEN 3
                   WHEN place % 1000 < 28 THEN 4 WHEN place % 1000 < 35 THEN 1 ELSE 5 END,
  done = CASE WHEN place % 1000 BETWEEN 23 AND 27 THEN NULL ELSE due + 1 END
WHERE mailing_no = ? AND state = 10 AND place < (
  SELECT next_place FROM lane WHERE lane.mailing_no = message.mailing_no
  AND lane.lane_no = message.lane_no)
"""
_REASONS = """
INSERT INTO reason (reason_no, kind, text) VALUES (1, 50, 'unsubscribed'),
  (2, 40, '550 5.1.1 unknown user'), (3, 60, 'no answer came'), (4, 11, '451 later'),
  (5, 30, 'sandbox')
"""
_RETELL = """
INSERT INTO tally SELECT mailing_no, arm_no, state, reason_no, count(*) FROM message
WHERE mailing_no = ? GROUP BY 1, 2, 3, 4
"""
_SCAN = "SELECT state, reason_no, count(*), max(due) FROM message GROUP BY state, reason_no"


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory(prefix="drumbeat-ledger-") as folder:
        home = Path(folder)
        start = time.process_time()
        with_people = people(home, rows // 10)
        numbers, frozen = freeze_all(home, rows)
        built = {
            "rows": frozen,
            "people": rows // 10,
            "mailings": len(numbers),
            "bytes_a_row": round((size(home) - with_people) / frozen, 1),
            "build_cpu_us_a_row": round((time.process_time() - start) * 1e6 / frozen, 1),
        }
        answers = measure(home, numbers, rows)
    print(json.dumps({**built, **answers}, indent=2))


# the house ------------------------------------------------------------------------------------


def opened(home: Path) -> Drumbeat:
    return open_folder(home / "house", home / "key")


def size(home: Path) -> int:
    """Bytes of the database once everything lies in its main file."""
    house = opened(home)
    with house.database.writer.connect() as connection:
        raw: Any = connection.connection.driver_connection
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    house.close()
    return (home / "house" / "drumbeat.db").stat().st_size


def people(home: Path, count: int) -> int:
    """Everybody the ledger names; answers how large the database is with them alone."""
    house = opened(home)
    for first in range(1, count + 1, 2000):
        rows = [
            ContactRow(
                f"reader{number}@{DOMAINS[number % 5]}",
                attributes={"first_name": "Ada", "city": "Ghent"},
                consent=Consent.subscribed,
            )
            for number in range(first, min(first + 2000, count + 1))
        ]
        with house.begin(MARIA) as department:
            department.audience.merge_contacts(rows)
    house.close()
    return size(home)


def plan_of(count: int, seed: int) -> LedgerPlan:
    """Contacts 1 to `count`, each at an instant of their own, so that no order helps any index."""
    audience = AudienceArrays(
        contact_nos=np.arange(1, count + 1, dtype=np.int32),
        zones=np.zeros(count, dtype=np.int16),
        zone_names=("",),
        domains=(np.arange(1, count + 1) % 5).astype(np.int32),
        domain_names=DOMAINS,
    )
    due = NOW + np.random.default_rng(seed).integers(0, 86_400, count)
    barred = {ContactNo(number): "unsubscribed" for number in range(7, count + 1, 20)}
    return plan_ledger(audience, due, np.arange(count) % 2, barred)


def freeze_all(home: Path, rows: int) -> tuple[list[MailingNo], int]:
    house = opened(home)
    with house.database.begin() as connection:
        connection.exec_driver_sql(_REASONS)
    small = (rows - rows // 10) // SMALL_MAILINGS
    sizes = [rows // 10, *[small] * SMALL_MAILINGS]
    numbers = [freeze(house, plan_of(count, seed)) for seed, count in enumerate(sizes)]
    house.close()
    return numbers, sum(sizes)


def freeze(house: Drumbeat, plan: LedgerPlan) -> MailingNo:
    with house.begin(MARIA) as department:
        number = department.delivery.open_mailing(NEWSLETTER)
        department.delivery.accept_plan(number, "none", len(plan), 1)
    left = len(plan)
    while left:
        with house.begin(MARIA) as department:
            left = department.delivery.freeze_next(number, plan)
    with house.begin(MARIA) as department:
        department.delivery.start(number)
    with house.database.begin() as connection:
        share = "UPDATE lane SET next_place = end_place * 3 / 4 WHERE mailing_no = ?"
        connection.exec_driver_sql(share, (number,))
        connection.exec_driver_sql(_ENDS, (number,))
        connection.exec_driver_sql("DELETE FROM tally WHERE mailing_no = ?", (number,))
        connection.exec_driver_sql(_RETELL, (number,))
    return number


# the questions --------------------------------------------------------------------------------


def measure(home: Path, numbers: list[MailingNo], rows: int) -> dict[str, object]:
    house = opened(home)
    probe = timed(lambda: probed(house, numbers[0], rows), 200) / 100
    began = time.perf_counter()
    with house.database.look() as connection:
        connection.exec_driver_sql(_SCAN).fetchall()
    scan = time.perf_counter() - began
    house.close()
    answers = {}
    for name, ask in questions(numbers, rows).items():
        house = opened(home)  # nothing is warm but the disk
        began = time.perf_counter()
        found = ask(house)
        first = time.perf_counter() - began
        again = timed(lambda asked=ask, at=house: asked(at), 5)
        house.close()
        answers[name] = {
            "rows": found,
            "first_ms": round(first * 1e3, 2),
            "again_ms": round(again * 1e3, 2),
            "x_probe": round(again / probe, 1),
            "of_scan": round(again / scan, 5),
        }
    slowest = max(answers.values(), key=lambda each: each["first_ms"])["first_ms"]
    return {
        "probe_us": round(probe * 1e6, 2),
        "scan_ms": round(scan * 1e3, 1),
        "slowest_first_ms": slowest,
        "answers": answers,
        "export": export(home, numbers[0]),
    }


def questions(numbers: list[MailingNo], rows: int) -> dict[str, Callable[[Drumbeat], int]]:
    """Each answers how many rows or states it found; the large mailing has a tenth of all rows."""
    big, small = numbers[0], numbers[len(numbers) // 2]
    deep = f"4.{rows // 10 // 5 // 2}"

    def page(state: str, after: str = "") -> Callable[[Drumbeat], int]:
        def ask(house: Drumbeat) -> int:
            with house.look(READER) as department:
                lines = department.delivery.ledger_rows(big, state=state, after=after, limit=50)
                return len(lines)

        return ask

    def counts(house: Drumbeat) -> int:
        with house.look(READER) as department:
            return len(department.delivery.ledger(big).reasons)

    def recounted(house: Drumbeat) -> int:
        with house.look(READER) as department:
            return department.delivery.recount(small).rows

    def address(house: Drumbeat) -> int:
        with house.look(READER) as department:
            email = f"reader{rows // 20}@shop.example"
            return len(department.delivery.ledger_rows(big, email=email))

    def history(house: Drumbeat) -> int:
        with house.look(READER) as department:
            return len(department.delivery.history_of(ContactNo(8), limit=100))

    states = ("", "planned", "claimed", "sent", "failed", "suppressed", "uncertain")
    pages = {f"page of {state or 'all'}": page(state) for state in states}
    pages |= {f"deep page of {state or 'all'}": page(state, deep) for state in states}
    return {
        "counts by state and reason": counts,
        **pages,
        "one address in the large mailing": address,
        "one contact over all mailings": history,
        "recount of a small mailing": recounted,
    }


def export(home: Path, number: MailingNo) -> dict[str, object]:
    """Every row of the large mailing as CSV, page by page as `campaigns ledger --rows` does."""
    house, written, after, start = opened(home), 0, "", time.process_time()
    with (home / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        while True:
            with house.look(READER) as department:
                lines = department.delivery.ledger_rows(number, after=after, limit=2000)
            writer.writerows((line.email, line.state, line.reason) for line in lines)
            written += len(lines)
            if len(lines) < 2000:
                break
            after = lines[-1].after
    cpu = time.process_time() - start
    house.close()
    return {"rows": written, "cpu_us_a_row": round(cpu * 1e6 / written, 1)}


def probed(house: Drumbeat, number: int, rows: int) -> None:
    """A hundred rows, each by its key."""
    query = "SELECT * FROM message WHERE mailing_no = ? AND lane_no = ? AND place = ?"
    with house.database.look() as connection:
        for turn in range(100):
            place = (turn * 7919) % max(rows // 60, 1)
            connection.exec_driver_sql(query, (number, turn % 5, place)).fetchall()


def timed(work: Callable[[], object], times: int) -> float:
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return median(seconds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
