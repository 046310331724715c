"""The people outside: they read what arrived in the sandbox and act over HTTP, each in their time.

The world knows the product only from outside: mail, web addresses, and the shop's event feed.
"""

import heapq
import http.client
import re
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from html import unescape
from urllib.parse import urlsplit

from drumbeat.interfaces.sdk.client import Client, JsonObject
from drumbeat.kit.clock import FileClock
from drumbeat.kit.money import to_major
from drumbeat.marketing.delivery.ports import SandboxInbox, SandboxMail
from drumbeat.science.simulation import Market, Reaction

_CLICK = re.compile(r'href="([^"]*/c/\d+/[^"]+)"([^>]*)>')
_UNSEEN = "display:none"
_PIXEL = re.compile(r'src="([^"]*/o/[^"]+)"')
_LEAVE = re.compile(r'href="([^"]*/u/[^"]+)"')
_PAGE = 500
_LUCK = 1  # one mailing in the demo: equal keys would be equal luck


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
        self._http = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def read_mail(self) -> int:
        """Look into every mailbox for new mail and decide what to do about it; how many came."""
        came = 0
        while arrived := self.inbox.arrivals(self._seen, _PAGE):
            for mail in arrived:
                self._decide(_letter(mail, self._index))
            self._seen = arrived[-1].no
            came += len(arrived)
        self.received += came
        return came

    def next_act(self) -> datetime | None:
        return self._agenda[0][0] if self._agenda else None

    def act_until(self, end: datetime) -> None:
        """Do everything that falls before or at `end`, moving the clock to each act."""
        bought: list[JsonObject] = []
        while self._agenda and self._agenda[0][0] <= end:
            at, _, reaction, letter = heapq.heappop(self._agenda)
            self.clock.set(max(at, self.clock()))
            if reaction.kind in ("purchased", "complained"):
                bought.append(_event(reaction, letter))
            else:
                self._browse(reaction, letter)
            self.acted[reaction.kind] = self.acted.get(reaction.kind, 0) + 1
        if bought:
            self.shop.post("/events", {"events": bought})

    def close(self) -> None:
        self._http.close()

    def _decide(self, letter: Letter) -> None:
        reactions = self.market.reactions(
            letter.contact_index,
            subject=letter.subject,
            links=letter.links,
            received_at=letter.received_at,
            key=_LUCK,
            hidden=len(letter.hidden),
        )
        for reaction in reactions:
            self._order += 1
            heapq.heappush(self._agenda, (reaction.at, self._order, reaction, letter))

    def _browse(self, reaction: Reaction, letter: Letter) -> None:
        if reaction.kind == "opened" and letter.pixel:
            self._request("GET", letter.pixel, reaction.user_agent)
        elif reaction.kind == "clicked" and reaction.link_no is not None:
            link = (*letter.links, *letter.hidden)[reaction.link_no]
            self._request("GET", link, reaction.user_agent)
        elif reaction.kind == "unsubscribed" and letter.leave:
            self._request("GET", letter.leave, reaction.user_agent)
            self._request("POST", letter.leave, reaction.user_agent)

    def _request(self, method: str, url: str, user_agent: str) -> None:
        body = b"List-Unsubscribe=One-Click" if method == "POST" else None
        path, headers = urlsplit(url).path, {"User-Agent": user_agent}
        try:
            self._http.request(method, path, body, headers)
            self._http.getresponse().read()
        except ConnectionError:  # the server closes a connection that was quiet for a while
            self._http.close()
            self._http.request(method, path, body, headers)
            self._http.getresponse().read()


def _letter(mail: SandboxMail, index: dict[str, int]) -> Letter:
    """Read by the library's older interface, which takes a quarter of the time of its newer one."""
    parsed = message_from_bytes(mail.raw)
    html = next((_text(p) for p in parsed.walk() if p.get_content_type() == "text/html"), "")
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


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode(part.get_content_charset("utf-8"))


def _event(reaction: Reaction, letter: Letter) -> JsonObject:
    """What the shop, or the mailbox provider's complaint feed, would report."""
    event: JsonObject = {
        "email": letter.address,
        "kind": reaction.kind,
        "occurred_at": reaction.at.isoformat(),
        "event_id": f"{reaction.kind}-{reaction.order_id or letter.address}",
    }
    if reaction.kind == "purchased":
        event["value"] = to_major(reaction.value_minor, reaction.currency)
        event["currency"] = reaction.currency
        event["order_id"] = reaction.order_id
    return event
