"""Which segments are worth making: a fixed list of rules, each with what it is for.

Pure. Which of them to show is decided by what was counted, never by a guess: size, who may be
mailed and what they spent are measured; what mailing them would bring is not said.
"""

from collections.abc import Collection
from dataclasses import dataclass

from drumbeat.marketing.audience.rule_tree import Rule, parse_rule

FEWEST = 5
"""People: a smaller segment is not suggested, a letter to each of them would do."""


@dataclass(frozen=True, slots=True)
class Candidate:
    name: str
    line: str
    purpose: str


CANDIDATES = (
    Candidate(
        "Interested, never bought",
        "clicked >= 2 in 90d and never bought",
        "They come to look and have not bought: a first-order offer is for them.",
    ),
    Candidate(
        "Good customers going quiet",
        "bought >= 2 and not bought in 90d and not clicked in 30d",
        "They bought more than once and have stopped: win them back before they are gone.",
    ),
    Candidate(
        "Bought once, still reading",
        "bought = 1 and clicked in 90d",
        "A second order is the hardest to get, and they still read: ask for it.",
    ),
    Candidate(
        "Best customers",
        "rfm Champions",
        "They bought lately, often and much: thank them first, discount them last.",
    ),
    Candidate(
        "Silent for the last five mails",
        "sent >= 5 and not opened 1 of last 5 and not clicked in 90d",
        "They open nothing: mail them less, or ask whether they still want it.",
    ),
    Candidate(
        "Customers who may not be mailed",
        "bought and not mailable",
        "They pay and get no mail: ask for their permission at the next order.",
    ),
)


@dataclass(frozen=True, slots=True)
class Counted:
    """What was measured of one candidate; money in major units of `currency`, "" without any."""

    candidate: Candidate
    count: int
    mailable: int
    spent: float
    spent_of_all: float
    currency: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`spent_share` is None where nobody has spent anything."""

    name: str
    line: str
    purpose: str
    count: int
    mailable: int
    spent: float
    spent_share: float | None
    currency: str
    evidence: str


def rule_of(candidate: Candidate) -> Rule:
    return parse_rule(candidate.line)


def choose(counted: Collection[Counted], people: int) -> list[Suggestion]:
    """Those with enough people, whoever spent most first; then the largest."""
    found = [_suggestion(each, people) for each in counted if each.count >= FEWEST]
    return sorted(found, key=lambda each: (-each.spent, -each.count, each.name))


def _suggestion(counted: Counted, people: int) -> Suggestion:
    share = counted.spent / counted.spent_of_all if counted.spent_of_all > 0 else None
    said = f"{counted.count:,} of {people:,} people ({counted.count / people:.1%})"
    if share is None:
        said += "; nobody has spent anything yet"
    else:
        said += f" spent {counted.spent:,.2f} {counted.currency}, {share:.1%} of all that was spent"
    candidate = counted.candidate
    return Suggestion(
        candidate.name,
        candidate.line,
        candidate.purpose,
        counted.count,
        counted.mailable,
        counted.spent,
        share,
        counted.currency,
        said,
    )
