"""What a segment's rule costs over everybody, beside the same question of JSON rows in SQLite.

    python benchmarks/segments.py                             100,000 people, 1,000,000 events
    python benchmarks/segments.py 1000000 20 10000000         people, attributes, events

One JSON object; ratios are of processor time in one run. The goal of
`attribute_rule_times_cheaper` is at least 30.
"""

import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np

from drumbeat.bootstrap import Drumbeat, open_folder
from drumbeat.engine import segments as upkeep
from drumbeat.kit.actor import SYSTEM_FACTS, Actor, Scope
from drumbeat.marketing.audience.rule_tree import parse_rule
from drumbeat.marketing.audience.store import contact
from drumbeat.marketing.audience.store_consent import consent
from drumbeat.storage.bulk import insert_rows

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
ANALYST = Actor("benchmark", frozenset(Scope))
PAGE = 2_000
ATTRIBUTE_RULE = (
    "a00 = w1 and a01 >= 40 and a02 in (w1, w3, w5) and a03 < 90 and a04 != w2 and a05 known"
)
WHOLE_RULE = f"{ATTRIBUTE_RULE} and clicked >= 3 in 30d and not bought"
IN_SQL = """
SELECT count(*) FROM person WHERE json_extract(said, '$.a00') = 'w1'
  AND json_extract(said, '$.a01') >= 40 AND json_extract(said, '$.a02') IN ('w1', 'w3', 'w5')
  AND json_extract(said, '$.a03') < 90 AND json_extract(said, '$.a04') <> 'w2'
  AND json_extract(said, '$.a05') IS NOT NULL
"""


