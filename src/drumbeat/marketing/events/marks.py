"""Which figures a fact has a part in: its mailing's, and for purchases without one, its hour's.

A purchase that names no mailing counts for the one that its buyer clicked last. So it, and any
click that may come between, can change the figures of a mailing that neither of them names.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from drumbeat.marketing.events.model import FoldedFact, Kind, Verdict
from drumbeat.storage.fact_marks import ANY_CLICK, LOOSE_PURCHASE, Mark

_HOUR = 3_600
_SAID = slice(FoldedFact._fields.index("verdict"), FoldedFact._fields.index("reason") + 1)
_CLICKED, _PURCHASED, _MACHINE = int(Kind.clicked), int(Kind.purchased), int(Verdict.machine)


def marks_of(facts: Iterable[Sequence[Any]]) -> frozenset[Mark]:
    """What is marked when these facts, or rows in the order of FoldedFact, come, go or change."""
    found: set[Mark] = set()
    mailings: set[int] = set()
    for kind, occurred_at, _, mailing_no, _, _, verdict, *_ in facts:
        if mailing_no:
            mailings.add(mailing_no)
            if kind == _CLICKED and verdict != _MACHINE:
                found.add(Mark(ANY_CLICK, occurred_at // _HOUR))
        elif kind == _PURCHASED:
            found.add(Mark(LOOSE_PURCHASE, occurred_at // _HOUR))
    return frozenset(found).union(map(Mark, mailings))


def rejudged(before: Iterable[FoldedFact], after: Iterable[FoldedFact]) -> frozenset[Mark]:
    """What is marked when each fact's verdict and reason become those beside it."""
    pairs = zip(before, after, strict=True)
    # Whether it was or is a person's click: the hour of either is marked.
    changed = [each for each in pairs if each[0][_SAID] != each[1][_SAID]]
    return marks_of(fact for pair in changed for fact in pair)
