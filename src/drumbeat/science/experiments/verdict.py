"""What a finished experiment says: a winner, no difference that matters, or "cannot say".

Rule, in this order: a wrong split or an empty arm says nothing · every interval inside the minimum
effect is no difference, even when it is significant · the leader wins when it beats every other
arm at the level (p-values adjusted by Holm) · else more contacts are needed. Judge once, when the
measuring time is over: a fixed-sample test that is read daily finds winners that are not there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from drumbeat.science.experiments.evidence import Comparison, Counts, Inconclusive
from drumbeat.science.experiments.frequentist import compare_proportions, holm
from drumbeat.science.experiments.sample_ratio import SampleRatio, check_sample_ratio
from drumbeat.science.experiments.sample_size import sample_size_per_arm


class Outcome(StrEnum):
    WINNER = "winner"
    NO_DIFFERENCE = "no_difference"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Standard:
    """What counts as an answer; `minimum_effect` is relative to the control's rate."""

    confidence: float = 0.95
    minimum_effect: float = 0.1
    power: float = 0.8


@dataclass(frozen=True, slots=True)
class Verdict:
    """`leader` has the highest rate, won or not; `against_leader[i]` compares it with arm i.

    `needed_per_arm` is what the test was short of; None when it was not about numbers.
    """

    outcome: Outcome
    reason: str
    leader: int | None = None
    against_leader: tuple[Comparison | None, ...] = ()
    sample_ratio: SampleRatio | Inconclusive | None = None
    needed_per_arm: int | None = None

    @property
    def winner(self) -> int | None:
        return self.leader if self.outcome is Outcome.WINNER else None


def judge(
    arms: Sequence[Counts],
    weights: Sequence[float],
    standard: Standard | None = None,
    *,
    assigned: Sequence[int] | None = None,
) -> Verdict:
    """Arm 0 is the control. `assigned` are the arms' sizes at the split, if not their trials.

    The split is checked on `assigned`, because an arm may be smaller for its own reasons later.
    """
    standard = standard or Standard()
    sizes = [arm.trials for arm in arms] if assigned is None else list(assigned)
    ratio = check_sample_ratio(sizes, weights)
    if isinstance(ratio, SampleRatio) and ratio.mismatch:
        reason = (
            f"The arms hold {_listed(ratio.observed)} contacts where "
            f"{_listed(ratio.expected)} were designed (p = {ratio.p_value:.1e}): the split itself "
            "went wrong, so their rates cannot be compared."
        )
        return Verdict(Outcome.INCONCLUSIVE, reason, sample_ratio=ratio)
    if min(arm.trials for arm in arms) == 0:
        reason = "An arm has nobody to measure yet."
        return Verdict(Outcome.INCONCLUSIVE, reason, sample_ratio=ratio, needed_per_arm=1)
    return replace(_judge_rates(arms, standard), sample_ratio=ratio)


def _judge_rates(arms: Sequence[Counts], standard: Standard) -> Verdict:
    leader = max(range(len(arms)), key=lambda index: arms[index].rate)
    against = tuple(
        None if index == leader else _compared(arm, arms[leader], standard)
        for index, arm in enumerate(arms)
    )
    rivals = [comparison for comparison in against if comparison is not None]
    adjusted = holm([comparison.p_value for comparison in rivals])
    margin = standard.minimum_effect * arms[0].rate
    if all(comparison.interval.within(margin) for comparison in rivals):
        reason = (
            f"Every difference is surely smaller than the {standard.minimum_effect:.0%} "
            "that was to matter."
        )
        return Verdict(Outcome.NO_DIFFERENCE, reason, leader, against)
    if max(adjusted) < 1 - standard.confidence:
        reason = (
            f"The leader's rate of {arms[leader].rate:.2%} beats every other arm "
            f"(p = {max(adjusted):.4f} at the level {1 - standard.confidence:.3g})."
        )
        return Verdict(Outcome.WINNER, reason, leader, against)
    return _short_of(arms, standard, Verdict(Outcome.INCONCLUSIVE, "", leader, against))


def _compared(other: Counts, leader: Counts, standard: Standard) -> Comparison:
    comparison = compare_proportions(other, leader, confidence=standard.confidence)
    assert isinstance(comparison, Comparison)  # empty arms were turned away before
    return comparison


def _short_of(arms: Sequence[Counts], standard: Standard, verdict: Verdict) -> Verdict:
    baseline = arms[0].rate
    expected = baseline * (1 + standard.minimum_effect)
    observed = min(arm.trials for arm in arms)
    if baseline == 0 or expected >= 1 or standard.minimum_effect <= 0:
        reason = "The difference may be chance, and the control's rate allows no plan for more."
        return replace(verdict, reason=reason)
    level = 1 - standard.confidence
    needed = math.ceil(
        sample_size_per_arm(baseline, expected, significance=level, power=standard.power)
    )
    reason = (
        f"The difference may be chance: seeing {standard.minimum_effect:.0%} on a rate of "
        f"{baseline:.2%} takes about {needed:,} contacts an arm, and the smallest arm has "
        f"{observed:,}."
    )
    return replace(verdict, reason=reason, needed_per_arm=needed)


def _listed(numbers: Sequence[float]) -> str:
    return " / ".join(f"{number:,.0f}" for number in numbers)
