"""The same figures by plain loops over raw facts: slow, obvious, and written without the store."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from drumbeat.marketing.events import Fact, Kind, Reason, Verdict


@dataclass
class Plain:
    sent: int = 0
    people: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    revenue: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def n(self, what: str) -> int:
        return len(self.people[what])


_COUNTED = {
    Kind.opened: "opens",
    Kind.clicked: "clicks",
    Kind.unsubscribed: "unsubscribes",
    Kind.complained: "complaints",
}
_ENGAGING = (Kind.opened, Kind.clicked, Kind.replied, Kind.forwarded)


def count(facts: Sequence[Fact], mailing_no: int) -> Plain:
    plain = Plain()
    mine = [fact for fact in facts if fact.mailing_no == mailing_no]
    recipients = {fact.contact_no for fact in mine if fact.kind == Kind.sent}
    plain.sent = len(recipients)
    for fact in mine:
        for what in _named(fact, fact.contact_no in recipients):
            plain.people[what].add(fact.contact_no)
    for fact in facts:
        if fact.kind == Kind.purchased and mailing_of(fact, facts) == mailing_no:
            plain.revenue[fact.currency] += fact.value_minor
            if fact.value_minor >= 0 and fact.contact_no in recipients:
                plain.people["conversions"].add(fact.contact_no)
    return plain


def _named(fact: Fact, recipient: bool) -> list[str]:
    human = fact.verdict != Verdict.machine
    if fact.kind == Kind.bounced and fact.reason != Reason.transient_bounce:
        return ["bounced" if recipient else "refused"]
    if not recipient:
        return []
    names = ["engaged"] if human and fact.kind in _ENGAGING else []
    if fact.kind in (Kind.opened, Kind.clicked) and not human:
        return [f"machine_{_COUNTED[fact.kind]}"]
    return [*names, _COUNTED[fact.kind]] if fact.kind in _COUNTED else names


def mailing_of(purchase: Fact, facts: Sequence[Fact]) -> int:
    if purchase.mailing_no:
        return purchase.mailing_no
    clicks = [
        (fact.occurred_at, fact.mailing_no)
        for fact in facts
        if fact.kind == Kind.clicked
        and fact.contact_no == purchase.contact_no
        and fact.mailing_no
        and fact.verdict != Verdict.machine
        and fact.occurred_at <= purchase.occurred_at
    ]
    if not clicks:
        return 0
    at, mailing_no = max(clicks)
    return mailing_no if purchase.occurred_at - at <= timedelta(days=7) else 0
