"""RFM of a large house: processor time as a ratio to objects and quantiles, the usual way.

    python benchmarks/rfm.py [purchases]     prints one JSON object; 10,000,000 unless told

Ours: the purchases in sealed files, read, summed by buyer, scored and named. The usual way: a list
of dataclasses, `asdict` of each to make a table, summed by buyer, ranks cut at their quintiles. It
is handed its rows in memory, so that nothing of reading them is counted against it.
"""

import datetime
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.facts import ANALYST, archive
from drumbeat.bootstrap import Drumbeat, open_folder
from drumbeat.kit.actor import SYSTEM_FACTS
from drumbeat.marketing.audience import score_buyers
from drumbeat.science.segmentation import RfmCuts

END = datetime.date(2026, 11, 2)
NOW = datetime.datetime(2026, 11, 2, 23, tzinfo=datetime.UTC)
BATCH = 250_000
A_BUYER = 10
Row = tuple[int, datetime.datetime, int, int]


@dataclass(frozen=True)
class Purchase:
    buyer: int
    at: datetime.datetime
    order: int
    cents: int


@dataclass
class Buyer:
    orders: set[int] = field(default_factory=set)
    cents: int = 0
    last: datetime.date = datetime.date.min


def drawn(purchases: int) -> Iterator[Any]:
    """Arrow tables of purchases: skewed numbers of orders, two years of days."""
    import pyarrow as pa

    from drumbeat.storage.fact_tables import COLUMNS

    rng, buyers = np.random.default_rng(1), max(1, purchases // A_BUYER)
    for first in range(0, purchases, BATCH):
        n = min(BATCH, purchases - first)
        second = int(NOW.timestamp()) - rng.integers(0, 730 * 86_400, n)
        columns: dict[str, Any] = {
            "kind": np.full(n, 8),
            "occurred_at": second * 1_000_000,
            "contact_no": 1 + (buyers * rng.random(n) ** 2).astype(np.int64),
            "link_no": np.full(n, -1),
            "verdict": np.ones(n),
            "value_minor": rng.gamma(2, 2_000, n).astype(np.int64),
            "currency": np.full(n, "EUR"),
            "order_key": np.arange(first + 1, first + n + 1),
            "source": np.full(n, "benchmark"),
            "properties": np.full(n, None),
        }
        nothing = np.zeros(n)
        yield pa.Table.from_arrays(
            [pa.array(columns.get(each.name, nothing)).cast(each.type) for each in COLUMNS],
            schema=COLUMNS,
        )


def fill(house: Drumbeat, purchases: int) -> list[Row]:
    """The purchases into sealed files; answers them as rows too."""
    from drumbeat.storage.fact_tables import to_ipc

    told: list[Row] = []
    for table in drawn(purchases):
        with house.begin(SYSTEM_FACTS) as department:
            warehouse = department.events.warehouse
            warehouse.add_batch(to_ipc(table), len(table), int(NOW.timestamp()))
        names = ("contact_no", "occurred_at", "order_key", "value_minor")
        told += zip(*(table.column(name).to_pylist() for name in names), strict=True)
        archive(house)
    return told


def ours(house: Drumbeat) -> dict[str, int]:
    with house.look(ANALYST) as department:
        buyers = department.buyers.read_bought(END)
    return score_buyers(buyers, RfmCuts()).cells()


def usual(rows: list[Row]) -> dict[str, int]:
    """Objects, a table of them, sums by buyer, and quintiles of ranks."""
    buyers: dict[int, Buyer] = {}
    for each in map(asdict, [Purchase(*row) for row in rows]):
        buyer = buyers.setdefault(each["buyer"], Buyer())
        buyer.orders.add(each["order"])
        buyer.cents += each["cents"]
        buyer.last = max(buyer.last, each["at"].date())
    order = [buyers[number] for number in sorted(buyers)]
    recency = cut([(END - buyer.last).days for buyer in order])
    often = cut([len(buyer.orders) for buyer in order])
    money = cut([buyer.cents for buyer in order])
    cells: dict[str, int] = {}
    for r, f, m in zip(recency, often, money, strict=True):
        cell = f"{6 - r}{f}{m}"
        cells[cell] = cells.get(cell, 0) + 1
    return cells


def cut(values: list[int]) -> list[int]:
    """Quintiles of the ranks, ties in the given order: pandas' qcut over rank("first")."""
    ranks = [0] * len(values)
    for rank, at in enumerate(sorted(range(len(values)), key=values.__getitem__), start=1):
        ranks[at] = rank
    edges = [1 + (len(values) - 1) * share for share in (0.2, 0.4, 0.6, 0.8)]
    return [1 + sum(rank > edge for edge in edges) for rank in ranks]


def main(purchases: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = open_folder(Path(folder) / "home", Path(folder) / "key", clock=lambda: NOW)
        house.owner()
        rows = fill(house, purchases)
        ours(house)  # code is loaded
        busy = time.process_time()
        found = ours(house)
        quick = time.process_time() - busy
        busy = time.process_time()
        expected = usual(rows)
        slow = time.process_time() - busy
        house.close()
    assert found == dict(sorted(expected.items(), reverse=True))
    ratio = round(slow / quick, 1)
    print(json.dumps({"purchases": purchases, "usual_to_ours": ratio, "goal": 50}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 10_000_000)
