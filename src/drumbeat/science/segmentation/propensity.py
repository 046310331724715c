"""How likely each person is to do something in the time to come, and how well that was told before.

Logistic regression on comparable columns (`features`), with a light ridge so that columns that say
the same do not quarrel. Validated in time: fitted on one stretch, judged on the next, which no
random split of the same people can replace; then fitted on the newest stretch and applied to now.
Beside it always the naive ranking and the plain rate: on CDNOW recency alone is as good as a model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from drumbeat.science.experiments.evidence import Counts, Inconclusive, Interval
from drumbeat.science.experiments.frequentist import wilson
from drumbeat.science.segmentation.features import Feature, scale_of
from drumbeat.science.value.holdout import auc

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

FEWEST = 50
"""People who did it, and who did not, in each stretch: below, the weights are noise."""
RIDGE = 1.0
BINS = 10
RESAMPLES = 200
RESAMPLED = 20_000


@dataclass(frozen=True)
class Stretch:
    """People as they were at one moment, and whether they did it in the time that followed."""

    features: Sequence[Feature]
    did: Mask


@dataclass(frozen=True)
class CalibrationBin:
    """People of like forecasts: what was said of them, and what share did it."""

    people: int
    predicted: float
    observed: float
    interval: Interval


@dataclass(frozen=True)
class Validation:
    """The forecast of the later stretch, made from the earlier one alone, against what happened.

    `auc` is the chance that somebody who did it was ranked above somebody who did not; `gain` how
    much of it the naive ranking does not have, at 95 % by bootstrap. `brier` is the mean squared
    error of the probabilities, `brier_rate` that of giving everybody the earlier rate.
    """

    people: int
    expected: float
    actual: int
    auc: float
    auc_naive: float
    gain: Interval
    brier: float
    brier_rate: float
    calibration: tuple[CalibrationBin, ...]

    @property
    def worth_it(self) -> bool:
        """Whether it surely ranks better than the naive way."""
        return self.gain.low > 0


@dataclass(frozen=True)
class Propensity:
    """`probability` of everybody now; `weights` in log odds a spread of each column's logarithm."""

    probability: Floats
    weights: Mapping[str, float]
    validation: Validation


@dataclass(frozen=True)
class Logistic:
    """P(did) = 1 / (1 + exp(-(intercept + weights . x)))."""

    intercept: float
    weights: Floats

    def probability(self, points: Floats) -> Floats:
        from scipy.special import expit

        found: Floats = expit(self.intercept + points @ self.weights)
        return found


def learn_propensity(
    earlier: Stretch,
    later: Stretch,
    now: Sequence[Feature],
    naive: Floats,
    rng: np.random.Generator,
) -> Propensity | Inconclusive:
    """Learn from two stretches that follow each other, and say what to expect of `now`.

    All three have the same columns. `naive` ranks the later stretch's people without a model, the
    likeliest highest. Inconclusive where fewer than 50 did it, or did not, in one of the stretches.
    """
    for each in (earlier, later):
        fewest = int(min(each.did.sum(), (~each.did).sum()))
        if fewest < FEWEST:
            return Inconclusive("too few people did it, or did not", FEWEST, fewest)
    told = _fitted(earlier, later.features)
    validation = _judge(told, later.did, float(earlier.did.mean()), naive, rng)
    scale = scale_of(later.features)
    model = fit_logistic(scale.apply(later.features), later.did)
    names = [each.name for each in later.features]
    weights = dict(zip(names, model.weights.tolist(), strict=True))
    return Propensity(model.probability(scale.apply(now)), weights, validation)


def fit_logistic(points: Floats, did: Mask, *, ridge: float = RIDGE) -> Logistic:
    """Maximum likelihood, less `ridge` times half the squared weights; `ridge` 0 is without."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1 / ridge if ridge else np.inf, max_iter=1_000, tol=1e-8)
    model.fit(points, did)
    return Logistic(float(model.intercept_[0]), np.asarray(model.coef_[0], np.float64))


def calibration_of(
    probability: Floats, did: Mask, *, bins: int = BINS
) -> tuple[CalibrationBin, ...]:
    """Fifths, tenths, … of people by forecast, the lowest first; intervals at 95 % (Wilson).

    With ties people of one forecast may lie in two bins; fewer people than bins make fewer bins.
    """
    order = np.argsort(probability, kind="stable")
    edges = np.linspace(0, len(order), bins + 1).round().astype(int)
    found = []
    for first, end in pairwise(edges.tolist()):
        if first < end:
            here = order[first:end]
            yes = int(did[here].sum())
            found.append(
                CalibrationBin(
                    len(here),
                    float(probability[here].mean()),
                    yes / len(here),
                    wilson(Counts(len(here), yes)),
                )
            )
    return tuple(found)


def _fitted(stretch: Stretch, of: Sequence[Feature]) -> Floats:
    scale = scale_of(stretch.features)
    model = fit_logistic(scale.apply(stretch.features), stretch.did)
    return model.probability(scale.apply(of))


def _judge(
    told: Floats, did: Mask, earlier_rate: float, naive: Floats, rng: np.random.Generator
) -> Validation:
    return Validation(
        people=len(did),
        expected=float(told.sum()),
        actual=int(did.sum()),
        auc=_auc(told, did),
        auc_naive=_auc(naive, did),
        gain=_gain(told, naive, did, rng),
        brier=float(((told - did) ** 2).mean()),
        brier_rate=float(((earlier_rate - did) ** 2).mean()),
        calibration=calibration_of(told, did),
    )


def _gain(told: Floats, naive: Floats, did: Mask, rng: np.random.Generator) -> Interval:
    """Of the AUC over the naive one; both on the same people, drawn again and again.

    Those who did it and those who did not are drawn apart, so that there are always both. Of very
    many people a part is drawn, and the spread is brought to the size of the whole.
    """
    yes, no = np.flatnonzero(did), np.flatnonzero(~did)
    share = min(1.0, RESAMPLED / len(did))
    sizes = [max(FEWEST, round(len(each) * share)) for each in (yes, no)]
    whole = _auc(told, did) - _auc(naive, did)
    gains = np.empty(RESAMPLES)
    for at in range(RESAMPLES):
        drawn = np.concatenate(
            [rng.choice(each, size) for each, size in zip((yes, no), sizes, strict=True)]
        )
        gains[at] = _auc(told[drawn], did[drawn]) - _auc(naive[drawn], did[drawn])
    narrower = np.sqrt(sizes[0] / len(yes))
    low, high = whole + (np.quantile(gains, [0.025, 0.975]) - whole) * narrower
    return Interval(float(low), float(high))


def _auc(score: Floats, did: Mask) -> float:
    found = auc(score, did)
    if found is None:
        raise ValueError("An AUC takes people who did it and people who did not.")
    return found
