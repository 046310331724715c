"""Requests for the pixel and the links of one mailing with the truth beside them: who really acted.

People and proxies act as everywhere in the market; on top of that the mailboxes that a gateway
guards are visited by one of `GATEWAYS`, each with a habit that was seen in the wild. For judging
the judges: whoever decides who is human must not read `by_machine` or `source`.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

import numpy as np

from drumbeat.science.simulation import agents
from drumbeat.science.simulation.market import Market
from drumbeat.science.simulation.reactions import (
    CLICKED,
    OPENED,
    Hits,
    Mailed,
    human_hits,
    joined,
    machine_hits,
    mailed,
)

HIDDEN = -2
"""Instead of a link's number: the one that no reader sees."""

_NAMED = (
    "Barracuda Sentinel (EE)",
    "Mimecast URL Protect",
    "Mozilla/5.0 (compatible; Proofpoint URL Defense)",
    "Cisco-ESA-URL-Scanner",
    "Microsoft Office Existence Discovery",
)
_PLAIN = agents.AGENTS[agents.PLAIN_SCANNER]
_OWN = {
    agents.APPLE_PRIVACY: "Apple privacy proxy",
    agents.GMAIL_PREFETCH: "Gmail prefetch",
    agents.GMAIL_PROXY: "person through Gmail's proxy",
    agents.YAHOO_PROXY: "person through Yahoo's proxy",
}


class Request(NamedTuple):
    """`at` in epoch seconds; `link_no` -1 for the pixel, `HIDDEN` for the hidden link."""

    contact_index: int
    at: float
    link_no: int
    user_agent: str
    method: str
    prefetch: bool
    by_machine: bool
    source: str


Visit = Callable[[float, int, np.random.Generator], Iterator[tuple[float, int, str, str]]]
"""(received at, links, luck) → (at, link, program, method)."""


def _all(links: int, hidden: bool = True) -> list[int]:
    return [-1, *range(links), *([HIDDEN] if hidden else [])]


def named(at: float, links: int, rng: np.random.Generator) -> Iterator[tuple[float, int, str, str]]:
    """Says who it is, follows everything within seconds of the delivery."""
    agent = _NAMED[int(rng.integers(len(_NAMED)))]
    at += rng.uniform(0.5, 40)
    for link in _all(links):
        at += rng.uniform(0.05, 0.5)
        yield at, link, agent, "GET"


def fast(at: float, links: int, rng: np.random.Generator) -> Iterator[tuple[float, int, str, str]]:
    """Calls itself a browser, follows every link it sees at once, after a while."""
    at += rng.uniform(5, 120)
    for link in _all(links, hidden=False):
        at += rng.uniform(0.05, 0.3)
        yield at, link, _PLAIN, "GET"


def slow(at: float, links: int, rng: np.random.Generator) -> Iterator[tuple[float, int, str, str]]:
    """Calls itself a browser and takes its time, but reads the source: the hidden link too."""
    at += rng.uniform(20, 300)
    for link in _all(links):
        at += rng.uniform(2, 6)
        yield at, link, _PLAIN, "GET"


def patient(
    at: float, links: int, rng: np.random.Generator
) -> Iterator[tuple[float, int, str, str]]:
    """The same without the hidden link: only a burst gives it away, if there are links enough."""
    at += rng.uniform(20, 300)
    for link in _all(links, hidden=False):
        at += rng.uniform(1, 3)
        yield at, link, _PLAIN, "GET"


def head_first(
    at: float, links: int, rng: np.random.Generator
) -> Iterator[tuple[float, int, str, str]]:
    """Asks for the headers of each link, then for the page as a browser would."""
    at += rng.uniform(3, 60)
    for link in range(links):
        at += rng.uniform(0.2, 0.8)
        yield at, link, _PLAIN, "HEAD"
        yield at + 0.2, link, _PLAIN, "GET"


