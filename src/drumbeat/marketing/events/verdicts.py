"""Who acted: a person or a machine, and why we think so.

A verdict never deletes anything: it is a column, and its reason stands beside it. Judged by one
request when it is recorded (`judge`); by its neighbours when facts are folded, archived, compacted
or judged again (`judge_neighbours`). Whatever changes here moves `RULES`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from drumbeat.kit.hidden_link import HIDDEN_LINK
from drumbeat.marketing.events.model import (
    HEAD,
    PREFETCH,
    Fact,
    FoldedFact,
    Kind,
    Reason,
    Verdict,
)
from drumbeat.marketing.events.programs import Program, program_of

RULES = 2
"""The version of these rules; 1 were those of the first release."""

PERSON_SECONDS = 3
"""Sooner after its send no person opens or clicks: the mail is hardly in the mailbox."""

SOON_SECONDS = 10
"""Sooner than this few people click, and many scanners."""

MANY_LINKS = 3
"""So many different links of one mail within a second or two are no person's."""

BURST_LINKS, BURST_SECONDS = 4, 10
"""Nor are so many within so many seconds: a scanner that takes its time."""

QUICK_LINKS, QUICK_SECONDS = 3, 6
"""So many in so few seconds may be a person who opens tabs."""

PAUSE_SECONDS = 30
"""Clicks with no longer pause between them are one visit, judged as one where a machine shows."""

OPEN_SECONDS = 10
"""Around a machine's visit, an open that is its own."""

GLANCE_SECONDS = 1
"""Sooner after an open few people click: the mail is hardly on the screen."""

BESIDE_SECONDS = 2
"""Around a machine's click on another link; the same link may be checked while a person waits."""

BY_NEIGHBOURS = frozenset(
    (
        Reason.sooner_than_a_person,
        Reason.many_links_at_once,
        Reason.burst,
        Reason.hidden_link,
        Reason.beside_a_machine,
        Reason.soon_after_sending,
        Reason.soon_after_opening,
    )
)
"""Reasons that no single request gives, but for who follows the hidden link itself."""

_OF_PEOPLE = frozenset((Reason.none, Reason.soon_after_opening, Reason.unknown_program))
_SURE = frozenset((Reason.security_gateway, Reason.head_request, Reason.program, Reason.prefetch))

_BY_NAME = {
    Program.person: (Verdict.human, Reason.none),
    Program.apple_proxy: (Verdict.machine, Reason.apple_privacy_proxy),
    # These fetch when a person opens; they only hide who and where.
    Program.image_proxy: (Verdict.human, Reason.mail_image_proxy),
    Program.image_prefetch: (Verdict.machine, Reason.mail_prefetch),
    Program.gateway: (Verdict.machine, Reason.security_gateway),
    Program.preview: (Verdict.machine, Reason.link_preview),
    Program.robot: (Verdict.machine, Reason.program),
    Program.nameless: (Verdict.machine, Reason.no_user_agent),
    Program.unknown: (Verdict.unsure, Reason.unknown_program),
}


@lru_cache(maxsize=8_192)
def judge(
    kind: int, user_agent: str, asked: int = 0, hidden: bool = False
) -> tuple[Verdict, Reason]:
    """Judge one request by itself; `asked` is of the bits HEAD and PREFETCH.

    `hidden`: it follows the link that no reader sees.
    """
    if hidden:
        return Verdict.machine, Reason.hidden_link
    if asked & HEAD:
        return Verdict.machine, Reason.head_request
    if asked & PREFETCH:
        return Verdict.machine, Reason.prefetch
    verdict, reason = _BY_NAME[program_of(user_agent)]
    if reason is Reason.apple_privacy_proxy and kind == Kind.clicked:
        verdict = Verdict.unsure  # the proxy fetches images; a click under its name is somebody's
    return verdict, reason