def spent(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Median processor and wall seconds; the first run, which warms, is left out."""
    work()
    cpu, wall = [], []
    for _ in range(times):
        start, began = time.process_time(), time.perf_counter()
        work()
        cpu.append(time.process_time() - start)
        wall.append(time.perf_counter() - began)
    return median(cpu), median(wall)


def attributes_of(number: int, many: int, rng: np.random.Generator) -> dict[str, object]:
    drawn = rng.integers(0, 100, many).tolist()
    return {
        f"a{place:02}": (f"w{value % 10}" if place % 2 == 0 else value)
        for place, value in enumerate(drawn)
    }


def fill_people(house: Drumbeat, plain: sqlite3.Connection, people: int, many: int) -> None:
    """Contacts as an import leaves them, and the same JSON in a bare SQLite table."""
    rng = np.random.default_rng(7)
    plain.execute("CREATE TABLE person (number INTEGER PRIMARY KEY, said TEXT)")
    columns = ["address_key", "address", "domain", "zone", "zone_source", "attributes"]
    columns += ["created_at", "changed_at", "revision"]
    at = int(NOW.timestamp()) - 86_400
    for start in range(1, people + 1, PAGE):
        numbers = range(start, min(start + PAGE, people + 1))
        said = [json.dumps(attributes_of(number, many, rng)) for number in numbers]
        rows = [
            [number.to_bytes(16, "big"), f"p{number}@example.com", "example.com", "", 0, text, at,
             at, 1]
            for number, text in zip(numbers, said, strict=True)
        ]  # fmt: skip
        plain.executemany("INSERT INTO person VALUES (?, ?)", zip(numbers, said, strict=True))
        with house.begin(ANALYST) as department:
            insert_rows(department.connection, contact, columns, rows)
            states = [[number, 1, 1, at] for number in numbers]
            names = ["contact_no", "topic_no", "state", "changed_at"]
            insert_rows(department.connection, consent, names, states)
    plain.commit()


def fill_facts(house: Drumbeat, people: int, events: int) -> None:
    """Sealed files of seven sends, two opens, most of a click and some purchase in ten facts."""
    from io import BytesIO

    import pyarrow as pa
    import pyarrow.parquet as pq

    from drumbeat.storage.fact_tables import COLUMNS
    from drumbeat.storage.sealed_parquet import FactFile
    from drumbeat.storage.warehouse import Warehouse

    rng = np.random.default_rng(8)
    shares = (("sent", 1, 0.7), ("engaged", 4, 0.2), ("engaged", 5, 0.08), ("bought", 8, 0.02))
    months = 12
    for family, kind, share in shares:
        for month in range(months):
            n = int(events * share / months)
            first = NOW - timedelta(days=30 * (month + 1))
            seconds = np.sort(rng.integers(0, 30 * 86_400, n)) + int(first.timestamp())
            columns: dict[str, object] = {
                "contact_no": who(kind, month, n, people, rng),
                "mailing_no": np.zeros(n) if kind == 8 else month * 20 + np.arange(n) * 20 // n,
                "occurred_at": seconds,
                "kind": np.full(n, kind),
                "arm_no": np.full(n, -1), "link_no": np.full(n, -1), "verdict": np.full(n, 1),
                "reason": np.zeros(n), "value_minor": np.full(n, 999 if kind == 8 else 0),
                "order_key": np.arange(n) + 1 if kind == 8 else np.zeros(n),
                "currency": ["EUR" if kind == 8 else ""] * n,
                "source": ["benchmark"] * n,
                "properties": [None] * n,
            }  # fmt: skip
            arrays = [pa.array(columns[each.name]).cast(each.type) for each in COLUMNS]
            table, file = pa.Table.from_arrays(arrays, schema=COLUMNS), BytesIO()
            pq.write_table(table, file, compression="zstd", row_group_size=122_880)
            name = f"{family}/{month:02}-{kind}"
            with house.begin(SYSTEM_FACTS) as department:
                warehouse = Warehouse(department.connection, house.office.fact_files)
                size = warehouse.files.write(name, file.getbuffer())
                named = FactFile(
                    family, 202601 + month, name, n, size, 0, 0, int(seconds[0]), int(seconds[-1])
                )
                warehouse.adopt([named], [], int(NOW.timestamp()))


def who(kind: int, month: int, n: int, people: int, rng: np.random.Generator) -> np.ndarray:
    """A mailing goes to nobody twice; some click and open far more than most, others buy."""
    if kind == 1:
        return ((np.arange(n) + month * n) % people + 1).astype(np.int32)
    keen = (rng.random(n) ** 3 * people).astype(np.int32)
    return people - keen if kind == 8 else 1 + keen


def report(house: Drumbeat, plain: sqlite3.Connection, people: int) -> dict[str, object]:
    start = time.process_time()
    upkeep.mirror(house)
    built = time.process_time() - start
    counts: dict[str, int] = {}

    def ask(line: str) -> Callable[[], None]:
        def work() -> None:
            with house.look(ANALYST) as department:
                counts[line] = department.segments.preview(parse_rule(line)).count

        return work

    def members(line: str) -> Callable[[], None]:
        def work() -> None:
            with house.look(ANALYST) as department:
                rule = parse_rule(line)
                mirror = department.segments.stores.mirror.newest()
                from drumbeat.marketing.audience.rule_tree import members_of

                counts[line] = int(members_of(rule, mirror.everybody(), mirror.holds).sum())

        return work

    def scan() -> None:
        counts["sql"] = plain.execute(IN_SQL).fetchone()[0]

    def cold() -> None:
        house.office.answers._answers.clear()
        ask(WHOLE_RULE)()

    json_scan, _ = spent(scan, 3)
    attribute, _ = spent(members(ATTRIBUTE_RULE), 5)
    preview, _ = spent(ask(ATTRIBUTE_RULE), 5)
    whole, wall = spent(ask(WHOLE_RULE), 5)
    uncounted, uncounted_wall = spent(cold, 3)
    last, last_wall = spent(
        lambda: (house.office.answers._answers.clear(), ask("opened 2 of last 5")()), 1
    )
    assert counts["sql"] == counts[ATTRIBUTE_RULE]
    file = next(iter((house.home / "mirror").iterdir()))
    return {
        "members": counts,
        "mirror_seconds_cpu": round(built, 2),
        "mirror_bytes_a_person": round(file.stat().st_size / people, 1),
        "json_scan_ms_cpu": round(json_scan * 1e3, 1),
        "attribute_rule_ms_cpu": round(attribute * 1e3, 2),
        "attribute_rule_times_cheaper": round(json_scan / attribute, 1),
        "attribute_preview_ms_cpu": round(preview * 1e3, 2),
        "attribute_preview_times_cheaper": round(json_scan / preview, 1),
        "whole_preview_warm_ms": {"cpu": round(whole * 1e3, 1), "wall": round(wall * 1e3, 1)},
        "whole_preview_facts_uncounted_ms": {
            "cpu": round(uncounted * 1e3, 1), "wall": round(uncounted_wall * 1e3, 1),
        },
        "last_five_uncounted_ms": {"cpu": round(last * 1e3, 1), "wall": round(last_wall * 1e3, 1)},
    }  # fmt: skip


def main(people: int = 100_000, attributes: int = 20, events: int = 1_000_000) -> None:
    with tempfile.TemporaryDirectory(prefix="drumbeat-benchmark-") as folder:
        place = Path(folder)
        house = open_folder(place / "home", place / "key", clock=lambda: NOW)
        plain = sqlite3.connect(place / "plain.db")
        fill_people(house, plain, people, attributes)
        fill_facts(house, people, events)
        found = report(house, plain, people)
        plain.close()
        house.close()
    size = {"people": people, "attributes": attributes, "events": events}
    print(json.dumps({**size, **found}, indent=2))


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
