"""Which two contacts are likely one person, by what evidence, and what one becomes of both.

Pure. Only a person merges; this says why it might be right.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience.model import Attribute, Consent, Contact, SuppressionReason

# A provider's own rules, as it documents them: the domain that its mailboxes are one under, whether
# dots before the @ mean nothing, and whether what follows a plus is a tag.
_PROVIDERS: Mapping[str, tuple[str, bool, bool]] = {
    "gmail.com": ("gmail.com", True, True),
    "googlemail.com": ("gmail.com", True, True),
    "outlook.com": ("outlook.com", False, True),
    "hotmail.com": ("hotmail.com", False, True),
    "live.com": ("live.com", False, True),
    "icloud.com": ("icloud.com", False, True),
    "fastmail.com": ("fastmail.com", False, True),
    "proton.me": ("proton.me", False, True),
    "protonmail.com": ("proton.me", False, True),
    "pm.me": ("proton.me", False, True),
}
_LEAST_DIGITS = 7
_PERSONAL = frozenset(
    (SuppressionReason.unsubscribed, SuppressionReason.complained, SuppressionReason.requested)
)


@dataclass(frozen=True, slots=True)
class Sign:
    """What two contacts have in common: `kind` is mailbox, external_id or name_and_phone."""

    kind: str
    value: str


@dataclass(frozen=True)
class Pair:
    """Two contacts that are likely one person; `keep` may be mailed, or is known for longer."""

    keep: Contact
    other: Contact
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class Traces:
    """One contact as the search for duplicates sees it."""

    contact_no: ContactNo
    signs: tuple[Sign, ...]


def mailbox_of(address: str) -> str:
    """Where mail to an address arrives, by the rules of its provider."""
    local, _, domain = address.casefold().rpartition("@")
    canonical, dots, tags = _PROVIDERS.get(domain, (domain, False, False))
    if tags:
        local = local.partition("+")[0] or local
    if dots:
        local = local.replace(".", "")
    return f"{local}@{canonical}"


def traces_of(
    contact_no: ContactNo,
    address: str,
    external_id: str | None,
    attributes: Mapping[str, Attribute],
) -> Traces:
    """What somebody else may have in common with this contact."""
    signs = [Sign("mailbox", mailbox_of(address))]
    folded = re.sub(r"\W", "", external_id or "").casefold()
    if folded:
        signs.append(Sign("external_id", folded))
    first, last = (str(attributes.get(name, "")) for name in ("first_name", "last_name"))
    name = " ".join((str(attributes.get("name") or "") or f"{first} {last}").casefold().split())
    digits = re.sub(r"\D", "", str(attributes.get("phone") or "")).lstrip("0")
    if name and len(digits) >= _LEAST_DIGITS:
        signs.append(Sign("name_and_phone", f"{name}, {digits}"))
    return Traces(contact_no, tuple(signs))


def pair_up(everybody: Iterable[Traces], most: int) -> list[tuple[int, int, tuple[Sign, ...]]]:
    """Up to `most` (number, number, what they share), the first of each group with every other."""
    first: dict[Sign, ContactNo] = {}
    shared: dict[tuple[int, int], list[Sign]] = {}
    for traces in everybody:
        for sign in traces.signs:
            known = first.setdefault(sign, traces.contact_no)
            pair = known, traces.contact_no
            if known != traces.contact_no and (pair in shared or len(shared) < most):
                shared.setdefault(pair, []).append(sign)
    return [(a, b, tuple(signs)) for (a, b), signs in shared.items()]


def as_pair(one: Contact, two: Contact, signs: tuple[Sign, ...]) -> Pair:
    """A yes stays with the address that gave it, so who said yes is kept; else who came first."""
    ordered = sorted((one, two), key=lambda c: (c.consent is not Consent.subscribed, c.created_at))
    return Pair(ordered[0], ordered[1], signs)


def refused_topics(keep: Mapping[int, Consent], other: Mapping[int, Consent]) -> list[int]:
    """Topics that only the other had said no to: a no of either holds for both."""
    no = Consent.unsubscribed
    return sorted(t for t, state in other.items() if state is no and keep.get(t) is not no)


def carried(reason: SuppressionReason | None) -> SuppressionReason | None:
    """A no of a person follows them; a mailbox that bounced says nothing of another one."""
    return reason if reason in _PERSONAL else None
