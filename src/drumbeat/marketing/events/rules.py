"""What may be recorded, which words name a kind, and which facts are the same fact."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from drumbeat.kit.clock import epoch
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.events.model import Fact, Kind, Reason, Told

MAX_FACTS = 2_000
"""The most facts one unit of work records or folds."""

EVIDENCE_DAYS = 30
ARCHIVE_BATCHES = 100
ARCHIVE_SECONDS = 600

_SYNONYMS = {
    "send": "sent",
    "sends": "sent",
    "deliver": "delivered",
    "delivery": "delivered",
    "bounce": "bounced",
    "hard_bounce": "bounced",
    "soft_bounce": "bounced",
    "open": "opened",
    "click": "clicked",
    "reply": "replied",
    "forward": "forwarded",
    "purchase": "purchased",
    "bought": "purchased",
    "buy": "purchased",
    "order": "purchased",
    "ordered": "purchased",
    "placed_order": "purchased",
    "unsubscribe": "unsubscribed",
    "unsub": "unsubscribed",
    "complaint": "complained",
    "complain": "complained",
    "spam": "complained",
    "spamreport": "complained",
    "view": "viewed",
    "page_view": "viewed",
    "pageview": "viewed",
    "signup": "signed_up",
    "sign_up": "signed_up",
    "post": "posted",
}
_EARLIEST, _LATEST = 0, 7_258_118_400  # 1970 and 2200
_AGENT_CHARACTERS, _IP_CHARACTERS = 300, 64
_RANGES = (
    ("contact_no", 1, 2**31 - 1),
    ("mailing_no", 0, 2**31 - 1),
    ("arm_no", -1, 127),
    ("link_no", -1, 2**15 - 1),
    ("value_minor", -(2**62), 2**62),
)


WHY = {
    Reason.apple_privacy_proxy: "Apple Mail's privacy proxy fetches every image unasked",
    Reason.mail_image_proxy: "seen through Gmail's or Yahoo's image proxy when it was opened",
    Reason.security_gateway: "a security gateway by its own name",
    Reason.head_request: "it asked for headers only, as link checkers do",
    Reason.no_user_agent: "it did not say which program it is",
    Reason.sooner_than_a_person: "sooner after sending than a person can act",
    Reason.many_links_at_once: "three or more links within a second",
    Reason.burst: "one link after the other, faster than people read",
    Reason.hidden_link: "it followed a link that no reader sees",
    Reason.beside_a_machine: "in the same moment as a scanner on another link",
    Reason.prefetch: "fetched ahead of time, by its own word",
    Reason.mail_prefetch: "Gmail fetched it before anybody opened",
    Reason.link_preview: "a preview of a shared link",
    Reason.program: "a crawler or a script by its own name",
    Reason.soon_after_sending: "within ten seconds of sending",
    Reason.soon_after_opening: "open and click in the same moment",
    Reason.unknown_program: "a program that nobody knows",
    Reason.permanent_bounce: "there is no such mailbox",
    Reason.transient_bounce: "not now: it may still arrive",
    Reason.policy_bounce: "our mail was not wanted there",
    Reason.quota_bounce: "the mailbox was full",
    Reason.soft_bounce: "it could not be delivered in time",
}
"""Why an open or a click was judged as it was, and which bounce it is, for people."""


@lru_cache(maxsize=256)
def kind_of(word: str) -> Kind:
    """The kind a word such as "purchase", "Bought" or "opened" means. Raises InvalidInput."""
    plain = re.sub(r"[\s\-]+", "_", word.strip().lower())
    try:
        return Kind[_SYNONYMS.get(plain, plain)]
    except KeyError:
        known = ", ".join(kind.name for kind in Kind)
        message = f"{word[:40]!r} is not a kind of event; the kinds are {known}."
        raise InvalidInput(message, field="kind") from None


def check(facts: Sequence[Fact]) -> None:
    """Raises InvalidInput naming the fact and the field that no table could hold."""
    check_number(len(facts))
    for position, fact in enumerate(facts):
        problem = problem_of(fact)
        if problem:
            raise InvalidInput(f"Fact {position + 1}: {problem[1]}", field=problem[0])


def check_number(facts: int) -> None:
    """Raises InvalidInput for more than one unit takes."""
    if facts > MAX_FACTS:
        message = f"{facts} facts at once; one unit of work takes at most {MAX_FACTS}."
        raise InvalidInput(message, field="facts")


def check_alike(fact: Fact, contact_nos: Sequence[ContactNo]) -> None:
    """As `check`, for one fact about each of these contacts."""
    if fact.event_id is not None or fact.user_agent or fact.ip:
        raise InvalidInput("A fact with an id or evidence is of one contact.", field="contact_no")
    if len(contact_nos) > MAX_FACTS:
        message = f"{len(contact_nos)} facts at once; one unit of work takes at most {MAX_FACTS}."
        raise InvalidInput(message, field="facts")
    check([replace(fact, contact_no=number) for number in {min(contact_nos), max(contact_nos)}])


def problem_of(fact: Fact | Told) -> tuple[str, str] | None:
    """(field, why) of a fact that no table could hold; None for one that can be recorded."""
    if fact.occurred_at.tzinfo is None:
        return "occurred_at", "occurred_at has no time zone."
    if not _EARLIEST <= fact.occurred_at.timestamp() < _LATEST:
        return "occurred_at", f"{fact.occurred_at.isoformat()} lies outside 1970 to 2200."
    for name, least, most in () if _is_in_range(fact) else _RANGES:
        value: int = getattr(fact, name)
        if not least <= value <= most:
            return name, f"{name} {value} lies outside {least} to {most}."
    if fact.currency and not re.fullmatch(r"[A-Z]{3}", fact.currency):
        return "currency", f"{fact.currency[:10]!r} is not a currency code such as EUR."
    return None


def _is_in_range(fact: Fact | Told) -> bool:
    """The same bounds as `_RANGES`, without a loop: an import asks for every row."""
    return (
        0 < fact.contact_no < 2**31
        and 0 <= fact.mailing_no < 2**31
        and -1 <= fact.arm_no <= 127
        and -1 <= fact.link_no < 2**15
        and -(2**62) <= fact.value_minor <= 2**62
    )


def event_key(source: str, event_id: str) -> bytes:
    """16 bytes that stand for (source, event_id) in the table of what was seen."""
    material = f"{source}\0{event_id}".encode()
    return hashlib.blake2b(material, digest_size=16).digest()


def order_key(order_id: str) -> int:
    """A signed 64-bit stand-in for an order number; 0 only for none."""
    if not order_id:
        return 0
    digest = hashlib.blake2b(order_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True) or 1


def as_json(properties: Mapping[str, str] | None) -> str | None:
    """How a row keeps properties: in one order, so that equal ones are equal text."""
    if not properties:
        return None
    return json.dumps(dict(properties), ensure_ascii=False, sort_keys=True)


def cut_evidence(ip: str, user_agent: str) -> tuple[str, str]:
    """As much of either as is kept."""
    return ip[:_IP_CHARACTERS], user_agent[:_AGENT_CHARACTERS]


@dataclass
class ContentIds:
    """Event ids for rows that have none, made of what they say: one of these per file.

    The n-th of equal rows gets the n-th id, so two equal lines of an order both count, and the
    same file a second time adds nothing.
    """

    _seen: Counter[bytes] = field(default_factory=Counter)

    def give(self, facts: Iterable[Fact]) -> list[Fact]:
        return [f if f.event_id is not None else replace(f, event_id=self._id(f)) for f in facts]

    def made_for(self, told: Told) -> str:
        return self._id(told)

    def _id(self, fact: Fact | Told) -> str:
        content = hashlib.blake2b(_content(fact).encode(), digest_size=12).digest()
        self._seen[content] += 1
        return f"content:{content.hex()}:{self._seen[content]}"


def _content(fact: Fact | Told) -> str:
    properties = sorted((fact.properties or {}).items())
    return repr(
        (
            int(fact.kind),
            epoch(fact.occurred_at),
            fact.contact_no,
            fact.mailing_no,
            fact.arm_no,
            fact.link_no,
            fact.value_minor,
            fact.currency,
            fact.order_id,
            properties,
        )
    )


def archive_due(batches: int, oldest_at: datetime | None, now: datetime) -> bool:
    """Whether the folded batches are many or old enough to become files."""
    if oldest_at is None:
        return False
    return batches >= ARCHIVE_BATCHES or (now - oldest_at).total_seconds() >= ARCHIVE_SECONDS