def at_delivery(
    at: float, links: int, rng: np.random.Generator
) -> Iterator[tuple[float, int, str, str]]:
    """Follows one link while the mail is being taken in."""
    yield at + rng.uniform(-0.5, 1.5), int(rng.integers(links)), _PLAIN, "GET"


def single(
    at: float, links: int, rng: np.random.Generator
) -> Iterator[tuple[float, int, str, str]]:
    """One link, some minutes later, as a browser: nothing tells it from a person."""
    yield at + rng.uniform(15, 900), int(rng.integers(links)), _PLAIN, "GET"


GATEWAYS: tuple[tuple[str, float, Visit], ...] = (
    ("gateway that says so", 0.35, named),
    ("gateway, every link at once", 0.25, fast),
    ("gateway, every link slowly", 0.15, slow),
    ("gateway, visible links slowly", 0.08, patient),
    ("gateway, HEAD first", 0.07, head_first),
    ("gateway, one link at delivery", 0.07, at_delivery),
    ("gateway, one link later", 0.03, single),
)
"""Name, share of the guarded mailboxes, habit. The shares are assumptions, not measurements."""

AT_CLICK = "gateway at the moment of a click"
_CHECKED_AT_CLICK = 0.3  # of guarded people's clicks


def labelled_traffic(
    market: Market, *, subject: str, links: int, sent_at: datetime, seed: int
) -> list[Request]:
    """All requests that one mailing to everybody subscribed brings, in order of time."""
    rng = np.random.default_rng(seed)
    index = np.array(market.subscribed, dtype=np.int64)
    received = np.full(len(index), sent_at.timestamp())
    mail = mailed(market.people, index, subject, received, links)
    hits = joined([human_hits(market.people, market.truth, mail, rng), _proxies(market, mail, rng)])
    found = list(_requests(mail, hits))
    guarded = {int(no) for no in index[market.truth.scanned[index]]}
    found += list(_checked(found, guarded, rng))
    shares = np.array([share for _, share, _ in GATEWAYS])
    kinds = rng.choice(len(GATEWAYS), len(guarded), p=shares / shares.sum())
    for contact, kind in zip(sorted(guarded), kinds.tolist(), strict=True):
        name, _, visit = GATEWAYS[kind]
        for at, link, agent, method in visit(sent_at.timestamp(), links, rng):
            found.append(Request(contact, at, link, agent, method, False, True, name))
    return sorted(found, key=lambda each: each.at)


def _proxies(market: Market, mail: Mailed, rng: np.random.Generator) -> Hits:
    """What privacy proxies and prefetches do; the market's own scanners stay at home."""
    hits = machine_hits(market.truth, mail, rng)
    kept = np.isin(hits.agent, (agents.APPLE_PRIVACY, agents.GMAIL_PREFETCH))
    return Hits(*(getattr(hits, name)[kept] for name in Hits.__dataclass_fields__))


def _requests(mail: Mailed, hits: Hits) -> Iterator[Request]:
    for row in range(len(hits)):
        kind, agent = int(hits.kind[row]), int(hits.agent[row])
        if kind not in (OPENED, CLICKED):
            continue
        contact, by_machine = int(mail.index[hits.row[row]]), bool(hits.by_machine[row])
        source = "person's click" if kind == CLICKED else _OWN.get(agent, "person's own program")
        link, at = int(hits.link_no[row]), float(hits.at[row])
        program = agents.AGENTS[agent]
        yield Request(contact, at, link, program, "GET", False, by_machine, source)


def _checked(
    found: list[Request], guarded: set[int], rng: np.random.Generator
) -> Iterator[Request]:
    """Some gateways look at a link in the moment when it is clicked."""
    for each in found:
        if each.link_no >= 0 and each.contact_index in guarded and rng.random() < _CHECKED_AT_CLICK:
            at = each.at + rng.uniform(-0.4, 0.8)
            yield each._replace(at=at, user_agent=_NAMED[2], by_machine=True, source=AT_CLICK)
