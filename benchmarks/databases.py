"""What import, freeze, exchange and fold cost on SQLite and on PostgreSQL, in µs a row.

Run: `python -m benchmarks.databases [PEOPLE]`; ratios count, not the digits. The PostgreSQL is the
tests' one (or DRUMBEAT_TEST_POSTGRESQL), with its usual durability switched on.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from drumbeat.bootstrap import Drumbeat, open_folder
from drumbeat.kit.actor import SYSTEM_FACTS
from drumbeat.marketing.audience import Consent, ContactRow
from drumbeat.marketing.delivery import Accepted, EngineName, Receipt
from drumbeat.marketing.folds import fold_facts
from tests.conftest import MARIA
from tests.marketing.delivery.cast import open_frozen, plan_for
from tests.postgresql import WITHOUT_CARE, running

ENGINE = EngineName("bench", "boot", "bench")


def main(people: int) -> None:
    with running() as server:
        for setting in WITHOUT_CARE:
            server.run(f"ALTER SYSTEM RESET {setting}")
        server.run("SELECT pg_reload_conf()")
        with server.database() as url:
            on = {"sqlite": measure(None, people), "postgresql": measure(url, people)}
    print(f"{'µs a row':10} {'sqlite':>9} {'postgresql':>11} {'ratio':>6}")
    for name, cost in on["sqlite"].items():
        other = on["postgresql"][name]
        print(f"{name:10} {cost:9.1f} {other:11.1f} {other / cost:6.2f}")


def measure(url: str | None, people: int) -> dict[str, float]:
    costs = {}

    def clocked(name: str, work: Callable[[], object]) -> None:
        start = time.perf_counter()
        work()
        costs[name] = (time.perf_counter() - start) * 1e6 / people

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        house = open_folder(home / "home", home / "key", database_url=url)
        clocked("import", lambda: import_people(house, people))
        clocked("re-import", lambda: import_people(house, people))
        plan = plan_for(house, people)
        numbers = []
        clocked("freeze", lambda: numbers.append(open_frozen(house, plan)))
        clocked("exchange", lambda: exchange_all(house, numbers[0]))
        clocked("fold", lambda: fold_all(house))
        house.close()
    return costs


def import_people(house: Drumbeat, people: int) -> None:
    for start in range(0, people, 2000):
        rows = [
            ContactRow(
                f"reader{number}@example.com",
                external_id=f"crm-{number}",
                attributes={"first_name": "Ada", "city": "Ghent", "orders": number % 7},
                consent=Consent.subscribed,
            )
            for number in range(start + 1, min(start + 2000, people) + 1)
        ]
        with house.begin(MARIA) as department:
            department.audience.merge_contacts(rows)


def exchange_all(house: Drumbeat, mailing_no: int) -> None:
    receipts: list[Receipt] = []
    while True:
        with house.begin(MARIA) as department:
            done = department.sending.exchange(mailing_no, ENGINE, receipts, 500)  # type: ignore[arg-type]
        if not done.recorded and not done.claimed:
            return
        receipts = [c.ended(Accepted("")) for c in done.claimed]


def fold_all(house: Drumbeat) -> None:
    folded = 1
    while folded:
        with house.begin(SYSTEM_FACTS) as department:
            folded = fold_facts(department)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
