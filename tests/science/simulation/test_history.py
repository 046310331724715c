"""The past of a market: consistent with consent, rich enough for RFM, lifecycle and engagement."""

import hashlib
from datetime import UTC, timedelta

import numpy as np
import pytest

from drumbeat.science.simulation import History, draw_market
from drumbeat.science.simulation.people import HAS_LEFT, UNCONFIRMED
from drumbeat.science.simulation.reactions import CLICKED, OPENED, PURCHASED, SENT, UNSUBSCRIBED
from tests.science.simulation.worlds import AS_OF, past_of_town, town


def fingerprint(history: History) -> str:
    columns = (
        history.kind,
        history.occurred_at,
        history.contact_index,
        history.mailing_no,
        history.link_no,
        history.value_minor,
        history.agent,
        history.by_machine,
    )
    return hashlib.sha256(b"".join(column.tobytes() for column in columns)).hexdigest()


def test_the_same_seed_gives_the_same_bytes_whatever_was_asked_before() -> None:
    again = draw_market(5_000, seed=7, as_of=AS_OF)
    again.true_rates("Anything?")
    again.reactions(3, subject="Anything?", links=(), received_at=AS_OF, key=9)
    assert fingerprint(again.history()) == fingerprint(past_of_town())
    assert again.contacts == town().contacts
    assert fingerprint(town(seed=8).history()) != fingerprint(past_of_town())


def test_every_contact_has_about_twenty_facts_in_order_of_time() -> None:
    history = past_of_town()
    assert 12 < len(history) / len(town()) < 25
    assert (np.diff(history.occurred_at) >= 0).all()
    assert history.occurred_at[-1] < AS_OF.timestamp()
    assert history.occurred_at[0] >= (AS_OF - timedelta(days=180)).timestamp() - 1


def test_nobody_was_mailed_before_signing_up_without_consent_or_after_leaving() -> None:
    people, history = town().people, past_of_town()
    sent = history.kind == SENT
    to, at = history.contact_index[sent], history.occurred_at[sent]
    assert (at >= people.signed_up[to]).all()
    assert not (people.consent[to] == UNCONFIRMED).any()
    gone = history.kind == UNSUBSCRIBED
    assert (people.consent[history.contact_index[gone]] == HAS_LEFT).all()
    left_at = np.full(len(people), np.iinfo(np.int64).max)
    left_at[history.contact_index[gone]] = history.occurred_at[gone]
    assert (at <= left_at[to]).all()


def test_each_mailing_reaches_each_person_once() -> None:
    history = past_of_town()
    sent = history.kind == SENT
    pairs = np.stack([history.mailing_no[sent], history.contact_index[sent]])
    assert np.unique(pairs, axis=1).shape == pairs.shape
    known = {mailing.mailing_no for mailing in town().past_mailings}
    assert set(history.mailing_no[sent].tolist()) == known


def test_people_open_at_the_usual_level_and_a_sixth_of_contacts_make_most_machine_opens() -> None:
    history, sent = past_of_town(), int((past_of_town().kind == SENT).sum())
    opened = history.kind == OPENED
    pairs = history.mailing_no.astype(np.int64) * len(town()) + history.contact_index
    people = len(np.unique(pairs[opened & ~history.by_machine])) / sent
    assert 0.19 < people < 0.28
    machines = history.contact_index[opened & history.by_machine]
    by_private = town().truth.private[machines].mean()
    assert by_private > 0.6
    clicked = (history.kind == CLICKED) & ~history.by_machine
    assert 0.025 < len(np.unique(pairs[clicked])) / sent < 0.05


def test_the_lapsed_opened_before_and_hardly_since() -> None:
    history, truth = past_of_town(), town().truth
    lapsed = np.isfinite(truth.lapsed_at) & (truth.lapsed_at > AS_OF.timestamp() - 120 * 86_400)

    def open_rate(after: bool) -> float:
        there = lapsed[history.contact_index]
        since = history.occurred_at >= truth.lapsed_at[history.contact_index]
        here = there & (since == after) & ~history.by_machine
        return float(
            (here & (history.kind == OPENED)).sum() / (here & (history.kind == SENT)).sum()
        )

    assert open_rate(after=True) < 0.6 * open_rate(after=False)


def test_purchases_are_concentrated_as_they_are_in_shops() -> None:
    history = past_of_town()
    bought = history.kind == PURCHASED
    orders = np.bincount(history.contact_index[bought], minlength=len(town()))
    assert 0.2 < (orders > 0).mean() < 0.45
    top = np.sort(orders)[::-1][: len(town()) // 10].sum() / orders.sum()
    assert top > 0.4
    assert (history.value_minor[bought] >= 100).all()
    assert not history.value_minor[~bought].any()


def test_rows_say_what_the_columns_say() -> None:
    history = past_of_town()
    rows = list(history.rows())
    assert len(rows) == len(history)
    orders = [row.order_id for row in rows if row.kind == "purchased"]
    assert len(set(orders)) == len(orders)
    for row in rows[::500]:
        assert row.occurred_at.tzinfo is UTC
        assert bool(row.currency) == (row.kind == "purchased")
        assert bool(row.user_agent) == (row.kind in ("opened", "clicked", "unsubscribed"))


@pytest.mark.parametrize("days", [0, 5, 30])
def test_a_short_past_is_still_a_past(days: int) -> None:
    market = draw_market(50, seed=1, as_of=AS_OF, history_days=days)
    assert len(market.past_mailings) == len(range(7, days, 14))
    assert (market.history().kind == SENT).any() == bool(market.past_mailings)