def judged(fact: Fact) -> Fact:
    """An imported open or click that brought its user agent is judged by it, as a hit would be."""
    if fact.verdict != Verdict.human or fact.reason or not fact.user_agent:
        return fact
    if fact.kind not in (Kind.opened, Kind.clicked):
        return fact
    verdict, reason = judge(fact.kind, fact.user_agent, 0, fact.link_no == HIDDEN_LINK)
    return replace(fact, verdict=verdict, reason=reason) if reason else fact


def judge_neighbours(
    facts: Sequence[FoldedFact], context: Iterable[FoldedFact] = ()
) -> tuple[FoldedFact, ...]:
    """Turn opens and clicks that no person makes into machines' deeds; nothing else changes.

    The first rule that holds is the reason. `context` holds neighbours that are looked at but not
    judged. A verdict of machine is never taken back here.
    """
    around = _Neighbours([*context, *facts])
    return tuple(_among(fact, around) for fact in facts)


def _among(fact: FoldedFact, around: "_Neighbours") -> FoldedFact:
    if fact.verdict == Verdict.machine or not fact.mailing_no:
        return fact
    if fact.kind == Kind.clicked:
        return _click(fact, around)
    if fact.kind == Kind.opened:
        return _open(fact, around)
    return fact


def _open(fact: FoldedFact, around: "_Neighbours") -> FoldedFact:
    if around.after_send(fact, PERSON_SECONDS):
        return _told(fact, Verdict.machine, Reason.sooner_than_a_person)
    if fact.reason == Reason.mail_image_proxy:
        return fact  # fetched through a mailbox: no gateway's
    # Whoever follows every link has fetched the image as well.
    if (reason := around.visit_near(fact)) is not None:
        return _told(fact, Verdict.machine, reason)
    if fact.verdict == Verdict.human and around.clicked_at_once(fact):
        return _told(fact, Verdict.unsure, Reason.soon_after_opening)
    return fact


def _click(fact: FoldedFact, around: "_Neighbours") -> FoldedFact:
    if around.after_send(fact, PERSON_SECONDS):
        return _told(fact, Verdict.machine, Reason.sooner_than_a_person)
    if (reason := around.visit_of(fact) or around.beside(fact)) is not None:
        return _told(fact, Verdict.machine, reason)
    if fact.verdict == Verdict.human and (doubt := around.doubt_about(fact)) is not None:
        return _told(fact, Verdict.unsure, doubt)
    return fact


def _told(fact: FoldedFact, verdict: Verdict, reason: Reason) -> FoldedFact:
    return fact._replace(verdict=int(verdict), reason=int(reason))


Recipient = tuple[int, int]


@dataclass
class _Second:
    """Which links of one mail were clicked in one second, and which by machines for sure."""

    links: set[int] = field(default_factory=set)
    by_machines: set[int] = field(default_factory=set)


