"""A real shop's customers and invoices, brought in by the command, segmented, and mailed."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.journeys.household import Household, Json, counted, id_of
from tests.marketing.audience.test_online_retail import DATA, ORACLE, invoices

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (DATA.exists() and ORACLE.exists()),
        reason="the Online Retail data and its published numbers are not beside this folder",
    ),
]

EVENTS = ("email", "kind", "occurred_at", "order_id", "value", "currency", "country")


def test_from_its_invoices_to_a_campaign_for_its_champions(home: Household) -> None:
    oracle, bought = json.loads(ORACLE.read_text()), [event(each) for each in invoices()]
    household = home
    household.clock.set(datetime.fromisoformat(oracle["snapshot"]).replace(tzinfo=UTC))

    people = household.file("customers.csv", customers_csv())
    report = household.ask("audience", "import", people, "--consent", "subscribed")
    assert (report["added"], report["rejected"]) == (oracle["customers"], 0)
    most = len(bought) - 2_000
    early, late = parquet(home.folder, bought[:most]), comma(home.folder, bought[most:])
    assert added(household.ask("events", "import", early)) == most
    assert added(household.ask("events", "import", late)) == 2_000
    again = household.ask("events", "import", late)
    assert (again["added"], again["repeated"]) == (0, 2_000)

    scored(household, oracle)
    request = household.request(segment_by="rfm", target_segments=["Champions"], approve=True)
    answer = household.ask("workflow", "email", request, "--wait")
    behaving(household, oracle)
    segments = segments_of(answer)
    assert sum(segments.values()) == oracle["customers"]
    assert oracle["champions_555"] < segments["Champions"] < oracle["customers"] / 3
    told = household.ask("campaigns", "ledger", id_of(answer))
    states = counted(told)
    assert told["frozen"] == states["sent"] == segments["Champions"]
    with household.inside() as inside:
        mailed = inside.mailed()
        with (
            inside.drumbeat.look(inside.drumbeat.owner()) as department,
            department.facts.open() as duck,
        ):
            spent = "SELECT sum(value_minor), count(*) FROM facts WHERE kind = 8"
            assert duck.execute(spent).fetchone() == (
                pytest.approx(oracle["revenue_total"] * 100, rel=1e-6),
                len(bought),
            )
    assert len(set(mailed)) == len(mailed) == segments["Champions"]
    best = {f"c{no}@example.com" for no, of in oracle["examples"].items() if score(of) == "555"}
    assert best <= set(mailed)
    worst = {f"c{no}@example.com" for no, of in oracle["examples"].items() if of["R"] == 1}
    assert worst
    assert not worst & set(mailed)


def scored(household: Household, oracle: Json) -> None:
    """Every customer's scores by the command are those published, and so are the cells."""
    out = household.folder / "rfm.csv"
    answer = household.ask("audience", "rfm", "--as-of", oracle["snapshot"], "--out", out)
    cells = answer["scores"]
    assert isinstance(cells, dict)
    assert (answer["customers"], answer["currency"]) == (oracle["customers"], "GBP")
    assert (cells["555"], cells["111"]) == (oracle["champions_555"], oracle["lost_111"])
    with out.open(encoding="utf-8") as file:
        rows = {row["email"]: row for row in csv.DictReader(file)}
    assert len(rows) == oracle["customers"]
    examples = oracle["examples"]
    assert isinstance(examples, dict)
    for no, of in examples.items():
        row = rows[f"c{no}@example.com"]
        assert [int(row[name]) for name in ("r", "f", "m")] == [of["R"], of["F"], of["M"]]
        assert (int(row["recency_days"]), int(row["frequency"])) == (of["r"], of["f"])
        assert float(row["monetary"]) == pytest.approx(of["m"], rel=1e-6)


def behaving(household: Household, oracle: Json) -> None:
    """Groups, a forecast, look-alikes and the journey, each with what it was judged by."""
    day, out = ("--as-of", oracle["snapshot"]), household.folder / "groups.csv"
    groups = household.ask("audience", "clusters", *day, "--out", out)
    assert groups["people"] == oracle["customers"]
    assert groups["structure"] in ("weak", "reasonable")
    with out.open(encoding="utf-8") as file:
        assert sum(1 for _ in csv.DictReader(file)) == oracle["customers"]
    told = household.ask("audience", "propensity", "buy", *day, "--horizon", "90d")
    judged = told["validation"]
    assert isinstance(judged, dict)
    assert judged["expected"] == pytest.approx(judged["actual"], rel=0.35)
    assert judged["auc"] > 0.7
    assert judged["brier"] < judged["brier_rate"]
    alike = household.ask("audience", "lookalikes", "Champions", *day)
    assert isinstance(alike["lift"], float)
    assert alike["lift"] > 3
    journey = household.ask("audience", "journey", *day)
    standing = journey["standing"]
    assert isinstance(standing, list)
    assert sum(n for at, n in standing[-1].items() if at != "day") == oracle["customers"]


def event(invoice: Json) -> Json:
    at = datetime.fromisoformat(str(invoice["InvoiceDate_max"])).replace(tzinfo=UTC)
    return {
        "email": address(invoice),
        "kind": "purchase",
        "occurred_at": at,
        "order_id": invoice["Invoice"],
        "value": f"{invoice['money_sum']:.2f}",
        "currency": "GBP",
        "country": invoice["Country"],
    }


def address(invoice: Json) -> str:
    return f"c{int(str(invoice['Customer ID']).partition('.')[0])}@example.com"


def customers_csv() -> str:
    countries = {address(invoice): str(invoice["Country"]) for invoice in invoices()}
    rows = [f"{email},{country}" for email, country in sorted(countries.items())]
    return "\n".join(["Email Address,Country", *rows]) + "\n"


def parquet(folder: Path, events: list[Json]) -> Path:
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    pq.write_table(pa.Table.from_pylist(events), folder / "early.parquet")
    return folder / "early.parquet"


def comma(folder: Path, events: list[Json]) -> Path:
    path = folder / "late.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, EVENTS)
        writer.writeheader()
        writer.writerows(events)
    return path


def added(report: Json) -> object:
    assert report["rejected"] == 0, report["problems"]
    return report["added"]


def segments_of(answer: Json) -> dict[str, int]:
    segmentation = answer["segmentation"]
    assert isinstance(segmentation, dict)
    return {row["name"]: row["subscriber_count"] for row in segmentation["segment_details"]}


def score(of: Json) -> str:
    return f"{of['R']}{of['F']}{of['M']}"
