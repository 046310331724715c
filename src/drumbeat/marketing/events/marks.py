"""Which figures a fact has a part in: its mailing's, and for purchases without one, its hour's.

A purchase that names no mailing counts for the one that its buyer clicked last. So it, and any
click that may come between, can change the figures of a mailing that neither of them names.
"""

from collections.abc import Iterable

from drumbeat.marketing.events.model import FoldedFact, Kind, Verdict
from drumbeat.storage.fact_marks import ANY_CLICK, LOOSE_PURCHASE, Mark

_HOUR = 3_600


def marks_of(facts: Iterable[FoldedFact]) -> frozenset[Mark]:
    """What is marked when these facts come, go or change."""
    found: set[Mark] = set()
    for fact in facts:
        hour = fact.occurred_at // _HOUR
        if fact.mailing_no:
            found.add(Mark(fact.mailing_no))
            if fact.kind == Kind.clicked and fact.verdict != Verdict.machine:
                found.add(Mark(ANY_CLICK, hour))
        elif fact.kind == Kind.purchased:
            found.add(Mark(LOOSE_PURCHASE, hour))
    return frozenset(found)


def rejudged(before: Iterable[FoldedFact], after: Iterable[FoldedFact]) -> frozenset[Mark]:
    """What is marked when each fact's verdict becomes the one beside it."""
    pairs = zip(before, after, strict=True)
    return marks_of(old for old, new in pairs if old.verdict != new.verdict)
