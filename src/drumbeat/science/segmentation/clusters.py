"""Groups of people who behave alike, and how little or much of a group they are.

k-means (Lloyd 1982) on columns made comparable (`features`), fitted on a sample, then everybody is
given the nearest centre. The number of groups is the one with the widest silhouette (Rousseeuw
1987), read as Kaufman and Rousseeuw (1990) do: above .70 strong, .50 reasonable, .25 weak, else
none. Stability is the mean adjusted Rand index (Hubert and Arabie 1985) between these groups and
those of half-samples: groups that come out otherwise when other people are asked are no groups.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from drumbeat.science.experiments.evidence import Inconclusive
from drumbeat.science.segmentation.features import Feature, scale_of

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]
Structure = Literal["strong", "reasonable", "weak", "none"]

FEWEST = 100
"""People, below which groups are accidents."""
MOST_CLUSTERS = 8
FITTED_ON = 50_000
JUDGED_ON = 5_000
"""People the silhouette is measured on: it compares every two of them."""
HALVES = 10
STARTS, STARTS_OF_A_HALF = 10, 3
STABLE = 0.8
TELLING = 0.5
"""How many spreads a group's mean must lie from everybody's to be part of its name."""


@dataclass(frozen=True)
class Clusters:
    """Groups of everybody, the largest first.

    `codes` the group of each person; `names` say what differs; `means` a row a group, a column a
    feature, in the features' own units; `silhouettes` of each number of groups that was tried.
    """

    codes: Codes
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    features: tuple[str, ...]
    means: Floats
    silhouette: float
    silhouettes: Mapping[int, float]
    stability: float

    @property
    def structure(self) -> Structure:
        return structure_of(self.silhouette)

    @property
    def stable(self) -> bool:
        return self.stability >= STABLE


def find_clusters(
    features: Sequence[Feature], rng: np.random.Generator, *, clusters: int | None = None
) -> Clusters | Inconclusive:
    """Group everybody by `features`, into `clusters` groups or as many as fit best.

    Inconclusive with fewer than 100 people or where all are alike. Raises ValueError for a column
    with a negative or unknown value and for a number of clusters that is not from 2 to 8.
    """
    if clusters is not None and not 2 <= clusters <= MOST_CLUSTERS:
        raise ValueError(f"clusters must be from 2 to {MOST_CLUSTERS}, not {clusters}.")
    people = len(features[0].values)
    if people < FEWEST:
        return Inconclusive("too few people to group", FEWEST, people)
    points = scale_of(features).apply(features)
    distinct = len(np.unique(points, axis=0))
    if distinct <= MOST_CLUSTERS:
        return Inconclusive("people differ in too few ways to group", MOST_CLUSTERS + 1, distinct)
    sample = points[_some(rng, people, FITTED_ON)]
    judged = sample[_some(rng, len(sample), JUDGED_ON)]
    tried = range(2, MOST_CLUSTERS + 1) if clusters is None else [clusters]
    fitted = {number: _fit(sample, number, STARTS, rng) for number in tried}
    silhouettes = {number: _silhouette(judged, model) for number, model in fitted.items()}
    best = max(silhouettes, key=lambda number: (silhouettes[number], -number))
    stability = _stability(sample, judged, fitted[best], rng)
    return _clusters(features, points, fitted[best], silhouettes, stability)


def structure_of(silhouette: float) -> Structure:
    """What a silhouette's width says, in the words of Kaufman and Rousseeuw (1990)."""
    if silhouette > 0.7:
        return "strong"
    if silhouette > 0.5:
        return "reasonable"
    return "weak" if silhouette > 0.25 else "none"


def _some(rng: np.random.Generator, people: int, most: int) -> npt.NDArray[np.int64]:
    if people <= most:
        return np.arange(people)
    return np.sort(rng.choice(people, most, replace=False))


def _fit(sample: Floats, clusters: int, starts: int, rng: np.random.Generator) -> Any:
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    seed = int(rng.integers(2**31))
    with threadpool_limits(
        1
    ):  # its threads wait for each other by spinning: dear on a busy machine
        return KMeans(clusters, n_init=starts, random_state=seed).fit(sample)


def _silhouette(judged: Floats, model: Any) -> float:
    from sklearn.metrics import silhouette_score

    codes = model.predict(judged)
    return float(silhouette_score(judged, codes)) if len(np.unique(codes)) > 1 else 0.0


def _stability(sample: Floats, judged: Floats, model: Any, rng: np.random.Generator) -> float:
    from sklearn.metrics import adjusted_rand_score

    reference, found = model.predict(judged), []
    for _ in range(HALVES):
        half = sample[rng.choice(len(sample), len(sample) // 2, replace=False)]
        other = _fit(half, model.n_clusters, STARTS_OF_A_HALF, rng).predict(judged)
        found.append(adjusted_rand_score(reference, other))
    return float(np.mean(found))


def _clusters(
    features: Sequence[Feature],
    points: Floats,
    model: Any,
    silhouettes: Mapping[int, float],
    stability: float,
) -> Clusters:
    found = model.predict(points)
    sizes = np.bincount(found, minlength=model.n_clusters)
    order = np.argsort(-sizes, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    codes = place[found].astype(np.int8)
    own = np.column_stack([each.values for each in features])
    members = [codes == number for number in range(len(order)) if sizes[order[number]]]
    return Clusters(
        codes=codes,
        names=_names(features, [points[each].mean(axis=0) for each in members]),
        sizes=tuple(int(each.sum()) for each in members),
        features=tuple(each.name for each in features),
        means=np.array([own[each].mean(axis=0) for each in members]),
        silhouette=silhouettes[model.n_clusters],
        silhouettes=dict(silhouettes),
        stability=stability,
    )


def _names(features: Sequence[Feature], means: Sequence[Floats]) -> tuple[str, ...]:
    """By the two features that differ most from everybody's; alike names are told apart by more."""
    for told in range(2, len(features) + 1):
        names = [_name(features, mean, told) for mean in means]
        if len(set(names)) == len(names):
            return tuple(names)
    return tuple(f"{name} ({number})" for number, name in enumerate(names, start=1))


def _name(features: Sequence[Feature], mean: Floats, told: int) -> str:
    order = np.argsort(-np.abs(mean), kind="stable")
    chosen = [at for at in order[:told] if abs(mean[at]) >= TELLING]
    words = [features[at].many if mean[at] > 0 else features[at].few for at in sorted(chosen)]
    return ", ".join(words).capitalize() if words else "Like everybody"
