"""What an import of a contact file costs beside what the databases themselves need for its rows.

Run: `python benchmarks/import.py [ROWS] [sqlite|postgresql]`; prints JSON. In one run: `sqlite3
.import` of the same file into a table with a unique index on the address (plain, in one
transaction), bare COPY into a table without any, and Drumbeat's import of it, with consent and its
proof for every row, under SQLCipher or sealed, in units; somebody unsubscribes all the while.
"""

import itertools
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psycopg

from drumbeat.bootstrap import Drumbeat, open_folder
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience import ImportOptions, ImportReport, ImportUnit, import_contacts
from tests.conftest import MARIA
from tests.postgresql import WITHOUT_CARE, running

FIRST = ("Ada", "Grace", "Edsger", "Alan", "Barbara", "Donald", "Leslie", "Tony", "Frances")
PLACES = (("GB", "London"), ("US", "New York"), ("DE", "Berlin"), ("FR", "Paris"), ("NL", "Delft"))
HEADER = "email,first_name,last_name,country,city,plan,orders,consent"
COLUMNS = HEADER.replace(",", " text,") + " text"
EVERY_SECONDS = 0.02


def main(rows: int, database: str) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "contacts.csv"
        write_file(file, rows)
        found: dict[str, object] = {"rows": rows, "bytes": file.stat().st_size}
        if database != "postgresql":
            found["sqlite"] = on_sqlite(file, Path(folder))
        if database != "sqlite":
            found["postgresql"] = on_postgresql(file, Path(folder))
    return found


def write_file(file: Path, rows: int) -> None:
    """Two rows in a hundred name somebody again."""
    rng = np.random.default_rng(1)
    again, places = rng.random(rows) < 0.02, rng.integers(0, 1 << 30, (rows, 4)).tolist()
    with file.open("w") as out:
        out.write(HEADER + "\n")
        for number in range(rows):
            drawn = places[number]
            who = drawn[0] % (number + 1) if again[number] else number
            country, city = PLACES[drawn[1] % len(PLACES)]
            plan = ("gold", "silver", "free")[drawn[2] % 3]
            address = f"person{who}.{who * 2654435761 % 997}@example{who % 50}.com"
            name = f"{FIRST[drawn[3] % len(FIRST)]},Surname{who % 9973}"
            out.write(f"{address},{name},{country},{city},{plan},{who % 40},subscribed\n")


def on_sqlite(file: Path, folder: Path) -> dict[str, object]:
    bare = clocked(lambda: sqlite_import(file, folder / "bare.db"))
    house = open_folder(folder / "home", folder / "key")
    found = imported(house, file, bare)
    house.close()
    return {"reference": "sqlite3 .import, plain, one unique index", **found}


def sqlite_import(file: Path, database: Path) -> None:
    commands = [
        f"CREATE TABLE contact ({COLUMNS.replace('email text', 'email text UNIQUE')});",
        ".mode csv",
        f".import --skip 1 {file} contact",
    ]
    subprocess.run(["sqlite3", database, *commands], check=True, capture_output=True)


def on_postgresql(file: Path, folder: Path) -> dict[str, object]:
    with running() as server:
        for setting in WITHOUT_CARE:
            server.run(f"ALTER SYSTEM RESET {setting}")
        server.run("SELECT pg_reload_conf()")
        with server.database() as url:
            bare = clocked(lambda: bare_copy(file, url))
            house = open_folder(folder / "home-pg", folder / "key-pg", database_url=url)
            found = imported(house, file, bare)
            house.close()
    found = {name: value for name, value in found.items() if "cpu" not in name}
    return {"reference": "COPY, no index, logged", **found}


def bare_copy(file: Path, url: str) -> None:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bare ({COLUMNS})")
        copying = cursor.copy("COPY bare FROM STDIN (FORMAT csv, HEADER)")
        with file.open("rb") as source, copying as copy:
            while piece := source.read(1 << 20):
                copy.write(piece)


def imported(house: Drumbeat, file: Path, bare: tuple[float, float]) -> dict[str, object]:
    reports: list[ImportReport] = []
    held: list[float] = []
    with unsubscribing(house) as waits:
        seconds, cpu = clocked(lambda: reports.append(load(house, file, held)))
    again, again_cpu = clocked(lambda: reports.append(load(house, file, [])))
    return {
        "bare_seconds": round(bare[0], 2),
        "bare_cpu": round(bare[1], 2),
        "import_seconds": round(seconds, 2),
        "import_cpu": round(cpu, 2),
        "wall_ratio": round(seconds / bare[0], 2),
        "cpu_ratio": round(cpu / bare[1], 2),
        "again_wall_ratio": round(again / bare[0], 2),
        "again_cpu_ratio": round(again_cpu / bare[1], 2),
        "added": reports[0].added,
        "unchanged_again": reports[1].unchanged,
        "longest_unit_ms": round(max(held) * 1e3, 1),
        "unsubscribes": len(waits),
        "longest_wait_ms": round(max(waits, default=0.0) * 1e3, 1),
    }


def load(house: Drumbeat, file: Path, held: list[float]) -> ImportReport:
    @contextmanager
    def begin() -> Iterator[ImportUnit]:
        with house.begin(MARIA) as unit:
            start = time.perf_counter()
            yield unit
        held.append(time.perf_counter() - start)

    with file.open("rb") as source:
        return import_contacts(begin, source, ImportOptions(consent="consent"))


@contextmanager
def unsubscribing(house: Drumbeat) -> Iterator[list[float]]:
    """Somebody who came already leaves, fifty times a second; how long each waited for it."""
    waits: list[float] = []
    over = threading.Event()

    def leave() -> None:
        numbers = itertools.count(1)
        while not over.wait(EVERY_SECONDS):
            with house.look(MARIA) as unit:
                known = unit.audience.list_contacts(limit=1, after=len(waits))
            if not known:
                continue
            start = time.perf_counter()
            with house.begin(MARIA) as unit:
                unit.audience.withdraw(ContactNo(next(numbers)), source="benchmark")
            waits.append(time.perf_counter() - start)

    reader = threading.Thread(target=leave)
    reader.start()
    try:
        yield waits
    finally:
        over.set()
        reader.join()


def clocked(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds and CPU seconds, those of child processes too."""
    start, spent = time.perf_counter(), _cpu()
    work()
    return time.perf_counter() - start, _cpu() - spent


def _cpu() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in both)


if __name__ == "__main__":
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(json.dumps(main(rows, sys.argv[2] if len(sys.argv) > 2 else "both"), indent=2))
