"""A synthetic market: people with a hidden truth, their past, and how they react to the next mail.

`Market` is the way in. Everything is a function of the seed: the same seed gives the same bytes,
and a reaction depends on (seed, contact, key) alone, never on what was asked before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

import numpy as np

from drumbeat.science.simulation.agents import AGENTS, NOBODY
from drumbeat.science.simulation.columns import Floats, Ints
from drumbeat.science.simulation.habits import HOURS_PER_WEEK, activity
from drumbeat.science.simulation.history import (
    History,
    PastMailing,
    draw_history,
    past_mailings,
)
from drumbeat.science.simulation.people import SUBSCRIBED, Contact, People, draw_people
from drumbeat.science.simulation.rates import TrueRates, expected_rates, read_chances
from drumbeat.science.simulation.reactions import (
    KINDS,
    PURCHASED,
    Hits,
    KindName,
    Lots,
    Mailed,
    human_hits,
    joined,
    machine_hits,
    mailed,
)
from drumbeat.science.simulation.tastes import NAMES, Truth, draw_truth, features_for

_PEOPLE, _TRUTH, _HISTORY, _HUMAN, _MACHINE = range(5)  # streams of one seed


class Reaction(NamedTuple):
    """`at` is aware UTC; `link_no` a position in the links given; money in minor units.

    `by_machine` is truth for judging the judges: whoever decides who is human must not read it.
    """

    kind: KindName
    at: datetime
    user_agent: str
    link_no: int | None
    value_minor: int
    currency: str
    order_id: str
    by_machine: bool


@dataclass(frozen=True, eq=False)
class Market:
    seed: int
    as_of: datetime
    history_days: int
    currency: str
    people: People
    truth: Truth

    def __len__(self) -> int:
        return len(self.people)

    @cached_property
    def contacts(self) -> tuple[Contact, ...]:
        return tuple(self.people.contact(index) for index in range(len(self)))

    @cached_property
    def past_mailings(self) -> tuple[PastMailing, ...]:
        return past_mailings(self.as_of, self.history_days)

    def history(self) -> History:
        rng = _stream(self.seed, _HISTORY)
        hits, mailing_no = draw_history(self.people, self.truth, self.as_of, self.history_days, rng)
        return History(
            kind=hits.kind.astype(np.int8),
            occurred_at=np.floor(hits.at).astype(np.int64),
            contact_index=hits.row.astype(np.int32),
            mailing_no=mailing_no.astype(np.int32),
            link_no=hits.link_no.astype(np.int16),
            value_minor=hits.value_minor,
            agent=hits.agent.astype(np.int16),
            by_machine=hits.by_machine.astype(np.bool_),
            currency=self.currency,
            order_prefix=f"past-{self.seed}",
        )

    def reactions(
        self,
        contact_index: int,
        *,
        subject: str,
        links: Sequence[str],
        received_at: datetime,
        key: int,
        hidden: int = 0,
    ) -> list[Reaction]:
        """What follows when this contact receives this mail, in order of time.

        `key` names the mailing (any integer ≥ 0). Equal keys are equal luck: under one key a more
        appealing subject opens for everybody for whom a less appealing one did. So many `hidden`
        links, numbered after the others, are followed by machines only.
        """
        mail = self._mail([contact_index], subject, _epochs(received_at, 1), len(links), hidden)
        lot = (contact_index, key)
        hits = joined(
            [
                machine_hits(self.truth, mail, _stream(self.seed, _MACHINE, *lot)),
                human_hits(self.people, self.truth, mail, _stream(self.seed, _HUMAN, *lot)),
            ]
        )
        order = f"sim-{self.seed}-{key}-{contact_index}"
        return [self._reaction(hits, row, order) for row in range(len(hits))]

    def reactions_of_many(
        self,
        contacts: Sequence[int],
        *,
        subjects: Sequence[str],
        links: int,
        received_at: Sequence[datetime],
        key: int,
        hidden: int = 0,
    ) -> list[list[Reaction]]:
        """`reactions` of each of these contacts to a mail of its own with as many links."""
        index = np.asarray(contacts, dtype=np.int64)
        received = _epochs(received_at, len(contacts))
        mail = Mailed(index, received, self._features(index, subjects), links, hidden)
        machine, human = (
            Lots([_stream(self.seed, stream, contact, key) for contact in contacts])
            for stream in (_MACHINE, _HUMAN)
        )
        hits = joined(
            [
                machine_hits(self.truth, mail, machine),
                human_hits(self.people, self.truth, mail, human),
            ]
        )
        found: list[list[Reaction]] = [[] for _ in contacts]
        for hit in range(len(hits)):
            row = int(hits.row[hit])
            order = f"sim-{self.seed}-{key}-{contacts[row]}"
            found[row].append(self._reaction(hits, hit, order))
        return found

    def true_rates(
        self,
        subject: str,
        *,
        contacts: Sequence[int] | None = None,
        received_at: datetime | Sequence[datetime] | None = None,
        within: timedelta | None = None,
        links: int = 3,
    ) -> TrueRates:
        """Expected rates per delivered mail; without `received_at`, at an hour of mean activity.

        `contacts` are indices (default: everyone subscribed), `received_at` one instant or one for
        each contact. `within` counts only mails read so soon, and what follows from them.
        """
        index = self.subscribed if contacts is None else contacts
        if not len(index):
            raise ValueError("true_rates needs at least one contact")
        mail = self._mail(index, subject, _epochs(received_at or self.as_of, len(index)), links)
        timed = received_at is not None
        read = read_chances(self.people, self.truth, mail, timed=timed, within=within)
        return expected_rates(self.truth, mail, read)

    @cached_property
    def subscribed(self) -> tuple[int, ...]:
        return tuple(np.flatnonzero(self.people.consent == SUBSCRIBED).tolist())

    def hourly_activity(self, contact_index: int) -> Floats:
        """True activity by local hour of the week (Monday 00:00 first), mean 1."""
        week = np.arange(HOURS_PER_WEEK)
        habit = self.truth.habit[contact_index]
        return activity(habit, self.truth.concentration[contact_index], week)

    def _mail(
        self, index: Sequence[int], subject: str, received: Floats, links: int, hidden: int = 0
    ) -> Mailed:
        rows = np.asarray(index, dtype=np.int64)
        return mailed(self.people, rows, subject, received, links, hidden)

    def _features(self, index: Ints, subjects: Sequence[str]) -> Floats:
        """Of each reader's own subject; readers of the same one are asked for together."""
        alike: dict[str, list[int]] = {}
        for row, subject in enumerate(subjects):
            alike.setdefault(subject, []).append(row)
        features = np.empty((len(index), len(NAMES)))
        for subject, rows in alike.items():
            features[rows] = features_for(self.people, index[rows], subject)
        return features

    def _reaction(self, hits: Hits, row: int, order: str) -> Reaction:
        kind, link, agent = int(hits.kind[row]), int(hits.link_no[row]), int(hits.agent[row])
        bought = kind == PURCHASED
        return Reaction(
            kind=KINDS[kind],
            at=datetime.fromtimestamp(round(float(hits.at[row]), 3), UTC),
            user_agent=AGENTS[agent] if agent != NOBODY else "",
            link_no=link if link >= 0 else None,
            value_minor=int(hits.value_minor[row]),
            currency=self.currency if bought else "",
            order_id=order if bought else "",
            by_machine=bool(hits.by_machine[row]),
        )


