"""A real shop's customers, brought in by the command: the published forecast comes out."""

import csv
import json
from datetime import UTC, datetime

import pytest

from tests.journeys.household import Household
from tests.science.value.conftest import CDNOW, ORACLE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (CDNOW.exists() and ORACLE.exists()),
        reason="the CDNOW data and its published numbers are not beside this folder",
    ),
]


def test_from_its_purchases_to_what_each_customer_will_buy(home: Household) -> None:
    oracle = json.loads(ORACLE.read_text(encoding="utf-8"))
    home.clock.set(datetime(1998, 7, 1, tzinfo=UTC))
    lines = (CDNOW / "CDNOW_sample.txt").read_text(encoding="ascii").splitlines()
    bought = [line.split()[1:] for line in lines]
    people = home.file("people.csv", "email\n" + "".join(f"{each}\n" for each in owners(bought)))
    assert home.ask("audience", "import", people)["added"] == oracle["holdout_39_weeks"]["n"]
    events = ["email,kind,occurred_at,value,currency,event_id"]
    for number, (who, day, _, value) in enumerate(bought):
        at = f"{day[:4]}-{day[4:6]}-{day[6:]}"
        events.append(f"c{who}@example.com,purchased,{at},{value},USD,{number}")
    report = home.ask("events", "import", home.file("events.csv", "\n".join(events) + "\n"))
    assert report["added"] == len(bought)

    out = home.folder / "value.csv"
    first = ("--as-of", "1997-09-30", "--horizon", "273d")
    answer = home.ask("audience", "value", *first, "--out", out)
    model, fitted = answer["model"], oracle["holdout_39_weeks"]["params_refit"]
    assert isinstance(model, dict)
    assert model["alpha"] / 7 == pytest.approx(fitted["alpha"], rel=1e-4)
    for name in ("r", "a", "b"):
        assert model[name] == pytest.approx(fitted[name], rel=1e-4)
    spend = answer["spend_model"]
    assert isinstance(spend, dict)
    assert spend["customers"] == oracle["gamma_gamma"]["n"]
    assert spend["p"] == pytest.approx(oracle["gamma_gamma"]["p"], rel=0.02)
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    total = sum(float(row["expected_purchases"]) for row in rows)
    assert total == pytest.approx(oracle["holdout_39_weeks"]["bgnbd_pred_total"], rel=1e-4)
    assert answer["label"] == "forecast"
    assert answer["holdout"] is None  # nothing is known of the time before 1997

    later = home.ask("audience", "value", "--as-of", "1998-06-30", "--horizon", "39w")
    judged = later["holdout"]
    assert isinstance(judged, dict)
    expected = oracle["holdout_39_weeks"]
    assert judged["actual"] == expected["actual_repeat_total"]
    assert judged["auc"] == pytest.approx(expected["auc_will_buy"], abs=1e-4)
    assert judged["auc_recency"] == pytest.approx(expected["auc_recency_only"], abs=1e-4)


def owners(bought: list[list[str]]) -> list[str]:
    return sorted({f"c{who}@example.com" for who, *_ in bought})
