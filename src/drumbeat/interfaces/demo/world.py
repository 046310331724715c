"""The people outside: they read what arrived in the sandbox and act over HTTP, each in their time.

The world knows the product only from outside: mail, web addresses, and the shop's event feed.
"""

import binascii
import heapq
import math
import re
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from urllib.parse import urlsplit

from drumbeat.interfaces.demo.visits import Visit, Visitors
from drumbeat.interfaces.sdk.client import Client, JsonObject
from drumbeat.kit.clock import FileClock
from drumbeat.kit.money import to_major
from drumbeat.marketing.delivery.ports import SandboxInbox, SandboxMail
from drumbeat.science.simulation import Market, Reaction

_CLICK = re.compile(r'href="([^"]*/c/\d+/[^"]+)"([^>]*)>')
_UNSEEN = "display:none"
_PIXEL = re.compile(r'src="([^"]*/o/[^"]+)"')
_LEAVE = re.compile(r'href="([^"]*/u/[^"]+)"')
_BOUNDARY = re.compile(rb'boundary="?([^";\r\n]+)', re.I)
_PAGE = 500
_LUCK = 1  # one mailing in the demo: equal keys would be equal luck

TICKS = ((8, 1, 0), (120, 60, 0), (math.inf, 1_800, -1))
"""Seconds since a mail came, how far apart people then act, and where on the clock: at whole
seconds while it is fresh, when seconds tell machines from people; later in the last second of every
half hour, so that many act at once and each in the local hour in which they would have."""


@dataclass(frozen=True)
class Letter:
    """One mail as its reader sees it; `hidden` links are there for machines only."""

    contact_index: int
    address: str
    subject: str
    received_at: datetime
    links: tuple[str, ...]
    hidden: tuple[str, ...]
    pixel: str | None
    leave: str | None


@dataclass
class World:
    """`acted` counts what people did, by kind; `received` the mails they got."""

    market: Market
    inbox: SandboxInbox
    shop: Client
    port: int
    clock: FileClock
    acted: dict[str, int] = field(default_factory=dict)
    received: int = 0
    _seen: int = 0
    _agenda: list[tuple[datetime, int, Reaction, Letter]] = field(default_factory=list)
    _order: int = 0

    def __post_init__(self) -> None:
        self._index = {c.email: i for i, c in enumerate(self.market.contacts)}
        self._visitors = Visitors(self.port)

    def read_mail(self) -> int:
        """Look into every mailbox for new mail and decide what to do about it; how many came."""
        came = 0
        while arrived := self.inbox.arrivals(self._seen, _PAGE):
            alike: dict[tuple[int, int], list[Letter]] = defaultdict(list)
            for mail in arrived:
                letter = _letter(mail, self._index)
                alike[len(letter.links), len(letter.hidden)].append(letter)
            for letters in alike.values():
                self._decide(letters)
            self._seen = arrived[-1].no
            came += len(arrived)
        self.received += came
        return came

    def next_act(self) -> datetime | None:
        return self._agenda[0][0] if self._agenda else None

    def act_until(self, end: datetime) -> None:
        """Do everything that falls before or at `end`, moving the clock from tick to tick."""
        bought: list[JsonObject] = []
        while self._agenda and self._agenda[0][0] <= end:
            tick, visits = self._agenda[0][0], list[Visit]()
            while self._agenda and self._agenda[0][0] == tick:
                _, _, reaction, letter = heapq.heappop(self._agenda)
                if reaction.kind in ("purchased", "complained"):
                    bought.append(_event(reaction, letter, tick))
                else:
                    visits += _visits(reaction, letter)
                self.acted[reaction.kind] = self.acted.get(reaction.kind, 0) + 1
            self.clock.set(max(tick, self.clock()))
            self._visitors.go(visits)
        if bought:
            self.shop.post("/events", {"events": bought})

    def close(self) -> None:
        self._visitors.close()

    def _decide(self, letters: Sequence[Letter]) -> None:
        """About mails with as many links each."""
        first = letters[0]
        decided = self.market.reactions_of_many(
            [letter.contact_index for letter in letters],
            subjects=[letter.subject for letter in letters],
            links=len(first.links),
            received_at=[letter.received_at for letter in letters],
            key=_LUCK,
            hidden=len(first.hidden),
        )
        for letter, reactions in zip(letters, decided, strict=True):
            for tick, reaction in on_ticks(letter.received_at, reactions):
                self._order += 1
                heapq.heappush(self._agenda, (tick, self._order, reaction, letter))


