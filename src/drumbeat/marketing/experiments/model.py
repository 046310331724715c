"""The nouns of experiments: what is varied, measured, assigned and decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from drumbeat.kit.ids import CampaignNo, ExperimentId
from drumbeat.science.experiments import Comparison, Counts, Inconclusive, SampleRatio, Verdict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Element(StrEnum):
    SUBJECT_LINE = "subject_line"
    CONTENT = "content"
    SEND_TIME = "send_time"
    SENDER_NAME = "sender_name"
    CTA_BUTTON = "cta_button"


class Metric(StrEnum):
    OPEN_RATE = "open_rate"
    CLICK_RATE = "click_rate"
    CONVERSION_RATE = "conversion_rate"
    ENGAGEMENT_RATE = "engagement_rate"


class ExperimentState(StrEnum):
    DESIGNED = "designed"
    RUNNING = "running"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Arm:
    """One variant: what its element says, and its share of the test. The first is the control."""

    name: str
    value: str
    weight: float


@dataclass(frozen=True, slots=True)
class Design:
    """`sample_size` contacts take part, over all arms; None: everybody.

    `minimum_effect` is the relative difference that would matter: 0.1 is 10 % of control's rate.
    """

    element: Element
    metric: Metric
    arms: tuple[Arm, ...]
    sample_size: int | None = None
    confidence_level: float = 0.95
    minimum_effect: float = 0.1

    @property
    def weights(self) -> tuple[float, ...]:
        return tuple(arm.weight for arm in self.arms)


@dataclass(frozen=True, slots=True)
class Experiment:
    """`key` fixes every contact's arm; `decision` is the result as it was decided, as JSON."""

    id: ExperimentId
    campaign_no: CampaignNo
    design: Design
    key: bytes
    state: ExperimentState
    created_at: datetime
    decided_at: datetime | None = None
    decision: Mapping[str, object] | None = None


@dataclass(frozen=True)
class AssignedArms:
    """In the contacts' order. Who is not `in_test` gets the control, with certainty.

    `propensities` are the probabilities with which the arms were drawn: keep them for ever.
    """

    arms: "NDArray[np.int8]"
    propensities: "NDArray[np.float64]"
    in_test: "NDArray[np.bool_]"


@dataclass(frozen=True)
class ExperimentResult:
    """What the counts allow us to say; `chances_best` are posterior probabilities, for context."""

    experiment: Experiment
    verdict: Verdict
    comparisons: tuple[Comparison | Inconclusive, ...]
    chances_best: tuple[float, ...] | None
    counts: tuple[Counts, ...]

    @property
    def winner(self) -> Arm | None:
        index = self.verdict.winner
        return None if index is None else self.experiment.design.arms[index]

    @property
    def sample_ratio(self) -> SampleRatio | Inconclusive | None:
        return self.verdict.sample_ratio

    @property
    def reason(self) -> str:
        return self.verdict.reason

    def to_json(self) -> dict[str, object]:
        """The `ab_testing` figures: plain values, each comparison with its method."""
        design = self.experiment.design
        winner = self.winner
        return {
            "test_id": self.experiment.id,
            "element": design.element.value,
            "metric": design.metric.value,
            "outcome": self.verdict.outcome.value,
            "winner": None if winner is None else winner.name,
            "reason": self.reason,
            "confidence_level": design.confidence_level,
            "minimum_effect": design.minimum_effect,
            "needed_per_arm": self.verdict.needed_per_arm,
            "arms": _arms(design.arms, self.chances_best),
            "comparisons": [
                {"control": design.arms[0].name, "treatment": arm.name, **_compared(comparison)}
                for arm, comparison in zip(design.arms[1:], self.comparisons, strict=True)
            ],
            "sample_ratio": _ratio(self.sample_ratio),
            "counts": [{"delivered": c.trials, "successes": c.successes} for c in self.counts],
        }


@dataclass(frozen=True, slots=True)
class CountedArm:
    """One arm that somebody counted: `conversions` of `n` people did what is measured."""

    name: str
    n: int
    conversions: int
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Counted:
    """A test as counts; the first arm is the control. `minimum_effect` is relative to its rate."""

    arms: tuple[CountedArm, ...]
    alpha: float = 0.05
    minimum_effect: float = 0.1
    metric: str = ""


@dataclass(frozen=True)
class Judgement:
    """What `counted` allows us to say: each further arm against the first, and who won."""

    counted: Counted
    verdict: Verdict
    comparisons: tuple[Comparison | Inconclusive, ...]

    def to_json(self) -> dict[str, object]:
        """Plain values. `chance_to_beat` and `expected_loss` are null: this method has none."""
        arms, verdict = self.counted.arms, self.verdict
        ratio = verdict.sample_ratio
        known = None if ratio is None or isinstance(ratio, Inconclusive) else ratio
        winner = None if verdict.winner is None else arms[verdict.winner].name
        return {
            "method": "fixed",
            "effect": "absolute",
            "alpha": self.counted.alpha,
            "metric": self.counted.metric or None,
            "comparisons": [
                {"arm": arm.name, "against": arms[0].name, **_judged(comparison)}
                for arm, comparison in zip(arms[1:], self.comparisons, strict=True)
            ],
            "sample_ratio": known and {"p_value": known.p_value, "ok": not known.mismatch},
            "verdict": {"kind": verdict.outcome.value, "arm": winner, "reason": verdict.reason},
        }


def _judged(comparison: Comparison | Inconclusive) -> dict[str, object]:
    known = None if isinstance(comparison, Inconclusive) else comparison
    return {
        "estimate": known and known.estimate,
        "interval": known and [known.interval.low, known.interval.high],
        "p_value": known and known.p_value,
        "chance_to_beat": None,
        "expected_loss": None,
    }


def _arms(arms: Sequence[Arm], chances: Sequence[float] | None) -> list[dict[str, object]]:
    return [
        {
            "name": arm.name,
            "value": arm.value,
            "weight": arm.weight,
            "chance_best": None if chances is None else chances[index],
        }
        for index, arm in enumerate(arms)
    ]


def _compared(comparison: Comparison | Inconclusive) -> dict[str, object]:
    if isinstance(comparison, Inconclusive):
        return {"difference": None, "reason": comparison.reason}
    return {
        "difference": comparison.estimate,
        "interval": [comparison.interval.low, comparison.interval.high],
        "relative_lift": comparison.relative_lift,
        "p_value": comparison.p_value,
        "method": f"{comparison.method}; Newcombe interval",
        "control_rate": comparison.control_rate,
        "treatment_rate": comparison.treatment_rate,
    }


def _ratio(ratio: SampleRatio | Inconclusive | None) -> dict[str, object] | None:
    if ratio is None or isinstance(ratio, Inconclusive):
        return None
    return {
        "observed": list(ratio.observed),
        "expected": list(ratio.expected),
        "p_value": ratio.p_value,
        "mismatch": ratio.mismatch,
        "method": "chi-square against the designed split",
    }