def draw_market(
    n: int, *, seed: int, as_of: datetime, history_days: int = 180, currency: str = "USD"
) -> Market:
    """A market of `n` people as it stands at `as_of` (aware), with `history_days` behind it."""
    if n < 1 or seed < 0 or history_days < 0:
        raise ValueError("draw_market needs n ≥ 1, seed ≥ 0 and history_days ≥ 0")
    _require_aware(as_of)
    crowd = draw_people(n, as_of, _stream(seed, _PEOPLE))
    truth = draw_truth(crowd, as_of.timestamp(), _stream(seed, _TRUTH))
    return Market(seed, as_of.astimezone(UTC), history_days, currency, crowd, truth)


def _stream(*key: int) -> np.random.Generator:
    return np.random.default_rng(key)


def _epochs(at: datetime | Sequence[datetime], n: int) -> Floats:
    instants = [at] * n if isinstance(at, datetime) else at
    if len(instants) != n:
        raise ValueError(f"{n} contacts need {n} instants of receipt, got {len(instants)}")
    for instant in set(instants):
        _require_aware(instant)
    return np.array([instant.timestamp() for instant in instants])


def _require_aware(at: datetime) -> None:
    if at.utcoffset() is None:
        raise ValueError(f"{at.isoformat()} has no zone; give an aware datetime")
