"""What people and machines do with a mail that arrived: the one model behind history and live runs.

Person: reads (Weibull delay thinned by local activity), then may unsubscribe, complain, click and
buy. Machines never wait to be asked: privacy proxies fetch the image, gateways follow every link.
A person behind a privacy proxy reads unseen, because the proxy answers for the image from then on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal, Protocol

import numpy as np

from drumbeat.science.simulation import agents, cast
from drumbeat.science.simulation.columns import Flags, Floats, Ints
from drumbeat.science.simulation.habits import (
    SECONDS_PER_HOUR,
    activity,
    delay_hours,
    hours_of_week,
)
from drumbeat.science.simulation.people import People
from drumbeat.science.simulation.tastes import (
    BASKET_SPREAD,
    FEATURES,
    Truth,
    features_for,
)

KindName = Literal[
    "sent", "opened", "clicked", "purchased", "unsubscribed", "complained", "signed_up"
]
KINDS: tuple[KindName, ...] = (
    "sent",
    "opened",
    "clicked",
    "purchased",
    "unsubscribed",
    "complained",
    "signed_up",
)
SENT, OPENED, CLICKED, PURCHASED, UNSUBSCRIBED, COMPLAINED, SIGNED_UP = range(7)

ZONES = tuple(sorted({place.zone for place in cast.PLACES}))
ZONE_OF_PLACE = np.array([ZONES.index(place.zone) for place in cast.PLACES])

CERTAIN = 0.98  # nobody reads everything
REOPENS, SECOND_CLICKS = 0.25, 0.15
FIRST_LINK = 0.55  # share of clicks on the first link; each later one takes this of the rest
PREFETCHED = 0.93  # mails to private people whose proxy fetches the image
ASLEEP_DEVICE = 0.15  # of those, fetched at some time of the next day instead of at once
GMAIL_PREFETCHES = 0.03
HUMAN_DRAWS, HUMAN_NORMALS = 13, 4


@dataclass(frozen=True, eq=False)
class Mailed:
    """One subject at several readers: `index` into the people, `received` in epoch seconds.

    `hidden` more links, numbered after the others, are seen by machines only.
    """

    index: Ints
    received: Floats
    features: Floats
    links: int
    hidden: int = 0


@dataclass(frozen=True, eq=False)
class Hits:
    """Columns; `row` is the position in `Mailed.index`, `agent` in agents.AGENTS."""

    row: Ints
    kind: Ints
    at: Floats
    link_no: Ints
    value_minor: Ints
    agent: Ints
    by_machine: Ints

    def __len__(self) -> int:
        return len(self.row)


class Draws(Protocol):
    """Where luck comes from: a generator, or `Lots`."""

    def random(self, size: tuple[int, int], /) -> Floats: ...

    def standard_normal(self, size: int | tuple[int, int], /) -> Floats: ...


@dataclass(frozen=True, eq=False)
class Lots:
    """A stream for each reader: drawn together, each has the luck it has alone."""

    streams: Sequence[np.random.Generator]

    def random(self, size: tuple[int, int], /) -> Floats:
        return np.stack([stream.random(size[0]) for stream in self.streams], axis=1)

    def standard_normal(self, size: int | tuple[int, int], /) -> Floats:
        if isinstance(size, int):
            return np.array([stream.standard_normal() for stream in self.streams])
        return np.stack([stream.standard_normal(size[0]) for stream in self.streams], axis=1)


def mailed(
    people: People, index: Ints, subject: str, received: Floats, links: int, hidden: int = 0
) -> Mailed:
    return Mailed(index, received, features_for(people, index, subject), links, hidden)


def joined(parts: Sequence[Hits]) -> Hits:
    """All parts in order of time; equal instants keep the order of the parts."""
    some = [part for part in parts if len(part)] or [*parts[:1]]
    if len(some) == 1 and len(some[0]) < 2:
        return some[0]
    columns = [
        np.concatenate([getattr(part, field.name) for part in some]) for field in fields(Hits)
    ]
    order = np.argsort(columns[2], kind="stable")
    return Hits(*(column[order] for column in columns))


def chosen(hits: Hits, rows: Ints) -> Hits:
    return Hits(*(getattr(hits, field.name)[rows] for field in fields(Hits)))


def zones_of(people: People, index: Ints) -> Ints:
    return np.asarray(ZONE_OF_PLACE[people.place[index]], dtype=np.int64)


def open_chance(people: People, truth: Truth, mail: Mailed, read_at: Floats) -> Floats:
    """Chance that the mail is read if its turn comes at `read_at`."""
    hour = hours_of_week(ZONES, zones_of(people, mail.index), read_at)
    active = activity(truth.habit[mail.index], truth.concentration[mail.index], hour)
    chance = truth.read_chance(mail.index, mail.features, mail.received)
    return np.asarray(np.minimum(CERTAIN, chance * active))


def factor(mail: Mailed, effect: Literal["clicks", "irritation"]) -> Floats:
    logs = np.log([getattr(feature, effect) for feature in FEATURES])
    return np.asarray(np.exp(mail.features @ logs))


def human_hits(people: People, truth: Truth, mail: Mailed, rng: Draws) -> Hits:
    """Every reader costs the same number of draws, whatever happens: the same person under the
    same key with a more appealing subject opens whenever they opened before."""
    u = rng.random((HUMAN_DRAWS, len(mail.index)))
    z = rng.standard_normal((HUMAN_NORMALS, len(mail.index)))
    read_at = mail.received + SECONDS_PER_HOUR * delay_hours(u[0])
    read = u[1] < open_chance(people, truth, mail, read_at)
    if not read.any():  # most single mails: the draws are made, nothing follows
        return hits_where(OPENED, read, read_at, truth.client[mail.index])
    seen = read & ~truth.private[mail.index]
    again_at = read_at + 120 - 10 * SECONDS_PER_HOUR * np.log1p(-u[2])
    again = seen & (u[3] < REOPENS) & (u[4] < open_chance(people, truth, mail, again_at) * 3)
    irritation = factor(mail, "irritation")
    leaves = read & (u[5] < truth.unsubscribe[mail.index] * irritation)
    complains = read & ~leaves & (u[6] < truth.complain[mail.index] * irritation)
    stays = read & ~leaves & ~complains & (mail.links > 0)
    clicks = stays & (u[7] < truth.click[mail.index] * factor(mail, "clicks"))
    click_at = read_at + 2 + np.exp(3.6 + 0.9 * z[0])
    more = clicks & (u[8] < SECOND_CLICKS) & (mail.links > 1)
    more_at = click_at + 20 + np.exp(4.0 + 0.8 * z[1])
    buys = clicks & (u[9] < truth.buy[mail.index])
    bought_at = click_at + 60 + np.exp(6.8 + 0.8 * z[2])
    value = order_value(truth.basket[mail.index], z[3])
    link = _link_no(u[10], mail.links)
    client, browser = truth.client[mail.index], truth.browser[mail.index]
    nobody = np.full(len(mail.index), agents.NOBODY)
    return joined(
        [
            hits_where(OPENED, seen, read_at, client),
            hits_where(OPENED, again, again_at, client),
            hits_where(CLICKED, clicks, click_at, browser, link=link),
            hits_where(CLICKED, more, more_at, browser, link=_another(link, u[11], mail.links)),
            hits_where(PURCHASED, buys, bought_at, nobody, value=value),
            hits_where(UNSUBSCRIBED, leaves, read_at + 10 + 90 * u[12], browser),
            hits_where(COMPLAINED, complains, read_at + 5 + 60 * u[12], nobody),
        ]
    )


def machine_hits(truth: Truth, mail: Mailed, rng: Draws) -> Hits:
    n = len(mail.index)
    u = rng.random((5, n))
    at_once = np.minimum(90.0, 1.0 + np.exp(2.1 + 0.8 * rng.standard_normal(n)))
    wait = np.where(u[0] < ASLEEP_DEVICE, u[1] * 24 * SECONDS_PER_HOUR, at_once)
    private = truth.private[mail.index] & (u[2] < PREFETCHED)
    on_gmail = truth.client[mail.index] == agents.GMAIL_PROXY
    prefetched = on_gmail & ~private & (u[3] < GMAIL_PREFETCHES)
    scanned = truth.scanned[mail.index]
    if not (private | prefetched | scanned).any():
        return hits_where(OPENED, private, mail.received, truth.client[mail.index])
    scanner = np.where(mail.index % 4 == 0, agents.PLAIN_SCANNER, agents.HEADLESS_SCANNER)
    start = mail.received + 0.5 + 3 * u[4]
    parts = [
        _by_machine(OPENED, private, mail.received + wait, np.full(n, agents.APPLE_PRIVACY)),
        _by_machine(OPENED, prefetched, mail.received + at_once, np.full(n, agents.GMAIL_PREFETCH)),
        _by_machine(OPENED, scanned, start, scanner),
    ]
    pauses = np.cumsum(0.05 + 0.25 * rng.random((mail.links + mail.hidden, n)), axis=0)
    for link, pause in enumerate(pauses):
        visit = _by_machine(CLICKED, scanned, start + pause, scanner, link=np.full(n, link))
        parts.append(visit)
    return joined(parts)


def order_value(basket: Floats, noise: Floats) -> Ints:
    """Minor units (cents), at least 1.00."""
    value = np.round(100 * np.exp(basket + BASKET_SPREAD * noise))
    return np.asarray(np.maximum(100, value), dtype=np.int64)


def _link_no(u: Floats, links: int) -> Ints:
    """Geometric over the links from the top of the mail; the last link takes what is left."""
    drawn = np.floor(np.log1p(-u) / np.log(1 - FIRST_LINK)).astype(np.int64)
    return np.asarray(np.minimum(drawn, max(0, links - 1)))


def _another(link: Ints, u: Floats, links: int) -> Ints:
    """A link other than `link`, all others alike."""
    if links < 2:
        return link
    return np.asarray((link + 1 + np.floor(u * (links - 1)).astype(np.int64)) % links)


def hits_where(
    kind: int,
    which: Flags,
    at: Floats,
    agent: Ints,
    *,
    link: Ints | None = None,
    value: Ints | None = None,
) -> Hits:
    """One hit for each position where `which` is set; the other columns are as long as `which`."""
    row = np.flatnonzero(which)
    count = len(row)
    return Hits(
        row=row.astype(np.int64),
        kind=np.full(count, kind, dtype=np.int64),
        at=np.asarray(at[row], dtype=np.float64),
        link_no=np.full(count, -1, dtype=np.int64) if link is None else link[row],
        value_minor=np.zeros(count, dtype=np.int64) if value is None else value[row],
        agent=np.asarray(agent[row], dtype=np.int64),
        by_machine=np.zeros(count, dtype=np.int64),
    )


def _by_machine(
    kind: int, which: Flags, at: Floats, agent: Ints, *, link: Ints | None = None
) -> Hits:
    hits = hits_where(kind, which, at, agent, link=link)
    return Hits(
        hits.row, hits.kind, hits.at, hits.link_no, hits.value_minor, hits.agent, hits.row * 0 + 1
    )