def on_ticks(
    received_at: datetime, reactions: Iterable[Reaction]
) -> list[tuple[datetime, Reaction]]:
    """When each of one reader's reactions, in order, falls on the demo's clock: never earlier.

    What lies a second apart or more stays apart; what a machine does within one stays together.
    """
    planned: list[tuple[datetime, Reaction]] = []
    before, last = 0, -math.inf
    for reaction in reactions:
        at = reaction.at.timestamp()
        age = at - received_at.timestamp()
        grain, place = next((apart, place) for until, apart, place in TICKS if age < until)
        tick = max(math.ceil((at - place) / grain) * grain + place, before)
        if tick == before and at - last >= 1:
            tick += grain
        before, last = tick, at
        planned.append((datetime.fromtimestamp(tick, UTC), reaction))
    return planned


def _visits(reaction: Reaction, letter: Letter) -> list[Visit]:
    agent = reaction.user_agent
    if reaction.kind == "opened" and letter.pixel:
        return [Visit(_path(letter.pixel), agent)]
    if reaction.kind == "clicked" and reaction.link_no is not None:
        link = (*letter.links, *letter.hidden)[reaction.link_no]
        return [Visit(_path(link), agent)]
    if reaction.kind == "unsubscribed" and letter.leave:
        leave = _path(letter.leave)
        return [Visit(leave, agent), Visit(leave, agent, "POST", b"List-Unsubscribe=One-Click")]
    return []


def _path(url: str) -> str:
    return urlsplit(url).path


def _letter(mail: SandboxMail, index: dict[str, int]) -> Letter:
    html = _html(mail.raw)
    pixel, leave = _PIXEL.search(html), _LEAVE.search(html)
    links = [(unescape(url), _UNSEEN in how) for url, how in _CLICK.findall(html)]
    return Letter(
        contact_index=index[mail.recipient],
        address=mail.recipient,
        subject=mail.subject,
        received_at=mail.received_at,
        links=tuple(url for url, unseen in links if not unseen),
        hidden=tuple(url for url, unseen in links if unseen),
        pixel=unescape(pixel[1]) if pixel else None,
        leave=unescape(leave[1]) if leave else None,
    )


def _html(raw: bytes) -> str:
    """The HTML part of a mail of two. A whole parser would take longer than all its reader does."""
    head, _, body = raw.partition(b"\r\n\r\n")
    boundary = _BOUNDARY.search(head)
    for part in body.split(b"--" + boundary[1]) if boundary else ():
        about, _, content = part.partition(b"\r\n\r\n")
        about = about.lower()
        if b"text/html" not in about:
            continue
        if b"base64" in about:
            content = b64decode(content)
        elif b"quoted-printable" in about:
            content = binascii.a2b_qp(content)
        return content.decode()
    return ""


def _event(reaction: Reaction, letter: Letter, at: datetime) -> JsonObject:
    """What the shop, or the mailbox provider's complaint feed, would report."""
    event: JsonObject = {
        "email": letter.address,
        "kind": reaction.kind,
        "occurred_at": at.isoformat(),
        "event_id": f"{reaction.kind}-{reaction.order_id or letter.address}",
    }
    if reaction.kind == "purchased":
        event["value"] = to_major(reaction.value_minor, reaction.currency)
        event["currency"] = reaction.currency
        event["order_id"] = reaction.order_id
    return event
