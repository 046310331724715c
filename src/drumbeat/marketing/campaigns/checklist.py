"""What stands between a campaign and its readers, item by item, before anybody is mailed.

A pure decision: `evidence.py` reads what it needs. An item `blocks` when mail would be refused or
break a promise, is a `warning` when it costs readers, `not_checked` when nobody could look.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from drumbeat.marketing.senders import Standing, aligned

CLIPPED_AT = 102 * 1024
"""Bytes of HTML after which Gmail shows no more, the footer's unsubscribe link first."""
LEAST_TEXT = 40
"""Characters of a text part that somebody could call a letter."""

PHRASES = (
    "100% free",
    "act now",
    "buy now",
    "cash bonus",
    "click here",
    "congratulations",
    "double your",
    "earn money",
    "guaranteed",
    "no obligation",
    "once in a lifetime",
    "risk-free",
    "winner",
    "$$$",
)
"""Words that filters of content are known to count; one of them alone decides nothing."""


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    BLOCKS = "blocks"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True)
class Item:
    """One line of the list: what was looked at, what came out, and how to mend it."""

    name: str
    level: Level
    message: str
    mend: str = ""
    details: tuple[str, ...] = ()


class LinkState(StrEnum):
    OK = "ok"
    BROKEN = "broken"
    PRIVATE = "private"
    UNREACHED = "unreached"


@dataclass(frozen=True)
class LinkFound:
    """How one link answered when it was followed."""

    url: str
    state: LinkState
    message: str


@dataclass(frozen=True)
class RecordFound:
    """How one DNS record of the sender stood."""

    kind: str
    standing: Standing
    message: str
    name: str = ""
    value: str = ""


@dataclass(frozen=True)
class Outlook:
    """What a look outside found, and when."""

    looked_at: datetime
    links: tuple[LinkFound, ...]
    records: tuple[RecordFound, ...]


def outlook_from(found: Mapping[str, Sequence[Mapping[str, str]]], at: datetime) -> Outlook:
    """What `asdict` made of the links and records of one."""
    links = (
        LinkFound(each["url"], LinkState(each["state"]), each["message"]) for each in found["links"]
    )
    records = (
        RecordFound(
            each["kind"], Standing(each["standing"]), each["message"], each["name"], each["value"]
        )
        for each in found["records"]
    )
    return Outlook(at, tuple(links), tuple(records))


@dataclass(frozen=True)
class BuiltArm:
    """One variant as one real contact would get it, taken apart again."""

    html_bytes: int
    message_bytes: int
    text: str
    subject: str
    header_unsubscribe: str
    one_click: bool
    link_in_html: bool
    link_in_text: bool


@dataclass(frozen=True)
class Evidence:
    """What is known inside the house. `arms` are empty while nobody may be mailed.

    `signed_by` are the domains of our DKIM keys; `real`: mail leaves the house; `return_path` is
    "" while it is the sender.
    """

    audience_size: int
    mailable: int
    excluded: Mapping[str, int]
    arms: tuple[BuiltArm, ...]
    seen_by: str
    links: tuple[str, ...]
    personal_links: int
    images: int
    images_without_alt: int
    sender_email: str
    placeholders: tuple[str, ...]
    real: bool
    dead_links: bool
    public_url: str
    return_path: str = ""
    signed_by: tuple[str, ...] = ()
    outlook: Outlook | None = None
    problems: tuple[str, ...] = field(default_factory=tuple)


def checklist(evidence: Evidence) -> list[Item]:
    """In the order in which a person would mend them."""
    return [item for look in _LOOKS for item in look(evidence)]


def _audience(evidence: Evidence) -> list[Item]:
    reasons = sorted(evidence.excluded.items(), key=lambda each: (-each[1], each[0]))
    details = tuple(f"{count:,} {_REASONS.get(reason, reason)}" for reason, count in reasons)
    told = f"{evidence.mailable:,} of {evidence.audience_size:,} people may be mailed"
    if not evidence.mailable:
        mend = "Import contacts with their consent, or name another audience."
        return [Item("audience", Level.BLOCKS, f"{told}: nobody would get it.", mend, details)]
    return [Item("audience", Level.OK, f"{told}.", details=details)]


