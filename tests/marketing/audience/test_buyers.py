"""What purchases say of those who made them: read by day, scored, valued, and only when allowed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.errors import InvalidInput, NotPermitted
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience import (
    Consent,
    ContactRow,
    Scored,
    judge_before,
    read_cuts,
    score_buyers,
    value_buyers,
)
from drumbeat.marketing.events import Fact, Kind
from drumbeat.science.experiments import Inconclusive
from drumbeat.science.segmentation import RfmCuts
from tests.conftest import GUEST, MARIA

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
PURCHASES = {  # (days after DAY, euros)
    "ada": [(0, 10.0), (0, 5.0), (10, 20.0), (40, 30.0)],
    "grace": [(5, 7.0)],
    "edsger": [(60, 1.0)],
}


def shop(house: Drumbeat) -> dict[str, ContactNo]:
    rows = [ContactRow(f"{who}@example.com", consent=Consent.subscribed) for who in PURCHASES]
    with house.begin(MARIA) as d:
        d.audience.merge_contacts(rows)
        numbers = d.audience.contact_numbers([row.address for row in rows])
        found = {who: numbers[f"{who}@example.com"] for who in PURCHASES}
        for who, bought in PURCHASES.items():
            d.events.record([fact(found[who], *each) for each in bought])
    return found


def fact(who: ContactNo, days: int, euros: float) -> Fact:
    at, cents = DAY + timedelta(days=days), round(euros * 100)
    return Fact(
        Kind.purchased, at, who, value_minor=cents, currency="EUR", order_id=f"{who}-{at}-{cents}"
    )


def test_purchases_of_one_day_count_once_and_the_first_is_no_repeat(house: Drumbeat) -> None:
    numbers = shop(house)
    with house.look(MARIA) as d:
        buyers = d.buyers.read(date(2026, 4, 30), ahead=1)
    assert buyers.contact_nos.tolist() == sorted(
        [numbers["ada"], numbers["grace"], numbers["edsger"]]
    )
    at = {who: buyers.contact_nos.tolist().index(numbers[who]) for who in numbers}
    ada = at["ada"]
    assert (buyers.frequency[ada], buyers.recency[ada], buyers.age[ada]) == (2, 40, 60)
    assert (buyers.orders[ada], buyers.spent[ada], buyers.repeat_spend[ada]) == (4, 6_500, 2_500)
    assert buyers.frequency[at["grace"]] == buyers.recency[at["grace"]] == 0
    assert buyers.currency == "EUR"


def test_what_came_after_the_day_is_kept_apart(house: Drumbeat) -> None:
    numbers = shop(house)
    with house.look(MARIA) as d:
        buyers = d.buyers.read(date(2026, 3, 7), ahead=30)
    assert buyers.contact_nos.tolist() == sorted([numbers["ada"], numbers["grace"]])
    assert buyers.later.tolist() == [1, 0]
    assert buyers.age.tolist() == [6, 1]


def test_nobody_who_bought_is_an_answer_too(house: Drumbeat) -> None:
    with house.look(MARIA) as d:
        buyers = d.buyers.read()
    assert len(buyers) == 0
    with house.look(MARIA) as d:
        assert isinstance(score_buyers(d.buyers.read_bought(), RfmCuts()), Inconclusive)
    assert isinstance(value_buyers(buyers, 30), Inconclusive)
    assert isinstance(judge_before(buyers, 30), Inconclusive)


def test_a_day_to_come_and_a_stranger_are_refused(house: Drumbeat) -> None:
    with house.look(MARIA) as d, pytest.raises(InvalidInput, match="2027-01-01"):
        d.buyers.read(date(2027, 1, 1))
    with house.look(GUEST) as d, pytest.raises(NotPermitted):
        d.buyers.read()
    with house.look(GUEST) as d, pytest.raises(NotPermitted):
        d.buyers.list_people([ContactNo(1)])


def test_fixed_cut_points_take_the_place_of_quintiles(house: Drumbeat) -> None:
    shop(house)
    with house.look(MARIA) as d:
        buyers = d.buyers.read_bought(date(2026, 4, 30))
    cuts = read_cuts([0, 20, 40, 90], [1, 2, 3, 4], [5, 10, 50, 100], buyers.currency)
    scored = score_buyers(buyers, cuts)
    assert isinstance(scored, Scored)
    assert scored.scores.recency.tolist() == [4, 2, 5]  # 20, 55 and 0 days
    assert scored.scores.frequency.tolist() == [5, 2, 2]
    assert scored.scores.monetary.tolist() == [4, 2, 1]
    assert scored.cut_points["monetary"] == (500, 1_000, 5_000, 10_000)
    assert "fixed cut points" in scored.definition


def test_what_was_bought_is_the_same_by_either_reading(house: Drumbeat) -> None:
    """Orders of several purchases, a purchase without an order, and two people's like order."""
    numbers = shop(house)
    ada, grace = numbers["ada"], numbers["grace"]
    more = [
        replace(fact(ada, 3, 1.0), order_id="A-1"),
        replace(fact(ada, 3, 2.0), order_id="A-1"),
        replace(fact(ada, 3, 3.0), order_id="A-1"),
        replace(fact(grace, 9, 3.0), order_id="A-1"),
        replace(fact(grace, 9, 3.0), order_id=""),
        replace(fact(grace, 9, 3.0), order_id=""),
        replace(fact(grace, 9, 9.0), currency="USD"),
    ]
    with house.begin(MARIA) as d:
        d.events.record(more)
    with house.look(MARIA) as d:
        buyers = d.buyers.read(date(2026, 4, 30))
        bought = d.buyers.read_bought(date(2026, 4, 30))
    assert bought.contact_nos.tolist() == buyers.contact_nos.tolist()
    assert bought.orders.tolist() == buyers.orders.tolist()
    assert bought.spent.tolist() == buyers.spent.tolist()
    assert bought.recency_days.tolist() == (buyers.age - buyers.recency).tolist()
    assert sorted(bought.orders.tolist()) == [1, 5, 5]
    with house.begin(MARIA) as d:
        d.events.record([replace(fact(ada, 20, 3.0), order_id="A-1")])
    with house.look(MARIA) as d:
        again = d.buyers.read_bought(date(2026, 4, 30))
    assert again.orders.tolist() == bought.orders.tolist()