class _Neighbours:
    """The sends, the opens and the clicks of each recipient of a mailing.

    Clicks are gathered by the second: whoever clicks a million times costs no more than their
    seconds do.
    """

    def __init__(self, facts: Iterable[FoldedFact]) -> None:
        self._sends: dict[Recipient, set[int]] = {}
        self._opens: dict[Recipient, set[int]] = {}
        self._clicks: dict[Recipient, dict[int, _Second]] = {}
        self._visits: dict[Recipient, dict[int, Reason | None]] = {}
        for fact in facts:
            if fact.mailing_no:
                self._take(fact)

    def _take(self, fact: FoldedFact) -> None:
        whose = (fact.mailing_no, fact.contact_no)
        if fact.kind == Kind.sent:
            self._sends.setdefault(whose, set()).add(fact.occurred_at)
        elif fact.kind == Kind.opened and fact.reason in _OF_PEOPLE:
            self._opens.setdefault(whose, set()).add(fact.occurred_at)
        elif fact.kind == Kind.clicked and fact.link_no >= 0:
            seconds = self._clicks.setdefault(whose, {})
            here = seconds.setdefault(fact.occurred_at, _Second())
            here.links.add(fact.link_no)
            if fact.reason in _SURE:
                here.by_machines.add(fact.link_no)

    def after_send(self, fact: FoldedFact, seconds: int) -> bool:
        """A scanner may even come before the send's own stamp: while the server answers us."""
        sends = self._sends.get(_whose(fact), ())
        return any(-PERSON_SECONDS <= fact.occurred_at - at < seconds for at in sends)

    def visit_of(self, click: FoldedFact) -> Reason | None:
        """Why the visit that this click is part of is a machine's; None if it is not."""
        return self._visits_of(_whose(click)).get(click.occurred_at)

    def visit_near(self, opened: FoldedFact) -> Reason | None:
        """The same of the clicks around an open."""
        visits, at = self._visits_of(_whose(opened)), opened.occurred_at
        if not visits:
            return None
        around = (visits.get(at + after) for after in range(-OPEN_SECONDS, OPEN_SECONDS + 1))
        return next((reason for reason in around if reason is not None), None)

    def beside(self, click: FoldedFact) -> Reason | None:
        near = self._near(click, -BESIDE_SECONDS, BESIDE_SECONDS)
        elsewhere = any(here.by_machines - {click.link_no} for here in near.values())
        return Reason.beside_a_machine if elsewhere else None

    def doubt_about(self, click: FoldedFact) -> Reason | None:
        if self.after_send(click, SOON_SECONDS):
            return Reason.soon_after_sending
        near = self._near(click, -QUICK_SECONDS, QUICK_SECONDS)
        if _crowded(near, QUICK_SECONDS, QUICK_LINKS, around=click.occurred_at):
            return Reason.burst
        opens, at = self._opens.get(_whose(click), ()), click.occurred_at
        at_once = any(at - after in opens for after in range(GLANCE_SECONDS + 1))
        return Reason.soon_after_opening if at_once else None

    def clicked_at_once(self, opened: FoldedFact) -> bool:
        return bool(self._near(opened, 0, GLANCE_SECONDS))

    def _near(self, fact: FoldedFact, first: int, last: int) -> dict[int, _Second]:
        clicked, at = self._clicks.get(_whose(fact), {}), fact.occurred_at
        seconds = range(at + first, at + last + 1)
        return {second: clicked[second] for second in seconds if second in clicked}

    def _visits_of(self, whose: Recipient) -> Mapping[int, Reason | None]:
        """Of each second with a click, why its visit is a machine's."""
        if whose not in self._visits:
            clicked = self._clicks.get(whose, {})
            self._visits[whose] = {
                second: reason
                for visit in _visits(sorted(clicked))
                for reason in [_reason_of({second: clicked[second] for second in visit})]
                for second in visit
            }
        return self._visits[whose]


def _whose(fact: FoldedFact) -> Recipient:
    return fact.mailing_no, fact.contact_no


def _visits(seconds: Sequence[int]) -> Iterator[Sequence[int]]:
    """Cut where nobody clicked for a while."""
    start = 0
    for place in range(1, len(seconds) + 1):
        if place == len(seconds) or seconds[place] - seconds[place - 1] > PAUSE_SECONDS:
            yield seconds[start:place]
            start = place


def _reason_of(visit: Mapping[int, _Second]) -> Reason | None:
    if any(HIDDEN_LINK in here.links for here in visit.values()):
        return Reason.hidden_link
    if _crowded(visit, 1, MANY_LINKS):
        return Reason.many_links_at_once
    return Reason.burst if _crowded(visit, BURST_SECONDS, BURST_LINKS) else None


def _crowded(
    clicked: Mapping[int, _Second], seconds: int, links: int, *, around: int | None = None
) -> bool:
    """Whether so many different links were clicked within so many seconds, of which one may be
    prescribed."""
    if len(set().union(*(here.links for here in clicked.values()))) < links:
        return False
    for start in clicked:
        window = range(start, start + seconds + 1)
        if around is not None and around not in window:
            continue
        found = set().union(*(clicked[second].links for second in window if second in clicked))
        if len(found) >= links:
            return True
    return False