_REASONS = {
    "no_consent": "without a yes to mail (no_consent)",
    "suppressed:complained": "marked our mail as spam (suppressed:complained)",
    "suppressed:bounced": "with an address that does not exist (suppressed:bounced)",
}


def _content(evidence: Evidence) -> list[Item]:
    if not evidence.arms:
        why = "; ".join(evidence.problems) or "there is nobody to build the mail for"
        level = Level.BLOCKS if evidence.problems else Level.NOT_CHECKED
        mend = "Mend the template or the contact's fields." if evidence.problems else ""
        return [Item("content", level, f"The mail could not be built: {why}.", mend)]
    return [*_size(evidence), *_text(evidence), *_unsubscribe(evidence), *_phrases(evidence)]


def _size(evidence: Evidence) -> list[Item]:
    largest = max(evidence.arms, key=lambda arm: arm.html_bytes)
    told = f"The HTML has {largest.html_bytes / 1024:,.1f} KB for {evidence.seen_by}"
    if largest.html_bytes > CLIPPED_AT:
        mend = "Shorten it, or take styles and comments out of it."
        clipped = f"{told}: Gmail shows the first 102 KB, so the unsubscribe link is cut off."
        return [Item("size", Level.WARNING, clipped, mend)]
    return [Item("size", Level.OK, f"{told}, below the 102 KB after which Gmail clips.")]


def _text(evidence: Evidence) -> list[Item]:
    shortest = min((arm.text for arm in evidence.arms), key=len)
    if len(shortest.strip()) < LEAST_TEXT:
        message = f"The text part has {len(shortest.strip())} characters."
        mend = "Write content_text, or say in words what the images show."
        return [Item("text", Level.WARNING, message, mend)]
    return [Item("text", Level.OK, f"The text part has {len(shortest):,} characters.")]


def _unsubscribe(evidence: Evidence) -> list[Item]:
    if not all(arm.one_click and arm.link_in_html and arm.link_in_text for arm in evidence.arms):
        message = "Some variant lacks the unsubscribe link, or the headers for one click."
        mend = "Show {{ unsubscribe_url }} where every reader sees it."
        return [Item("unsubscribe", Level.BLOCKS, message, mend)]
    if evidence.dead_links:
        message = f"It would lead to {evidence.public_url}, which only this machine can reach."
        return [Item("unsubscribe", Level.BLOCKS, message, "Set DRUMBEAT_PUBLIC_URL.")]
    if evidence.real and not evidence.public_url.startswith("https://"):
        message = f"One click needs https (RFC 8058), and the link leads to {evidence.public_url}."
        mend = "Set DRUMBEAT_PUBLIC_URL to an https address."
        return [Item("unsubscribe", Level.WARNING, message, mend)]
    told = "One click in the headers, a link in the HTML and in the text."
    return [Item("unsubscribe", Level.OK, told)]


def _phrases(evidence: Evidence) -> list[Item]:
    said = " ".join(f"{arm.subject} {arm.text}" for arm in evidence.arms).casefold()
    found = tuple(phrase for phrase in PHRASES if phrase in said)
    shouted = [arm.subject for arm in evidence.arms if _shouts(arm.subject)]
    if not found and not shouted:
        return [Item("wording", Level.OK, "No phrase that filters are known to count.")]
    details = (*found, *(f"in capitals: {subject}" for subject in shouted))
    mend = "Say it in your own words; filters weigh many things, and this is one of them."
    return [Item("wording", Level.WARNING, "Some words look like spam to filters.", mend, details)]


def _shouts(subject: str) -> bool:
    letters = [each for each in subject if each.isalpha()]
    return len(letters) >= 8 and all(each.isupper() for each in letters)


def _images(evidence: Evidence) -> list[Item]:
    if not evidence.images:
        return [Item("images", Level.OK, "There are no images.")]
    if evidence.images_without_alt:
        told = f"{evidence.images_without_alt} of {evidence.images} images have no alternative text"
        message = f"{told}; how large they are was not checked."
        return [
            Item("images", Level.WARNING, message, 'Give each img an alt, alt="" if it adorns.')
        ]
    message = f"All {evidence.images} images have alternative text; their sizes were not checked."
    return [Item("images", Level.OK, message)]


