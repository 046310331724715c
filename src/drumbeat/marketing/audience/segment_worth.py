"""What each RFM segment is worth, and what is usually done with it.

The advice is the trade's common one, a reference and no forecast: what it brings is not known
before it is tried against a holdout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drumbeat.marketing.audience.scoring import Scored

ADVICE: Mapping[str, str] = {
    "Champions": "Show them what is new first, thank them, ask for a review; no discount needed.",
    "Loyal": "Offer what goes with what they buy, and let them in early.",
    "Potential Loyalists": "Help them to the next order: what others bought after the same thing.",
    "New Customers": "Welcome them: how to use what they bought, and one reason to come back.",
    "Promising": "Remind them soon, with something small, before the first purchase fades.",
    "Need Attention": "An offer with an end date, by what they bought before.",
    "About To Sleep": "Show the best sellers once, ask what they miss, then write less often.",
    "At Risk": "They bought often: ask personally what changed, and make the way back easy.",
    "Cannot Lose Them": "They spent much and went quiet: write by hand before any newsletter.",
    "Hibernating": "Only the best of a season; anything more costs reputation.",
    "Lost": "Ask once whether they want to stay, then stop.",
}


@dataclass(frozen=True)
class SegmentWorth:
    """`spent` in minor units; shares are of all buyers and of all they spent, 0 to 1."""

    name: str
    rule: str
    people: int
    share: float
    spent: int
    spent_share: float
    advice: str


def worth_of_segments(scored: Scored) -> tuple[SegmentWorth, ...]:
    """Every segment that somebody is in, the one that spent most first."""
    import numpy as np

    found, buyers = scored.segments, scored.buyers
    people = np.bincount(found.codes, minlength=len(found.names))
    spent = np.bincount(found.codes, buyers.spent, minlength=len(found.names))
    whole = float(buyers.spent.sum())
    worth = [
        SegmentWorth(
            name,
            found.rules[name],
            int(people[at]),
            int(people[at]) / len(buyers),
            round(float(spent[at])),
            float(spent[at]) / whole if whole > 0 else 0.0,
            ADVICE.get(name, ""),
        )
        for at, name in enumerate(found.names)
        if people[at]
    ]
    return tuple(sorted(worth, key=lambda each: (-each.spent, each.name)))
