"""Which arm a contact gets: fixed for ever by the experiment's key and the contact's number.

Method: keyed BLAKE2b (RFC 7693) as a uniform draw, so nothing has to be stored to repeat it, and
knowing one experiment's arms tells nothing about another's. One 64-byte digest serves the eight
contacts whose numbers differ in the last three bits: eight times fewer hashes, same independence.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_SHARED_BITS = 3  # 2**3 draws of 8 bytes are one 64-byte digest
_ROW = np.dtype((">u8", (1 << _SHARED_BITS,)))

ContactNos = npt.NDArray[np.integer] | Sequence[int]


@dataclass(frozen=True)
class Assignment:
    """`arms` (int8) and the probability with which each was drawn, both in the contacts' order.

    Off-policy evaluation needs the propensities: keep them as long as the arms.
    """

    arms: npt.NDArray[np.int8]
    propensities: npt.NDArray[np.float64]


def uniform_draws(contact_nos: ContactNos, key: bytes) -> npt.NDArray[np.float64]:
    """One number in [0, 1) a contact; `key` is 1 to 64 bytes."""
    numbers = np.asarray(contact_nos, dtype=np.int64)
    blocks, position = np.unique(numbers >> _SHARED_BITS, return_inverse=True)
    digests = b"".join(
        hashlib.blake2b(block.to_bytes(8, "big", signed=True), key=key).digest()
        for block in blocks.tolist()
    )
    table = np.frombuffer(digests, dtype=_ROW)
    bits = table[position, numbers & ((1 << _SHARED_BITS) - 1)] >> np.uint64(11)
    draws: npt.NDArray[np.float64] = bits.astype(np.float64) / float(1 << 53)
    return draws


def assign_arms(contact_nos: ContactNos, weights: Sequence[float], key: bytes) -> Assignment:
    """Arm 0 … len(weights)-1 for each contact, drawn in proportion to `weights`.

    A contact's arm depends on key, number and weights only, never on who else is in the list.
    """
    shares = normal_shares(weights)
    edges = np.cumsum(shares)[:-1]
    arms = np.searchsorted(edges, uniform_draws(contact_nos, key), side="right").astype(np.int8)
    return Assignment(arms, shares[arms])


def choose_sample(contact_nos: ContactNos, size: int, key: bytes) -> npt.NDArray[np.bool_]:
    """Mark the `size` contacts who take part: those with the smallest draws under `key`.

    Everybody takes part when there are no more than `size`. Use another key than for the arms, or
    the sample would hold only the first arm.
    """
    draws = uniform_draws(contact_nos, key)
    chosen = np.ones(draws.size, dtype=np.bool_)
    if size < draws.size:
        chosen[:] = False
        chosen[np.argsort(draws, kind="stable")[:size]] = True
    return chosen


def normal_shares(weights: Sequence[float]) -> npt.NDArray[np.float64]:
    """Weights as shares of one. Raises ValueError unless there are 2 to 127, all above zero."""
    shares = np.asarray(weights, dtype=np.float64)
    if not 2 <= shares.size <= 127 or not np.all(np.isfinite(shares) & (shares > 0)):
        raise ValueError("an experiment needs 2 to 127 arms, each with a weight above zero")
    normal: npt.NDArray[np.float64] = shares / shares.sum()
    return normal
