"""What a buyer's past comes down to: repeat purchases, when the last one was, how long known.

The sufficient statistics of the "buy till you die" models (Fader, Hardie & Lee, Marketing Science
24, 2005): purchases of one day count as one, and the first is the beginning, not a repeat.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Histories:
    """One entry a buyer, all in one unit of time.

    `frequency` repeat purchases, `recency` from the first to the last purchase (0 without a
    repeat), `age` from the first purchase to the moment of looking.
    """

    frequency: Floats
    recency: Floats
    age: Floats

    def __post_init__(self) -> None:
        if not self.frequency.shape == self.recency.shape == self.age.shape:
            raise ValueError("frequency, recency and age describe the same buyers")
        if ((self.frequency < 0) | (self.recency < 0) | (self.recency > self.age)).any():
            raise ValueError("0 ≤ frequency and 0 ≤ recency ≤ age for every buyer")
        if ((self.frequency == 0) & (self.recency > 0)).any():
            raise ValueError("who never bought again has recency 0")

    def __len__(self) -> int:
        return int(self.frequency.size)

    @property
    def repeaters(self) -> int:
        return int((self.frequency > 0).sum())