def _links(evidence: Evidence) -> list[Item]:
    if not evidence.links and not evidence.personal_links:
        return [Item("links", Level.OK, "There are no links.")]
    untold = f" {evidence.personal_links} are filled in per reader." * bool(evidence.personal_links)
    found = {} if evidence.outlook is None else {each.url: each for each in evidence.outlook.links}
    seen = [found[url] for url in evidence.links if url in found]
    if not seen or all(each.state is LinkState.UNREACHED for each in seen):
        message = f"Not checked, for nobody outside could be asked: {len(evidence.links)} link(s)."
        if evidence.outlook is None:
            message = f"Not checked yet: {len(evidence.links)} link(s)."
        mend = "Check again with a connection to the internet." if evidence.links else ""
        return [Item("links", Level.NOT_CHECKED, message + untold, mend)]
    bad = [each for each in seen if each.state is not LinkState.OK]
    if not bad:
        return [Item("links", Level.OK, f"All {len(seen)} links answer.{untold}")]
    private = any(each.state is LinkState.PRIVATE for each in bad)
    message = f"{len(bad)} of {len(seen)} links do not lead to a page.{untold}"
    details = tuple(f"{each.url}: {each.message}" for each in bad)
    level = Level.BLOCKS if private else Level.WARNING
    return [Item("links", level, message, "Mend or remove them.", details)]


def _sender(evidence: Evidence) -> list[Item]:
    if evidence.placeholders:
        names = " and ".join(evidence.placeholders)
        message = (
            "The sender is still a placeholder, in part or whole: it never leaves the sandbox."
        )
        level = Level.BLOCKS if evidence.real else Level.WARNING
        return [Item("sender", level, message, f"Set {names}.")]
    if not evidence.real:
        return [Item("sender", Level.OK, "The sandbox takes any sender; nothing leaves the house.")]
    return [_signature(evidence), _return_path(evidence), *_records(evidence)]


def _signature(evidence: Evidence) -> Item:
    domain = evidence.sender_email.rpartition("@")[2]
    if not evidence.signed_by:
        message = "We do not sign it; whether your mail server does cannot be seen from here."
        mend = "Create a DKIM key, unless your provider signs for your domain."
        return Item("signature", Level.WARNING, message, mend)
    if not any(aligned(each, domain) for each in evidence.signed_by):
        signed = ", ".join(evidence.signed_by)
        message = f"It is signed by {signed}, which is not the domain of {evidence.sender_email}."
        return Item("signature", Level.WARNING, message, f"Sign with a key of {domain}.")
    return Item("signature", Level.OK, f"Signed by {evidence.signed_by[0]}, as From says.")


def _return_path(evidence: Evidence) -> Item:
    if not evidence.return_path:
        return Item("return_path", Level.OK, "Bounces go to the sender's own address.")
    domain, sender = (
        each.rpartition("@")[2] for each in (evidence.return_path, evidence.sender_email)
    )
    if aligned(domain, sender):
        return Item("return_path", Level.OK, f"Bounces go to {domain}, as From says.")
    message = f"Bounces go to {domain}, so SPF says nothing for {sender} (DMARC alignment)."
    return Item("return_path", Level.WARNING, message, f"Use a return path below {sender}.")


def _records(evidence: Evidence) -> list[Item]:
    if evidence.outlook is None or not evidence.outlook.records:
        return [Item("dns", Level.NOT_CHECKED, "What DNS says of the sender was not checked yet.")]
    return [
        Item(
            each.kind,
            _LEVELS[each.standing],
            each.message,
            "" if each.standing is Standing.OK else f"{each.name}: {each.value}",
        )
        for each in evidence.outlook.records
    ]


_LEVELS = {
    Standing.OK: Level.OK,
    Standing.MISSING: Level.WARNING,
    Standing.DIFFERS: Level.WARNING,
    Standing.NOT_CHECKED: Level.NOT_CHECKED,
}
_LOOKS: Sequence[Callable[[Evidence], list[Item]]] = (
    _audience,
    _content,
    _images,
    _links,
    _sender,
)
