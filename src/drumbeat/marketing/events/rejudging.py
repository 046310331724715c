"""Judging again: the raw facts and what is kept of their requests, under the rules of today.

File by file: read in one unit, judge and seal in none, swap in another, as compaction does.
Evidence is kept for a time only; a request whose evidence is gone keeps its own verdict, and only
what its neighbours say of it is judged anew. Facts in no file yet are judged when they are filed.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from drumbeat.kit.errors import Conflict
from drumbeat.kit.hidden_link import HIDDEN_LINK
from drumbeat.marketing.events.archive import Sealed, engaged_places, with_verdicts
from drumbeat.marketing.events.marks import rejudged
from drumbeat.marketing.events.model import FoldedFact, Kind, Reason, Verdict
from drumbeat.marketing.events.verdicts import BY_NEIGHBOURS, RULES, judge, judge_neighbours
from drumbeat.storage.sealed_parquet import FactFile, SealedParquet


class Asked(NamedTuple):
    """What is kept of one request; the first five say which fact it became."""

    kind: int
    at: int
    contact_no: int
    mailing_no: int
    link_no: int
    user_agent: str
    asked: int


@dataclass(frozen=True)
class Material:
    """One file, and all that its facts are judged by."""

    file: FactFile
    evidence: Sequence[Asked]
    context: Sequence[FoldedFact]


@dataclass(frozen=True)
class Rejudged:
    """A file judged again; `sealed` is None if it needs no new one."""

    old: FactFile
    sealed: Sealed | None
    facts: int
    changed: int
    without_evidence: int
    reasons: Mapping[tuple[Verdict, Reason], int]


@dataclass
class JudgedAgain:
    """What came of it: opens and clicks judged, how many verdicts changed, and all by reason."""

    rules: int = RULES
    files: int = 0
    facts: int = 0
    changed: int = 0
    without_evidence: int = 0
    reasons: Counter[tuple[Verdict, Reason]] = field(default_factory=Counter)

    def add(self, one: Rejudged) -> None:
        self.files += 1
        self.facts += one.facts
        self.changed += one.changed
        self.without_evidence += one.without_evidence
        self.reasons.update(one.reasons)


class Judging(Protocol):
    """The part of EventsService that `judge_again` needs in each unit."""

    def next_to_judge(self, since: datetime, done: Iterable[str]) -> FactFile | None: ...

    def read_to_judge(self, file: FactFile) -> Material: ...

    def judge_file(self, material: Material) -> Rejudged: ...

    def adopt_verdicts(self, rejudged: Rejudged) -> None: ...


class _Unit(Protocol):
    @property
    def events(self) -> Judging: ...


def judge_again(
    look: Callable[[], AbstractContextManager[_Unit]],
    begin: Callable[[], AbstractContextManager[_Unit]],
    since: datetime,
) -> JudgedAgain:
    """Judge all opens and clicks in files that reach beyond `since`; it may be broken off.

    A file that is compacted meanwhile is judged in its new shape.
    """
    total, done = JudgedAgain(), set[str]()
    while True:
        with look() as unit:
            events = unit.events
            file = events.next_to_judge(since, done)
            if file is None:
                return total
            material = events.read_to_judge(file)
        one = events.judge_file(material)
        if one.sealed is not None:
            try:
                with begin() as unit:
                    unit.events.adopt_verdicts(one)
            except Conflict:
                continue
        done.update([file.name] if one.sealed is None else [new.name for new in one.sealed.files])
        total.add(one)


def judge_file(files: SealedParquet, material: Material) -> Rejudged:
    """Between two units: judge one file's opens and clicks, and seal it anew if that changed it."""
    from drumbeat.storage.fact_tables import read_file, rows_of, seal_file

    old = material.file
    table = read_file(files, old.name)
    places = engaged_places(table)
    before = [FoldedFact(*row) for row in rows_of(table.take(places))]
    alone, missing = _judged_alone(before, material.evidence)
    after = judge_neighbours(alone, _others(material.context, before))
    changed = [new for one, new in zip(before, after, strict=True) if _said(one) != _said(new)]
    sealed = None
    if changed or old.rules != RULES:
        renewed = with_verdicts(table, places, after)
        file = seal_file(files, renewed, old.family, old.month, RULES)
        sealed = Sealed((file,), rejudged(before, after))
    reasons = Counter((Verdict(fact.verdict), Reason(fact.reason)) for fact in after)
    return Rejudged(old, sealed, len(after), len(changed), missing, reasons)


def _said(fact: FoldedFact) -> tuple[int, int]:
    return fact.verdict, fact.reason


def _judged_alone(
    facts: Sequence[FoldedFact], evidence: Iterable[Asked]
) -> tuple[list[FoldedFact], int]:
    """Each by its own request; and how many have none left.

    Of equal facts in one second the n-th belongs to the n-th request.
    """
    kept: dict[tuple[int, ...], deque[Asked]] = defaultdict(deque)
    for each in evidence:
        kept[each[:5]].append(each)
    judged, missing = [], 0
    for fact in facts:
        about = (fact.kind, fact.occurred_at, fact.contact_no, fact.mailing_no)
        found = kept.get((*about, fact.link_no)) or kept.get((*about, -1))
        if found:
            asked = found.popleft()
            hidden = fact.kind == Kind.clicked and fact.link_no == HIDDEN_LINK
            verdict, reason = judge(fact.kind, asked.user_agent, asked.asked, hidden)
            fact = fact._replace(verdict=int(verdict), reason=int(reason))
        else:
            missing += 1
            if fact.reason in BY_NEIGHBOURS and fact.link_no != HIDDEN_LINK:
                fact = fact._replace(verdict=int(Verdict.human), reason=int(Reason.none))
        judged.append(fact)
    return judged, missing


def _others(context: Iterable[FoldedFact], own: Iterable[FoldedFact]) -> list[FoldedFact]:
    """The neighbours in other files; what is said of this file's own is being judged."""
    mine = {_place(fact) for fact in own}
    return [fact for fact in context if fact.kind == Kind.sent or _place(fact) not in mine]


def _place(fact: FoldedFact) -> tuple[Any, ...]:
    return fact.kind, fact.occurred_at, fact.contact_no, fact.mailing_no, fact.link_no
