"""Which designs make sense, who takes part, and how counts become a result."""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.ids import CampaignNo
from drumbeat.marketing.experiments.model import (
    AssignedArms,
    Counted,
    Design,
    Experiment,
    ExperimentResult,
    Judgement,
)
from drumbeat.science.experiments import (
    Counts,
    assign_arms,
    chance_best,
    choose_sample,
    compare_proportions,
    judge,
)
from drumbeat.science.experiments.verdict import Standard

MAX_ARMS = 26
LONGEST_KEY = 32
MOST_COUNTED = 100_000_000
"""People an arm; beyond it the exact test's logarithms lose the digits that it compares."""


def check_design(design: Design) -> None:
    """Raises InvalidInput naming the field."""
    arms = design.arms
    if not 2 <= len(arms) <= MAX_ARMS:
        raise InvalidInput(f"A test has 2 to {MAX_ARMS} arms, not {len(arms)}.", field="arms")
    if len({arm.name for arm in arms}) < len(arms):
        raise InvalidInput("Two arms of the test have the same name.", field="arms")
    if len({arm.value for arm in arms}) < len(arms):
        message = f"Two arms show the same {design.element.value}: there is nothing to test."
        raise InvalidInput(message, field="arms")
    if any(not 0 < arm.weight < float("inf") for arm in arms):
        raise InvalidInput("Every arm needs a weight above zero.", field="arms")
    _check_standard(design)


def _check_standard(design: Design) -> None:
    if design.sample_size is not None and design.sample_size < len(design.arms):
        message = f"A test of {len(design.arms)} arms needs at least as many contacts."
        raise InvalidInput(message, field="sample_size")
    if not 0.5 <= design.confidence_level < 1:
        message = "The confidence level lies between 0.5 and 1, such as 0.95."
        raise InvalidInput(message, field="confidence_level")
    if not 0 <= design.minimum_effect < 10:
        message = "The minimum effect is relative, such as 0.1 for 10 %."
        raise InvalidInput(message, field="minimum_effect")


def check_counted(counted: Counted) -> None:
    """Raises InvalidInput naming the arm and field."""
    arms = counted.arms
    if not 2 <= len(arms) <= MAX_ARMS:
        raise InvalidInput(f"A test has 2 to {MAX_ARMS} arms, not {len(arms)}.", field="arms")
    if len({arm.name for arm in arms}) < len(arms):
        raise InvalidInput("Two arms of the test have the same name.", field="arms")
    for place, arm in enumerate(arms):
        if not 0 <= arm.n <= MOST_COUNTED:
            message = f"{arm.name!r}: n lies between 0 and {MOST_COUNTED:,}."
            raise InvalidInput(message, field=f"arms.{place}.n")
        if not 0 <= arm.conversions <= arm.n:
            message = f"{arm.name!r}: conversions lie between 0 and its n of {arm.n:,}."
            raise InvalidInput(message, field=f"arms.{place}.conversions")
        if not 0 < arm.weight <= MOST_COUNTED:
            message = f"{arm.name!r}: a weight is above zero."
            raise InvalidInput(message, field=f"arms.{place}.weight")
    if not 1e-6 <= counted.alpha <= 0.5:
        message = "alpha, the chance of a false alarm, lies between 0.000001 and 0.5."
        raise InvalidInput(message, field="alpha")
    if counted.minimum_effect != 0 and not 1e-4 <= counted.minimum_effect < 10:
        message = "The minimum effect is 0 or relative, such as 0.1 for 10 %."
        raise InvalidInput(message, field="minimum_effect")


def check_key(key: bytes) -> None:
    if not 1 <= len(key) <= LONGEST_KEY:
        raise InvalidInput(f"An experiment's key has 1 to {LONGEST_KEY} bytes.", field="key")


def experiment_key(campaign_no: CampaignNo, ordinal: int, secret: bytes) -> bytes:
    """16 bytes that fix the arms: nobody can choose their own arm by choosing their number.

    The same house, campaign and ordinal draw the same arms, so a run can be repeated.
    """
    name = f"{campaign_no}:{ordinal}".encode()
    return hashlib.blake2b(name, key=secret, digest_size=16).digest()


def assigned(experiment: Experiment, contact_nos: npt.NDArray[np.integer]) -> AssignedArms:
    """The arms of exactly these contacts; who takes part depends on all of them."""
    design = experiment.design
    drawn = assign_arms(contact_nos, design.weights, experiment.key + b"arm")
    size = contact_nos.size if design.sample_size is None else design.sample_size
    in_test = choose_sample(contact_nos, size, experiment.key + b"sample")
    return AssignedArms(
        arms=np.where(in_test, drawn.arms, 0).astype(np.int8),
        propensities=np.where(in_test, drawn.propensities, 1.0),
        in_test=in_test,
    )


def judged(counted: Counted) -> Judgement:
    """Pooled z, or Fisher below ten in a cell, with Newcombe's interval; decided once."""
    check_counted(counted)
    counts = [Counts(arm.n, arm.conversions) for arm in counted.arms]
    confidence = 1 - counted.alpha
    standard = Standard(confidence, counted.minimum_effect)
    control, *treatments = counts
    return Judgement(
        counted,
        verdict=judge(counts, [arm.weight for arm in counted.arms], standard),
        comparisons=tuple(
            compare_proportions(control, treatment, confidence=confidence)
            for treatment in treatments
        ),
    )


def result(
    experiment: Experiment, counts: Sequence[Counts], sizes: Sequence[int] | None
) -> ExperimentResult:
    """Raises InvalidInput unless there are counts for each arm, in the design's order."""
    design = experiment.design
    if len(counts) != len(design.arms) or (sizes is not None and len(sizes) != len(counts)):
        message = f"Experiment {experiment.id} has {len(design.arms)} arms, not {len(counts)}."
        raise InvalidInput(message, field="counts")
    standard = Standard(design.confidence_level, design.minimum_effect)
    control, *treatments = counts
    return ExperimentResult(
        experiment,
        verdict=judge(counts, design.weights, standard, assigned=sizes),
        comparisons=tuple(
            compare_proportions(control, treatment, confidence=design.confidence_level)
            for treatment in treatments
        ),
        chances_best=tuple(chance_best(counts)) if all(arm.trials for arm in counts) else None,
        counts=tuple(counts),
    )
