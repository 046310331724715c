"""How rules become segments: tried in order, the first one that fits names the contact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Rule = tuple[str, str, Mask]
"""(segment's name, sentence that says who belongs to it, who fits)."""


@dataclass(frozen=True)
class Segmentation:
    """`codes[i]` is the place of contact i's segment in `names`; `rules` explains each name."""

    criterion: str
    names: tuple[str, ...]
    rules: Mapping[str, str]
    codes: npt.NDArray[np.int8]

    def labels(self) -> npt.NDArray[np.str_]:
        return np.asarray(self.names, dtype=np.str_)[self.codes]

    def members(self, name: str) -> Mask:
        """Who is in it. Raises ValueError for a name that this criterion does not have."""
        return np.equal(self.codes, self.names.index(name))

    def sizes(self) -> dict[str, int]:
        counts = np.bincount(self.codes, minlength=len(self.names))
        return {name: int(count) for name, count in zip(self.names, counts, strict=True)}


def first_that_fits(
    criterion: str, rules: Sequence[Rule], otherwise: tuple[str, str]
) -> Segmentation:
    """Give everybody the first rule that fits; `otherwise` (name, sentence) takes who is left."""
    names = (*(name for name, _, _ in rules), otherwise[0])
    sentences = {name: sentence for name, sentence, _ in rules} | {otherwise[0]: otherwise[1]}
    codes = np.select(
        [mask for _, _, mask in rules], list(range(len(rules))), default=len(rules)
    ).astype(np.int8)
    return Segmentation(criterion, names, sentences, codes)
