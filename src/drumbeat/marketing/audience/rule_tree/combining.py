"""A rule over everybody at once: the answers of its leaves, joined as sets.

An answer is an array that a contact number indexes; whoever is nobody is in no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from drumbeat.marketing.audience.rule_tree.tree import (
    All,
    AnyOf,
    InSegment,
    Leaf,
    Not,
    Rule,
    leaves_of,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]


def members_of(rule: Rule, everybody: Mask, answer: Callable[[Leaf], Mask]) -> Mask:
    """Who the rule holds for; each leaf is asked once."""
    known: dict[Leaf, Mask] = {}

    def joined(part: Rule) -> Mask:
        if isinstance(part, All | AnyOf):
            masks = [joined(each) for each in part.rules]
            found = masks[0].copy()
            for mask in masks[1:]:
                if isinstance(part, All):
                    found &= mask
                else:
                    found |= mask
            return found
        if isinstance(part, Not):
            return everybody & ~joined(part.rule)
        if part not in known:
            known[part] = everybody & answer(part)
        return known[part]

    return joined(rule)


def expand(rule: Rule, rules: Mapping[str, Rule]) -> Rule:
    """The rule with each segment that has a rule replaced by it, so that nothing is stale.

    Circles were refused when they were saved; should one stand nevertheless, it ends as a member
    of nothing.
    """

    def expanded(part: Rule, on_the_way: frozenset[str]) -> Rule:
        match part:
            case All(parts):
                return All(tuple(expanded(each, on_the_way) for each in parts))
            case AnyOf(parts):
                return AnyOf(tuple(expanded(each, on_the_way) for each in parts))
            case Not(inner):
                return Not(expanded(inner, on_the_way))
            case InSegment(segment) if segment in rules and segment not in on_the_way:
                return expanded(rules[segment], on_the_way | {segment})
            case _:
                return part

    return expanded(rule, frozenset())


def segments_named(rule: Rule) -> list[str]:
    return [leaf.segment for leaf in leaves_of(rule) if isinstance(leaf, InSegment)]
