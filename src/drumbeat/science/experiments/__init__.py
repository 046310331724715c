"""Which variant is better, how sure we may be, and when we cannot say.

Sufficient statistics in (`Counts`), evidence out (`Comparison`, `Verdict`), or `Inconclusive`.
Start at `verdict.judge`; every number names the method that made it.
"""

from drumbeat.science.experiments.assignment import Assignment, assign_arms, choose_sample
from drumbeat.science.experiments.bayesian import chance_best, chance_to_beat, expected_loss
from drumbeat.science.experiments.evidence import Comparison, Counts, Inconclusive, Interval
from drumbeat.science.experiments.frequentist import compare_proportions
from drumbeat.science.experiments.sample_ratio import SampleRatio, check_sample_ratio
from drumbeat.science.experiments.sample_size import sample_size_per_arm
from drumbeat.science.experiments.verdict import Outcome, Verdict, judge

__all__ = [
    "Assignment",
    "Comparison",
    "Counts",
    "Inconclusive",
    "Interval",
    "Outcome",
    "SampleRatio",
    "Verdict",
    "assign_arms",
    "chance_best",
    "chance_to_beat",
    "check_sample_ratio",
    "choose_sample",
    "compare_proportions",
    "expected_loss",
    "judge",
    "sample_size_per_arm",
]