def test_fewer_buyers_than_quintiles_part_cannot_be_scored_yet(house: Drumbeat) -> None:
    shop(house)
    with house.look(MARIA) as d:
        buyers = d.buyers.read_bought(date(2026, 4, 30))
    for cuts in (RfmCuts(), RfmCuts(frequency=(1, 2, 3, 4))):
        found = score_buyers(buyers, cuts)
        assert isinstance(found, Inconclusive)
        assert (found.needed, found.observed) == (5, len(buyers)) == (5, 3)


@pytest.mark.parametrize("wrong", [[1.0], [1.0, 2, 3, 3], [4.0, 3, 2, 1], [float("nan")] * 4])
def test_cut_points_that_do_not_rise_are_named(wrong: list[float]) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_cuts([], wrong, [], "EUR")
    assert refused.value.field == "frequency"


def test_a_forecast_says_how_it_did_before(house: Drumbeat) -> None:
    rng = np.random.default_rng(1)
    rows = [ContactRow(f"buyer{i}@example.com") for i in range(300)]
    with house.begin(MARIA) as d:
        d.audience.merge_contacts(rows)
        numbers = list(d.audience.contact_numbers([row.address for row in rows]).values())
    for number in numbers:
        days = np.cumsum(rng.exponential(rng.gamma(2.0, 15.0), 12)).astype(int)
        with house.begin(MARIA) as d:
            d.events.record(
                [fact(number, int(day), 20.0 + number % 7) for day in days if day < 240]
            )
    with house.look(MARIA) as d:
        buyers, before = d.buyers.read(), d.buyers.read(date(2026, 9, 3), ahead=60)
    valued, judged = value_buyers(buyers, 60), judge_before(before, 60)
    assert not isinstance(valued, Inconclusive)
    assert not isinstance(judged, Inconclusive)
    assert valued.purchases_interval is None or (
        valued.purchases_interval.low < valued.purchases.sum() < valued.purchases_interval.high
    )
    assert valued.value is not None
    assert judged.actual == before.later.sum() > 0
    assert judged.auc is not None
    assert judged.auc > 0.5


@pytest.mark.parametrize("currencies", ["UUEEE", "UEGGE", "EUUGG", "UUUEG", "GEGEU"])
def test_money_is_in_the_main_currency_whichever_comes_first(
    house: Drumbeat, currencies: str
) -> None:
    numbers = list(shop(house).values())
    names = {"U": "USD", "E": "SEK", "G": "GBP"}
    with house.begin(MARIA) as d:
        several = [
            replace(fact(numbers[at % 3], 9, 3.0 + at), currency=names[letter])
            for at, letter in enumerate(currencies * 3)
        ]
        d.events.record(several)
    with house.look(MARIA) as d:
        daily, bought = d.buyers.read(date(2026, 4, 30)), d.buyers.read_bought(date(2026, 4, 30))
    assert bought.currency == daily.currency
    assert bought.spent.tolist() == daily.spent.tolist()
    assert bought.orders.tolist() == daily.orders.tolist()
    assert bought.recency_days.tolist() == (daily.age - daily.recency).tolist()
