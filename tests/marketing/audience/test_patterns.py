"""What behaviour says of people: read by day, grouped, foretold, compared, and traced in time."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.errors import InvalidInput, NotPermitted
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience import (
    Behaviour,
    Consent,
    ContactRow,
    Deed,
    DraftSegment,
    find_alike,
    foretell,
    group_people,
    trace_stages,
)
from drumbeat.marketing.events import Fact, Kind, Verdict
from drumbeat.science.experiments import Inconclusive
from drumbeat.science.segmentation import Clusters, Lookalikes, Propensity
from tests.conftest import GUEST, MARIA

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


def people(house: Drumbeat, count: int) -> list[ContactNo]:
    rows = [
        ContactRow(f"reader{at}@example.com", consent=Consent.subscribed) for at in range(count)
    ]
    with house.begin(MARIA) as d:
        d.audience.merge_contacts(rows)
        numbers = d.audience.contact_numbers([row.address for row in rows])
    return [numbers[row.address] for row in rows]


def record(house: Drumbeat, *facts: Fact) -> None:
    with house.begin(MARIA) as d:
        d.events.record(list(facts))


def did(kind: Kind, who: ContactNo, days: float, **more: object) -> Fact:
    return Fact(kind, DAY + timedelta(days=days), who, **more)  # type: ignore[arg-type]


def read(house: Drumbeat, day: date, deed: Deed | None = None, ahead: int = 0) -> Behaviour:
    with house.look(MARIA) as d:
        return d.behaviour.read(day, deed=deed, ahead=ahead)


def test_behaviour_is_that_of_people_up_to_the_day(house: Drumbeat) -> None:
    ada, bob, cleo = people(house, 3)
    record(
        house,
        did(Kind.sent, ada, 0),
        did(Kind.opened, ada, 1, verdict=Verdict.machine),
        did(Kind.clicked, ada, 2),
        did(Kind.purchased, ada, 3, value_minor=900, currency="EUR", order_id="1"),
        did(Kind.purchased, ada, 3, value_minor=100, currency="EUR", order_id="1"),
        did(Kind.sent, bob, -100),
        did(Kind.sent, cleo, 9),
    )
    found = read(house, date(2026, 3, 5), Deed.CLICK, 30)
    assert found.contact_nos.tolist() == sorted([ada, bob])
    at, other = found.contact_nos.tolist().index(ada), found.contact_nos.tolist().index(bob)
    assert (found.known_days[at], found.active_days[at], found.bought_days[at]) == (4, 1, 1)
    assert (found.opened_lately[at], found.clicked_lately[at]) == (0, 1)
    assert (found.orders[at], found.spent_minor[at], found.currency) == (1, 1_000, "EUR")
    assert np.isnan(found.active_days[other])
    assert found.sent_lately[other] == 0
    assert found.did is not None
    assert not found.did.any()


def test_who_did_it_in_the_days_after_is_told_apart_and_who_left_is_not_asked(
    house: Drumbeat,
) -> None:
    ada, bob, cleo = people(house, 3)
    record(house, *(did(Kind.sent, who, 0) for who in (ada, bob, cleo)))
    record(
        house,
        did(Kind.unsubscribed, ada, 1),
        did(Kind.unsubscribed, bob, 5),
        did(Kind.unsubscribed, cleo, 40),
    )
    found = read(house, date(2026, 3, 3), Deed.UNSUBSCRIBE, 30)
    assert found.contact_nos.tolist() == sorted([bob, cleo])
    assert found.did is not None
    assert dict(zip(found.contact_nos.tolist(), found.did.tolist(), strict=True)) == {
        bob: True,
        cleo: False,
    }


def shop(seed: int, people: int, *, ahead: bool = True) -> Behaviour:
    """Those who buy often and lately buy again."""
    rng = np.random.default_rng(seed)
    regular = rng.random(people) < 0.4
    bought = np.where(regular, rng.integers(0, 20, people), rng.integers(60, 300, people))
    orders = np.where(regular, rng.integers(5, 30, people), rng.integers(1, 3, people))
    again = rng.random(people) < np.where(regular, 0.5, 0.05)
    day = bought.astype(float)
    return Behaviour(
        until=date(2026, 3, 1),
        currency="EUR",
        contact_nos=np.arange(1, people + 1, dtype=np.int32),
        known_days=np.full(people, 400.0),
        active_days=day,
        bought_days=day,
        sent_lately=np.ones(people),
        opened_lately=np.zeros(people),
        clicked_lately=np.zeros(people),
        orders=orders.astype(float),
        spent_minor=orders * 2_000.0,
        did=again if ahead else None,
    )


def test_regular_and_rare_buyers_are_two_groups_named_by_what_differs() -> None:
    found = group_people(shop(1, 3_000))
    assert isinstance(found, Clusters)
    assert len(found.names) == 2
    assert {"opened_lately", "clicked_lately"}.isdisjoint(found.features)
    assert any("many orders" in name.casefold() for name in found.names)
    with pytest.raises(InvalidInput, match="from 2 to 8"):
        group_people(shop(1, 300), 1)


def test_who_will_buy_is_foretold_and_the_answer_is_always_the_same() -> None:
    earlier, later, now = shop(1, 3_000), shop(2, 3_000), shop(3, 3_000, ahead=False)
    told = foretell(earlier, later, now, Deed.BUY, 30)
    assert isinstance(told.learnt, Propensity)
    regular = now.orders >= 5
    assert told.learnt.probability[regular].mean() == pytest.approx(0.5, abs=0.05)
    assert told.learnt.probability[~regular].mean() == pytest.approx(0.05, abs=0.03)
    again = foretell(earlier, later, now, Deed.BUY, 30)
    assert isinstance(again.learnt, Propensity)
    assert again.learnt.validation == told.learnt.validation


def test_people_like_a_segments_are_ranked_without_its_members() -> None:
    behaviour = shop(4, 3_000)
    regular = np.flatnonzero(behaviour.orders >= 5)
    members = behaviour.contact_nos[regular[::2]]
    alike = find_alike(behaviour, members)
    assert isinstance(alike.found, Lookalikes)
    assert alike.members == len(members)
    assert not np.isin(alike.contact_nos, members).any()
    assert (np.diff(alike.likeness) <= 0).all()
    others = len(regular) - len(members)
    assert np.isin(alike.contact_nos[:others], behaviour.contact_nos[regular]).mean() > 0.95
    few = find_alike(behaviour, members[:10])
    assert isinstance(few.found, Inconclusive)
    assert few.contact_nos.size == 0


def test_stages_are_traced_from_the_facts(house: Drumbeat) -> None:
    ada, bob, _ = people(house, 3)
    record(
        house,
        did(Kind.sent, ada, 0),
        did(Kind.clicked, ada, 40),
        did(Kind.sent, bob, 70),
    )
    with house.look(MARIA) as d:
        signs = d.behaviour.read_signs(date(2026, 5, 30), step=30, moments=4)
    assert [day.isoformat() for day in signs.days] == [
        "2026-03-01", "2026-03-31", "2026-04-30", "2026-05-30",
    ]  # fmt: skip
    at = signs.contact_nos.tolist().index(ada)
    assert signs.known[:, at].tolist() == [0, 30, 60, 90]
    assert np.isnan(signs.silent[:2, at]).all()
    assert signs.silent[2:, at].tolist() == [20, 50]
    journey = trace_stages(signs)
    place = journey.stages.index
    assert journey.standing[:, place("new")].tolist() == [1, 1, 0, 1]
    assert journey.standing[-1, place("active")] == 1
    assert journey.arrivals.sum() == 1


def test_a_segments_people_are_found_by_its_name(house: Drumbeat) -> None:
    numbers = people(house, 5)
    inside = np.array(sorted(numbers)[:3], np.int32)
    with house.begin(MARIA) as d:
        d.audience.save_segments(
            [DraftSegment("Regulars", "behavioral", "buy often", inside, None)]
        )
    with house.look(MARIA) as d:
        assert d.behaviour.find_members("regulars").tolist() == inside.tolist()
        with pytest.raises(InvalidInput, match="Regulars"):
            d.behaviour.find_members("Regular")


def test_nobody_at_all_is_an_answer_too(house: Drumbeat) -> None:
    behaviour = read(house, date(2026, 3, 1), Deed.BUY, 30)
    assert len(behaviour) == 0
    assert isinstance(group_people(behaviour), Inconclusive)
    assert isinstance(foretell(behaviour, behaviour, behaviour, Deed.BUY, 30).learnt, Inconclusive)
    with house.look(MARIA) as d:
        signs = d.behaviour.read_signs(date(2026, 3, 1), step=30, moments=3)
    assert trace_stages(signs).standing.sum() == 0


@pytest.mark.parametrize(("step", "moments"), [(0, 3), (30, 1), (30, 61), (400, 3)])
def test_a_journey_of_no_sense_is_refused(house: Drumbeat, step: int, moments: int) -> None:
    with house.look(MARIA) as d, pytest.raises(InvalidInput):
        d.behaviour.read_signs(None, step=step, moments=moments)


def test_a_day_to_come_and_who_may_not_read_contacts_are_refused(house: Drumbeat) -> None:
    with house.look(MARIA) as d, pytest.raises(InvalidInput, match="today"):
        d.behaviour.read(date(2999, 1, 1))
    with house.look(GUEST) as d, pytest.raises(NotPermitted):
        d.behaviour.read()


def test_a_score_is_taken_apart_into_the_deeds_it_is_made_of(house: Drumbeat) -> None:
    ada, bob, _ = people(house, 3)
    record(
        house,
        did(Kind.clicked, ada, 0),
        did(Kind.clicked, ada, 30),
        did(Kind.opened, ada, 30),
        did(Kind.opened, ada, 30, verdict=Verdict.machine),
        did(Kind.purchased, ada, 60, value_minor=1, currency="EUR", order_id="1"),
    )
    with house.look(MARIA) as d:
        found = d.behaviour.explain_engagement(ada, date(2026, 3, 31))
        nothing = d.behaviour.explain_engagement(bob, date(2026, 3, 31))
    assert [(each.deed, each.times, each.last.day, each.points) for each in found.deeds] == [
        ("clicked", 2, 31, 4.5),
        ("opened", 1, 31, 1.0),
    ]
    assert (found.points, found.level) == (5.5, "Highly Engaged")
    assert found.score == pytest.approx(1 - np.exp(-5.5 / 4))
    assert (nothing.score, nothing.level, nothing.deeds) == (0, "Low Engagement", ())
    assert "halve every 30 days" in found.definition
