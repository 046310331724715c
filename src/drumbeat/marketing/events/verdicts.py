"""Who acted: a person or a machine, and why we think so.

A verdict never deletes anything: it is a column, and its reason stands beside it. Judged by one
request when it is recorded (`judge`); by its neighbours when facts are folded, archived, compacted
or judged again (`judge_neighbours`). Whatever changes here moves `RULES`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from drumbeat.marketing.events.model import (
    HEAD,
    HIDDEN_LINK,
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

SWEEP_SECONDS = 60
"""Around a click on the hidden link, the other clicks of the same sweep."""

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
    )
)
"""Reasons that no single request gives, but for who follows the hidden link itself."""

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
    if fact.kind == Kind.opened and around.after_send(fact, PERSON_SECONDS):
        return _told(fact, Verdict.machine, Reason.sooner_than_a_person)
    return fact


def _click(fact: FoldedFact, around: "_Neighbours") -> FoldedFact:
    if around.after_send(fact, PERSON_SECONDS):
        return _told(fact, Verdict.machine, Reason.sooner_than_a_person)
    if (reason := around.sweep_of(fact)) is not None:
        return _told(fact, Verdict.machine, reason)
    if fact.verdict == Verdict.human and around.after_send(fact, SOON_SECONDS):
        return _told(fact, Verdict.unsure, Reason.soon_after_sending)
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
    """The sends and the clicks of each recipient of a mailing.

    Clicks are gathered by the second: whoever clicks a million times costs no more than their
    seconds do.
    """

    def __init__(self, facts: Iterable[FoldedFact]) -> None:
        self._sends: dict[Recipient, set[int]] = {}
        self._clicks: dict[Recipient, dict[int, _Second]] = {}
        self._found: dict[tuple[int, int, int, int], Reason | None] = {}
        for fact in facts:
            if fact.mailing_no:
                self._take(fact)

    def _take(self, fact: FoldedFact) -> None:
        whose = (fact.mailing_no, fact.contact_no)
        if fact.kind == Kind.sent:
            self._sends.setdefault(whose, set()).add(fact.occurred_at)
        elif fact.kind == Kind.clicked and fact.link_no >= 0:
            seconds = self._clicks.setdefault(whose, {})
            here = seconds.setdefault(fact.occurred_at, _Second())
            here.links.add(fact.link_no)
            if fact.reason in _SURE:
                here.by_machines.add(fact.link_no)

    def after_send(self, fact: FoldedFact, seconds: int) -> bool:
        """A scanner may even come before the send's own stamp: while the server answers us."""
        sends = self._sends.get((fact.mailing_no, fact.contact_no), ())
        return any(-PERSON_SECONDS <= fact.occurred_at - at < seconds for at in sends)

    def sweep_of(self, click: FoldedFact) -> Reason | None:
        """Why this click is part of a machine's visit to many links; None if it is not."""
        key = (click.mailing_no, click.contact_no, click.occurred_at, click.link_no)
        if key not in self._found:
            self._found[key] = self._look_around(*key)
        return self._found[key]

    def _look_around(self, mailing_no: int, contact_no: int, at: int, link: int) -> Reason | None:
        seconds = self._clicks.get((mailing_no, contact_no), {})
        near = {
            after: seconds[at + after]
            for after in range(-SWEEP_SECONDS, SWEEP_SECONDS + 1)
            if at + after in seconds
        }
        if any(HIDDEN_LINK in here.links for here in near.values()):
            return Reason.hidden_link
        if _crowded(near, 1, MANY_LINKS):
            return Reason.many_links_at_once
        if _crowded(near, BURST_SECONDS, BURST_LINKS):
            return Reason.burst
        beside = [near[after] for after in near if abs(after) <= BESIDE_SECONDS]
        elsewhere = any(here.by_machines - {link} for here in beside)
        return Reason.beside_a_machine if elsewhere else None


def _crowded(near: Mapping[int, _Second], seconds: int, links: int) -> bool:
    """Whether some stretch of `seconds` that holds this click holds so many different links."""
    if len(set().union(*(here.links for here in near.values()))) < links:
        return False
    return any(
        len(_links_between(near, start, start + seconds)) >= links for start in range(-seconds, 1)
    )


def _links_between(near: Mapping[int, _Second], start: int, end: int) -> set[int]:
    return set().union(*(here.links for after, here in near.items() if start <= after <= end))
