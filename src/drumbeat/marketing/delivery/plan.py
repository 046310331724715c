"""The frozen audience in sending order: who, when, which arm, and who may not be mailed and why.

Computed between two units of work, kept as a sealed file with the propensities for ever, and then
inserted unit by unit. A lane's sendable rows come first in due order, the barred ones behind them.
"""

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.audience import AudienceArrays
from drumbeat.marketing.delivery.lanes import lanes_of

Ints = NDArray[np.int64]
_COLUMNS = ("lane_nos", "places", "contact_nos", "due", "arms", "barred", "propensities")


@dataclass(frozen=True, eq=False)
class LedgerPlan:
    """Columns of equal length in ledger order. `due` in epoch seconds; `arms` -1 without a test.

    `barred` is -1 for who may be mailed, else an index into `reasons`. `propensities` is the
    probability with which each contact was given its instant, NaN where nothing was drawn.
    """

    lane_nos: Ints
    places: Ints
    contact_nos: Ints
    due: Ints
    arms: Ints
    barred: Ints
    propensities: NDArray[np.float32]
    reasons: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.contact_nos)

    @property
    def mailable(self) -> int:
        return int((self.barred < 0).sum())

    def position(self, lane_no: int, place: int) -> int:
        """Where in the plan the row of one place stands."""
        return int(np.searchsorted(self.lane_nos, lane_no)) + place

    def rows(self, start: int, end: int) -> Iterator[tuple[int, int, int, int, int, int]]:
        """Lane, place, contact, due, arm and `barred` of the rows from `start` to before `end`."""
        columns = (self.lane_nos, self.places, self.contact_nos, self.due, self.arms, self.barred)
        return zip(*(column[start:end].tolist() for column in columns), strict=True)

    def lanes(self) -> list[tuple[int, int, int]]:
        """Of every lane: its number, how many may be mailed, and when the first of them is due."""
        found = []
        for lane_no in np.unique(self.lane_nos).tolist():
            due = self.due[(self.lane_nos == lane_no) & (self.barred < 0)]
            found.append((lane_no, len(due), int(due[0]) if len(due) else 0))
        return found

    def to_bytes(self) -> bytes:
        buffer = io.BytesIO()
        columns = {name: getattr(self, name) for name in _COLUMNS}
        np.savez_compressed(buffer, reasons=np.array(self.reasons, dtype=np.str_), **columns)
        return buffer.getvalue()

    @staticmethod
    def from_bytes(content: bytes) -> "LedgerPlan":
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            columns = {name: stored[name] for name in _COLUMNS}
            return LedgerPlan(**columns, reasons=tuple(str(text) for text in stored["reasons"]))


def plan_file_name(mailing_no: MailingNo, content: bytes) -> str:
    """The sealed file of one plan, named by what it holds: another plan never overwrites it."""
    digest = hashlib.blake2b(content, digest_size=8).hexdigest()
    return f"plans/mailing-{mailing_no}-{digest}.npz"


def plan_ledger(
    audience: AudienceArrays,
    due: Sequence[int] | Ints,
    arms: Sequence[int] | NDArray[np.integer],
    barred: Mapping[ContactNo, str],
    propensities: Sequence[float] | NDArray[np.floating] | None = None,
) -> LedgerPlan:
    """Put everyone the audience names in sending order: by lane, then instant, then contact.

    `due` (epoch seconds), `arms` (-1: no test) and `propensities` go with `audience.contact_nos`;
    `barred` says why a contact may not be mailed. Nobody is left out.
    """
    contact_nos = np.asarray(audience.contact_nos, dtype=np.int64)
    due_at = np.asarray(due, dtype=np.int64)
    reasons = tuple(sorted(set(barred.values())))
    why = _barred_column(contact_nos, barred, reasons)
    lanes = np.asarray(lanes_of(audience.domain_names), dtype=np.int64)[audience.domains]
    order = np.lexsort((contact_nos, due_at, why >= 0, lanes))
    lane_nos = lanes[order]
    chances = np.full(len(order), np.nan) if propensities is None else np.asarray(propensities)
    return LedgerPlan(
        lane_nos=lane_nos,
        places=np.arange(len(order)) - np.searchsorted(lane_nos, lane_nos),
        contact_nos=contact_nos[order],
        due=due_at[order],
        arms=np.asarray(arms, dtype=np.int64)[order],
        barred=why[order],
        propensities=chances[order].astype(np.float32),
        reasons=reasons,
    )


def _barred_column(
    contact_nos: Ints, barred: Mapping[ContactNo, str], reasons: tuple[str, ...]
) -> Ints:
    why = np.full(len(contact_nos), -1, dtype=np.int64)
    if not barred:
        return why
    number = {reason: index for index, reason in enumerate(reasons)}
    names = np.fromiter(barred, dtype=np.int64, count=len(barred))
    codes = np.fromiter((number[text] for text in barred.values()), np.int64, count=len(barred))
    order = np.argsort(names)
    names, codes = names[order], codes[order]
    at = np.minimum(np.searchsorted(names, contact_nos), len(names) - 1)
    return np.where(names[at] == contact_nos, codes[at], why)
