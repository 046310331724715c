"""All contacts at one instant, as what rules are asked of: each leaf where its answer lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from drumbeat.marketing.audience.mirror import Mirror
from drumbeat.marketing.audience.rule_tree import (
    Allows,
    HasAttribute,
    InSegment,
    Leaf,
    Rule,
    expand,
    leaves_of,
    members_of,
)
from drumbeat.marketing.audience.store_answers import AnswerStore

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

MOST_CAUGHT_UP = 50_000
"""Contacts a request copies before it answers; of more it tells as of when it knows."""


@dataclass(frozen=True)
class Everybody:
    """All contacts at one instant, as what the leaves of rules are asked of."""

    mirror: Mirror
    answers: AnswerStore
    rules: dict[str, Rule]
    now: datetime

    def members(self, rule: Rule) -> Mask:
        return members_of(expand(rule, self.rules), self.mirror.everybody(), self._answer)

    @contextmanager
    def asking(self, asked: Sequence[Rule]) -> Iterator[None]:
        """One reader of the facts, where any of these rules asks what people did."""
        leaves = [leaf for rule in asked for leaf in leaves_of(expand(rule, self.rules))]
        if all(isinstance(leaf, HasAttribute | Allows | InSegment) for leaf in leaves):
            yield
            return
        with self.answers.asking():
            yield

    def _answer(self, leaf: Leaf) -> Mask:
        if isinstance(leaf, HasAttribute):
            return self.mirror.holds(leaf)
        return self.answers.answer(leaf, len(self.mirror.revisions), self.now)
