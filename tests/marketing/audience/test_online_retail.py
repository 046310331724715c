"""Real purchases, imported and profiled here, give the published recency, frequency and money."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.marketing.audience import (
    ImportOptions,
    ImportUnit,
    import_contacts,
)
from drumbeat.marketing.events import Fact, Kind
from tests.conftest import MARIA, HandClock

DATA = Path("../shared/data/online_retail/online_retail_II_2009_2010.parquet")
ORACLE = Path("../shared/oracles/rfm_online_retail.json")

pytestmark = pytest.mark.skipif(
    not (DATA.exists() and ORACLE.exists()),
    reason="the Online Retail data and its published numbers are not beside this folder",
)


def invoices() -> list[dict[str, Any]]:
    """One row an invoice of a customer: cleaned as the published numbers say."""
    import pyarrow.compute as pc  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    table = pq.read_table(DATA)
    kept = pc.and_(
        pc.and_(pc.greater(table["Quantity"], 0), pc.greater(table["Price"], 0)),
        pc.and_(
            pc.invert(pc.starts_with(table["Invoice"], "C")), pc.is_valid(table["Customer ID"])
        ),
    )
    table = table.filter(kept)
    table = table.append_column("money", pc.multiply(table["Quantity"], table["Price"]))
    grouped = table.group_by(["Customer ID", "Invoice", "Country"])
    found: list[dict[str, Any]] = grouped.aggregate(
        [("money", "sum"), ("InvoiceDate", "max")]
    ).to_pylist()
    return sorted(found, key=lambda each: (each["Customer ID"], each["Invoice"]))


def test_the_published_numbers_are_reproduced(house: Drumbeat, clock: HandClock) -> None:
    oracle = json.loads(ORACLE.read_text())
    bought = invoices()
    customers = {int(each["Customer ID"]): each["Country"] for each in bought}
    assert load(house, customers).added == oracle["customers"]
    record(house, bought)
    clock.now = datetime.fromisoformat(oracle["snapshot"]).replace(tzinfo=UTC)
    with house.look(MARIA) as d:
        profile = d.audience.read_profile()
        [champions] = [each for each in label(profile) if each.name == "Champions"]
    place = {customer: at for at, customer in enumerate(sorted(customers))}
    for customer, expected in oracle["examples"].items():
        at = place[int(customer)]
        assert (profile.bought_days[at], profile.orders[at]) == (expected["r"], expected["f"])
        assert profile.spent_minor[at] / 100 == pytest.approx(expected["m"], rel=1e-6)
    assert profile.spent_minor.sum() / 100 == pytest.approx(oracle["revenue_total"], rel=1e-6)
    assert int((profile.orders == 1).sum()) == oracle["one_time_buyers"]
    quantiles = np.quantile(profile.bought_days, [0, 0.2, 0.4, 0.5, 0.6, 0.8, 1])
    assert list(quantiles) == oracle["r_quantiles"]
    assert len(champions.contact_nos) > oracle["champions_555"]


def label(profile: Any) -> list[Any]:
    from drumbeat.marketing.audience import Criterion, label_profile

    return label_profile(profile, Criterion.rfm)


def load(house: Drumbeat, customers: dict[int, str]) -> Any:
    @contextmanager
    def begin() -> Iterator[ImportUnit]:
        with house.begin(MARIA) as d:
            yield d

    lines = ["email,Customer ID,Country"]
    lines += [f"c{no}@example.com,{no},{customers[no]}" for no in sorted(customers)]
    raw = io.BytesIO("\n".join(lines).encode())
    return import_contacts(begin, raw, ImportOptions(consent="subscribed"))


def record(house: Drumbeat, bought: list[dict[str, Any]]) -> None:
    for start in range(0, len(bought), 1_000):
        part = bought[start : start + 1_000]
        with house.begin(MARIA) as d:
            ids = [str(int(each["Customer ID"])) for each in part]
            numbers = d.audience.contact_numbers_by_external_id(ids)
            d.events.record([fact(each, numbers) for each in part])


def fact(each: dict[str, Any], numbers: dict[str, Any]) -> Fact:
    at = datetime.fromisoformat(str(each["InvoiceDate_max"])).replace(tzinfo=UTC)
    return Fact(
        Kind.purchased,
        at,
        numbers[str(int(each["Customer ID"]))],
        value_minor=round(each["money_sum"] * 100),
        currency="GBP",
        order_id=each["Invoice"],
        event_id=f"{each['Customer ID']}:{each['Invoice']}:{each['Country']}",
        source="import",
    )
