"""What is tested, who gets which arm, and what the result allows us to say.

An arm is fixed by a keyed hash when the audience is frozen; the arithmetic is
`drumbeat.science.experiments`. Counts per arm come from analytics: this area measures nothing.
"""

from drumbeat.marketing.experiments.model import (
    Arm,
    AssignedArms,
    Counted,
    CountedArm,
    Design,
    Element,
    Experiment,
    ExperimentResult,
    ExperimentState,
    Judgement,
    Metric,
)
from drumbeat.marketing.experiments.service import ExperimentsService
from drumbeat.science.experiments import Comparison, Counts, Outcome, Verdict

__all__ = [
    "Arm",
    "AssignedArms",
    "Comparison",
    "Counted",
    "CountedArm",
    "Counts",
    "Design",
    "Element",
    "Experiment",
    "ExperimentResult",
    "ExperimentState",
    "ExperimentsService",
    "Judgement",
    "Metric",
    "Outcome",
    "Verdict",
]
