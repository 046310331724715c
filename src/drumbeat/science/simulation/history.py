"""What has already happened when a synthetic market opens: past mailings, sign-ups and purchases.

Mailings came every other week as blasts at a few UTC hours, as most lists are mailed before they
choose send times; purchases no mail caused follow a Poisson process per person that ends with
their interest. Rows are columns: 5,000 contacts over 180 days are about 100,000 facts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drumbeat.science.simulation import agents
from drumbeat.science.simulation.columns import Floats, Ints
from drumbeat.science.simulation.people import (
    HAS_LEFT,
    SECONDS_PER_DAY,
    UNCONFIRMED,
    People,
)
from drumbeat.science.simulation.reactions import (
    COMPLAINED,
    KINDS,
    PURCHASED,
    SENT,
    SIGNED_UP,
    UNSUBSCRIBED,
    Hits,
    KindName,
    chosen,
    hits_where,
    human_hits,
    joined,
    machine_hits,
    mailed,
    order_value,
)
from drumbeat.science.simulation.tastes import Truth

DAYS_BETWEEN_MAILINGS = 14
UTC_HOURS = (10, 9, 14, 10, 17, 8)
SENDING_SECONDS = 1_200  # a blast is paced over twenty minutes
LINKS = 3
SUBJECTS = (
    "Our autumn catalogue is here",
    "3 ways to get more from your kitchen",
    "{{ first_name }}, a quick note about your account",
    "Save 20% this weekend",
    "Why we changed how we pack",
    "Ready for the garden season?",
    "New in the shop: books we love",
    "Last hours: free delivery ends tonight",
    "What our customers asked most, answered by the people who make our products every day",
    "5 outdoor trips under 100 miles",
    "Inside the workshop",
    "HURRY! BIGGEST SALE of the year!!",
)
NO_MAILING = 0


@dataclass(frozen=True, slots=True)
class PastMailing:
    mailing_no: int
    subject: str
    sent_at: datetime


class PastFact(NamedTuple):
    kind: KindName
    occurred_at: datetime
    contact_index: int
    mailing_no: int
    link_no: int
    value_minor: int
    currency: str
    order_id: str
    user_agent: str
    by_machine: bool


@dataclass(frozen=True, eq=False)
class History:
    """Columns in order of time. `kind` indexes KINDS, `agent` indexes agents.AGENTS (-1 nobody),
    `mailing_no` 0 means no mailing, `link_no` -1 no link. `by_machine` is truth, for tests."""

    kind: NDArray[np.int8]
    occurred_at: Ints
    contact_index: NDArray[np.int32]
    mailing_no: NDArray[np.int32]
    link_no: NDArray[np.int16]
    value_minor: Ints
    agent: NDArray[np.int16]
    by_machine: NDArray[np.bool_]
    currency: str
    order_prefix: str

    def __len__(self) -> int:
        return len(self.kind)

    def rows(self) -> Iterator[PastFact]:
        columns = zip(
            self.kind.tolist(),
            self.occurred_at.tolist(),
            self.contact_index.tolist(),
            self.mailing_no.tolist(),
            self.link_no.tolist(),
            self.value_minor.tolist(),
            self.agent.tolist(),
            self.by_machine.tolist(),
            strict=True,
        )
        for row, (kind, at, contact, mailing, link, value, agent, machine) in enumerate(columns):
            bought = kind == PURCHASED
            yield PastFact(
                kind=KINDS[kind],
                occurred_at=datetime.fromtimestamp(at, UTC),
                contact_index=contact,
                mailing_no=mailing,
                link_no=link,
                value_minor=value,
                currency=self.currency if bought else "",
                order_id=f"{self.order_prefix}-{row}" if bought else "",
                user_agent=agents.AGENTS[agent] if agent != agents.NOBODY else "",
                by_machine=machine,
            )


@dataclass(frozen=True, eq=False)
class _Past:
    """The window of a history, in epoch seconds, and when each person left (inf: never)."""

    people: People
    truth: Truth
    start: float
    end: float
    left_at: Floats


def past_mailings(as_of: datetime, days: int) -> tuple[PastMailing, ...]:
    """Every other week, oldest first; the latest a week before `as_of`."""
    midnight = as_of.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ages = range(7, days, DAYS_BETWEEN_MAILINGS)
    return tuple(
        PastMailing(
            mailing_no=no,
            subject=SUBJECTS[(no - 1) % len(SUBJECTS)],
            sent_at=midnight
            - timedelta(days=age)
            + timedelta(hours=UTC_HOURS[no % len(UTC_HOURS)]),
        )
        for no, age in enumerate(reversed(ages), start=1)
    )


def draw_history(
    people: People, truth: Truth, as_of: datetime, days: int, rng: np.random.Generator
) -> tuple[Hits, Ints]:
    """Facts in order of time with `row` = contact index, and the mailing number of each."""
    end = as_of.timestamp()
    spent = rng.random(len(people)) * (end - people.signed_up)
    left_at = np.where(people.consent == HAS_LEFT, people.signed_up + spent, np.inf)
    past = _Past(people, truth, end - days * SECONDS_PER_DAY, end, left_at)
    parts = [_sign_ups(past), _goodbyes(past), _orders(past, rng)]
    numbers = [np.full(len(part), NO_MAILING) for part in parts]
    for mailing in past_mailings(as_of, days):
        parts.append(_one_mailing(past, mailing, rng))
        numbers.append(np.full(len(parts[-1]), mailing.mailing_no))
    order = np.argsort(np.concatenate([part.at for part in parts]), kind="stable")
    hits, number = joined(parts), np.concatenate(numbers)[order]
    happened = np.flatnonzero(hits.at < end)
    return chosen(hits, happened), number[happened]


def _sign_ups(past: _Past) -> Hits:
    at = past.people.signed_up.astype(np.float64)
    return hits_where(SIGNED_UP, at >= past.start, at, _nobody(len(at)))


def _goodbyes(past: _Past) -> Hits:
    recent = (past.left_at >= past.start) & (past.left_at < past.end)
    return hits_where(UNSUBSCRIBED, recent, past.left_at, past.truth.browser)


def _orders(past: _Past, rng: np.random.Generator) -> Hits:
    """Purchases that no mail caused, uniform over the days on which the person was a customer."""
    truth = past.truth
    since = np.maximum(past.start, past.people.signed_up)
    until = np.minimum(past.end, truth.lapsed_at)
    days = np.maximum(0.0, until - since) / SECONDS_PER_DAY
    buyer = np.repeat(np.arange(len(days)), rng.poisson(truth.orders_a_day * days))
    at = since[buyer] + rng.random(len(buyer)) * (until - since)[buyer]
    value = order_value(truth.basket[buyer], rng.standard_normal(len(buyer)))
    everyone = np.ones(len(buyer), dtype=np.bool_)
    hits = hits_where(PURCHASED, everyone, at, _nobody(len(buyer)), value=value)
    return replace(hits, row=buyer.astype(np.int64))


def _one_mailing(past: _Past, mailing: PastMailing, rng: np.random.Generator) -> Hits:
    """Sent rows and what followed; who left is drawn once in `left_at`, so not here again."""
    people, at = past.people, mailing.sent_at.timestamp()
    welcome = (people.signed_up < at) & (people.consent != UNCONFIRMED) & (past.left_at > at)
    index = np.flatnonzero(welcome).astype(np.int64)
    received = at + SENDING_SECONDS * rng.random(len(index))
    mail = mailed(people, index, mailing.subject, received, LINKS)
    everyone = np.ones(len(index), dtype=np.bool_)
    hits = joined(
        [
            hits_where(SENT, everyone, received, _nobody(len(index))),
            machine_hits(past.truth, mail, rng),
            human_hits(people, past.truth, mail, rng),
        ]
    )
    hits = chosen(hits, np.flatnonzero((hits.kind != UNSUBSCRIBED) & (hits.kind != COMPLAINED)))
    return replace(hits, row=index[hits.row])


def _nobody(n: int) -> Ints:
    return np.full(n, agents.NOBODY, dtype=np.int64)
