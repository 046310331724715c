"""What follows from a mail: draws agree with the stated truth, and machines look like it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.science.simulation import Reaction, draw_market
from drumbeat.science.simulation.agents import AGENTS, APPLE_PRIVACY
from drumbeat.science.simulation.reactions import (
    CLICKED,
    COMPLAINED,
    OPENED,
    PURCHASED,
    UNSUBSCRIBED,
    human_hits,
    mailed,
)
from tests.science.simulation.worlds import AS_OF, LINKS, town

RECEIVED = AS_OF + timedelta(hours=3)
COPIES = 30


def react(index: int, key: int = 1, subject: str = "A plain mail") -> list[Reaction]:
    return town().reactions(index, subject=subject, links=LINKS, received_at=RECEIVED, key=key)


@pytest.mark.parametrize("subject", ["A plain mail", "{{ first_name }}, 3 gifts today?"])
def test_draws_agree_with_the_true_rates(subject: str) -> None:
    market = town()
    index = np.tile(np.array(market.subscribed), COPIES)
    received = np.full(len(index), RECEIVED.timestamp())
    mail = mailed(market.people, index, subject, received, len(LINKS))
    hits = human_hits(market.people, market.truth, mail, np.random.default_rng(11))
    truth = market.true_rates(subject, received_at=RECEIVED)
    for kind, expected in (
        (OPENED, truth.open_rate),
        (CLICKED, truth.click_rate),
        (PURCHASED, truth.conversion_rate),
        (UNSUBSCRIBED, truth.unsubscribe_rate),
        (COMPLAINED, truth.complaint_rate),
    ):
        observed = len(np.unique(hits.row[hits.kind == kind])) / len(index)
        error = np.sqrt(expected * (1 - expected) / len(index))
        assert observed == pytest.approx(expected, abs=4.5 * error + 0.003 * expected)
    revenue = hits.value_minor.sum() / 100 / len(index)
    assert revenue == pytest.approx(truth.revenue_per_email, rel=0.12)


def test_true_rates_within_a_day_miss_the_late_readers() -> None:
    all_told = town().true_rates("A plain mail").open_rate
    first_day = town().true_rates("A plain mail", within=timedelta(days=1)).open_rate
    assert first_day / all_told == pytest.approx(0.705, abs=0.01)


def test_a_good_local_hour_beats_a_blast_and_each_persons_own_hour_beats_both() -> None:
    market = town()
    blast = market.true_rates("A plain mail", received_at=AS_OF.replace(day=4, hour=10))
    noon = [
        datetime(2026, 11, 4, 12, tzinfo=ZoneInfo(market.contacts[index].zone))
        for index in market.subscribed
    ]
    own = [
        at.replace(hour=int(np.argmax(market.hourly_activity(index)[48:72])))
        for index, at in zip(market.subscribed, noon, strict=True)
    ]
    local = market.true_rates("A plain mail", received_at=noon)
    personal = market.true_rates("A plain mail", received_at=own)
    assert 1.05 < local.open_rate / blast.open_rate < 1.30
    assert 1.20 < personal.open_rate / blast.open_rate < 1.60


def test_reactions_come_in_order_after_the_mail_and_make_sense() -> None:
    for index in range(400):
        reactions = react(index)
        assert reactions == sorted(reactions, key=lambda reaction: reaction.at)
        people = [reaction for reaction in reactions if not reaction.by_machine]
        kinds = [reaction.kind for reaction in people]
        assert all(reaction.at > RECEIVED for reaction in reactions)
        assert "clicked" in kinds or "purchased" not in kinds
        assert not {"unsubscribed", "complained"} <= set(kinds)
        assert "clicked" not in kinds or not {"unsubscribed", "complained"} & set(kinds)
        for reaction in reactions:
            assert (reaction.link_no is not None) == (reaction.kind == "clicked")
            assert (reaction.value_minor > 0) == (reaction.kind == "purchased")
            assert bool(reaction.order_id) == bool(reaction.currency)
            assert reaction.link_no is None or 0 <= reaction.link_no < len(LINKS)


def test_privacy_proxies_open_for_nearly_everybody_they_serve_and_hide_the_person() -> None:
    private = np.flatnonzero(town().truth.private)[:300].tolist()
    opens = [[r for r in react(index) if r.kind == "opened"] for index in private]
    by_proxy = [r for opened in opens for r in opened if r.user_agent == AGENTS[APPLE_PRIVACY]]
    assert not any(r for opened in opens for r in opened if not r.by_machine)
    assert len(by_proxy) / len(private) > 0.85
    at_once = sum(r.at - RECEIVED < timedelta(seconds=91) for r in by_proxy)
    assert at_once / len(by_proxy) > 0.75


def test_scanners_follow_every_link_within_seconds() -> None:
    for index in np.flatnonzero(town().truth.scanned)[:60].tolist():
        visits = [r for r in react(index) if r.by_machine and r.kind == "clicked"]
        assert [r.link_no for r in visits] == [0, 1, 2]
        assert visits[-1].at - RECEIVED < timedelta(seconds=10)


def test_a_reaction_depends_on_its_contact_and_key_only() -> None:
    forward = [react(index) for index in range(60)]
    backward = [react(index) for index in reversed(range(60))]
    assert forward == backward[::-1]
    again = draw_market(5_000, seed=7, as_of=AS_OF)
    fresh = again.reactions(42, subject="A plain mail", links=LINKS, received_at=RECEIVED, key=1)
    assert fresh == react(42)


def test_another_key_is_other_luck() -> None:
    assert [react(index, key=1) for index in range(60)] != [
        react(index, key=2) for index in range(60)
    ]


def test_orders_have_numbers_of_their_own() -> None:
    orders = [
        reaction.order_id
        for key in range(3)
        for index in range(700)
        for reaction in react(index, key=key)
        if reaction.kind == "purchased"
    ]
    assert len(orders) > 5
    assert len(set(orders)) == len(orders)


@settings(deadline=None)
@given(index=st.integers(0, 4_999), key=st.integers(0, 2**40))
def test_who_opens_a_plain_mail_opens_a_more_appealing_one_under_the_same_luck(
    index: int, key: int
) -> None:
    market = town()
    subject = "Ready?" if market.truth.taste[index, 0] > 0 else "Ready"
    plain = {r.at for r in react(index, key, "Ready") if r.kind == "opened"}
    better = {r.at for r in react(index, key, subject) if r.kind == "opened"}
    assert plain <= better


@pytest.mark.parametrize("links", [(), ("https://shop.example/only",)])
def test_a_mail_with_few_links_is_no_special_case(links: tuple[str, ...]) -> None:
    for index in range(200):
        found = town().reactions(
            index, subject="A plain mail", links=links, received_at=RECEIVED, key=3
        )
        clicks = [reaction for reaction in found if reaction.kind == "clicked"]
        assert all(reaction.link_no == 0 for reaction in clicks)
        assert links or not any(r.kind in ("clicked", "purchased") for r in found)


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = RECEIVED.replace(tzinfo=None)
    with pytest.raises(ValueError, match="no zone"):
        town().reactions(0, subject="A", links=LINKS, received_at=naive, key=1)
    with pytest.raises(ValueError, match="no zone"):
        draw_market(1, seed=1, as_of=naive)
    with pytest.raises(ValueError, match="n ≥ 1"):
        draw_market(0, seed=1, as_of=AS_OF)


def test_many_readers_at_once_do_what_each_of_them_does_alone() -> None:
    market = town()
    people = list(range(0, len(market), 7))
    subjects = ["A plain mail", "{{ first_name }}, 3 gifts today?"] * len(people)
    received = [RECEIVED + timedelta(minutes=number) for number in range(len(people))]
    together = market.reactions_of_many(
        people,
        subjects=subjects[: len(people)],
        links=len(LINKS),
        received_at=received,
        key=5,
        hidden=1,
    )
    alone = [
        market.reactions(person, subject=subject, links=LINKS, received_at=at, key=5, hidden=1)
        for person, subject, at in zip(people, subjects, received, strict=False)
    ]
    assert together == alone
    assert any(together)
