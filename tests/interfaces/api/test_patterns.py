"""What behaviour says, by REST: with too little to go by it says so, with enough it is judged."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience import Consent, ContactRow, DraftSegment
from drumbeat.marketing.events import Fact, Kind
from tests.interfaces.api.conftest import Rest, refused

DAY = datetime(2026, 1, 1, 12, tzinfo=UTC)
PEOPLE, WEEKS = 400, 30


@pytest.fixture
def shop(house: Drumbeat) -> Drumbeat:
    """Four hundred people, half of whom buy every third week, the others once in a while."""
    rng = np.random.default_rng(11)
    rows = [
        ContactRow(f"buyer{at}@example.com", consent=Consent.subscribed) for at in range(PEOPLE)
    ]
    with house.begin(house.owner()) as department:
        department.audience.merge_contacts(rows)
        numbers = list(department.audience.contact_numbers([row.address for row in rows]).values())
    chance = np.where(np.arange(PEOPLE) % 2, 0.33, 0.04)
    for week in range(WEEKS):
        told = [
            bought(ContactNo(numbers[at]), week)
            for at in np.flatnonzero(rng.random(PEOPLE) < chance)
        ]
        with house.begin(house.owner()) as department:
            department.events.record(told)
    return house


def bought(who: ContactNo, week: int) -> Fact:
    at = DAY + timedelta(weeks=week)
    return Fact(
        Kind.purchased, at, who, value_minor=1_500, currency="EUR", order_id=f"{who}.{week}"
    )


def lines(rest: Rest, path: str, **query: object) -> list[dict[str, object]]:
    answer = rest.ask("GET", path, **query)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


@pytest.mark.parametrize(("path", "deed"), [("clusters", ""), ("propensity", "buy")])
def test_with_nobody_there_is_a_reason_instead_of_a_figure(
    rest: Rest, path: str, deed: str
) -> None:
    asked = {"deed": deed} if deed else {}
    answer = rest.get(f"/audience/{path}", **asked)
    assert "it takes" in str(answer["reason"])
    assert answer["people"] == 0
    assert lines(rest, f"/audience/{path}/rows", **asked) == [answer]


def test_groups_come_with_how_much_of_a_group_they_are(shop: Drumbeat, rest: Rest) -> None:
    answer = rest.get("/audience/clusters", as_of="2026-07-20", clusters=2)
    groups = answer["clusters"]
    assert isinstance(groups, list)
    assert sum(group["people"] for group in groups) == answer["people"]
    assert answer["structure"] in ("strong", "reasonable", "weak")
    assert answer["in_words"]
    told = lines(rest, "/audience/clusters/rows", as_of="2026-07-20", clusters=2)
    assert len(told) == answer["people"] + 1  # type: ignore[operator]
    assert {line["cluster"] for line in told[:-1]} == {group["name"] for group in groups}
    assert told[-1] == answer


def test_a_forecast_comes_with_how_it_did_before(shop: Drumbeat, rest: Rest) -> None:
    asked = {"deed": "buy", "as_of": "2026-07-28", "horizon": 21}
    answer = rest.get("/audience/propensity", **asked)
    judged = answer["validation"]
    assert isinstance(judged, dict)
    assert answer["label"] == "forecast"
    assert judged["auc"] > 0.7
    assert sum(each["people"] for each in judged["calibration"]) == judged["people"]
    told = lines(rest, "/audience/propensity/rows", **asked)
    assert sum(line["probability"] for line in told[:-1]) == pytest.approx(answer["expected"])  # type: ignore[misc]
    refused(
        rest.ask("GET", "/audience/propensity", None, deed="dance"), 422, "invalid-input", "deed"
    )


def test_look_alikes_are_ranked_and_a_misspelt_segment_is_named(shop: Drumbeat, rest: Rest) -> None:
    with shop.begin(shop.owner()) as department:
        behaviour = department.behaviour.read(datetime(2026, 7, 20).date())
        regulars = behaviour.contact_nos[behaviour.orders >= 6][:120]
        draft = DraftSegment("Regulars", "behavioral", "buy often", regulars, None)
        department.audience.save_segments([draft])
    asked = {"segment": "Regulars", "as_of": "2026-07-20"}
    told = lines(rest, "/audience/lookalikes/rows", **asked, top=50)
    likeness = [line["likeness"] for line in told[:-1]]
    assert len(likeness) == 50
    assert likeness == sorted(likeness, reverse=True)  # type: ignore[type-var]
    assert told[-1] == rest.get("/audience/lookalikes", **asked)
    wrong = rest.ask("GET", "/audience/lookalikes", None, segment="Regulras")
    refused(wrong, 422, "invalid-input", "segment")
    assert "Regulars" in wrong.text


def test_the_journey_counts_everybody_at_every_day(shop: Drumbeat, rest: Rest) -> None:
    answer = rest.get("/audience/journey", as_of="2026-07-28", step=28, moments=5)
    standing, days = answer["standing"], answer["days"]
    assert isinstance(standing, list)
    assert isinstance(days, list)
    assert [row["day"] for row in standing] == days
    assert days[-1] == answer["as_of"]
    moves = answer["moves"]
    assert isinstance(moves, list)
    for day, row in list(zip(days, standing, strict=True))[1:]:
        arrived = sum(move["people"] for move in moves if move["ended"] == day)
        assert arrived == sum(n for stage, n in row.items() if stage != "day")
