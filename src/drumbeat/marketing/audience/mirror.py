"""Attributes of everybody as typed columns: what a rule over a million people is answered from.

The JSON in each contact's row is the truth; this is a copy that can be made again at any time. A
contact number is the place in every array. Text is kept folded and once, numbers as floats.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from drumbeat.marketing.audience.rule_tree.tree import HasAttribute
from drumbeat.marketing.audience.rule_tree.values import as_seen, number_mask, text_test

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Item = TypeVar("Item", bound=np.generic)


class MirrorRow(NamedTuple):
    """One contact as it stands in the database."""

    contact_no: int
    revision: int
    attributes: Mapping[str, object]


@dataclass(frozen=True)
class MirrorColumn:
    """`codes` are places in `texts`, -1 without text; `numbers` NaN without, None without any.

    Both as narrow as they can be: a process holds those of everybody.
    """

    codes: NDArray[np.signedinteger]
    texts: tuple[str, ...]
    numbers: NDArray[np.floating] | None = None

    def narrowed(self) -> MirrorColumn:
        """The same in as little memory as loses nothing."""
        import numpy as np

        codes, numbers = self.codes, self.numbers
        for width in (np.int8, np.int16):
            if len(self.texts) <= np.iinfo(width).max:
                codes = codes.astype(width)
                break
        if numbers is not None:
            with np.errstate(over="ignore"):
                half = numbers.astype(np.float32)
            if np.array_equal(half, numbers, equal_nan=True):
                numbers = half
        return MirrorColumn(codes, self.texts, numbers)

    def holds(self, leaf: HasAttribute) -> NDArray[np.bool_]:
        """For whom the leaf holds: each distinct text is asked once."""
        import numpy as np

        fits = text_test(leaf)
        table = np.zeros(len(self.texts) + 1, np.bool_)  # the last place is for no text: -1
        table[:-1] = np.fromiter(map(fits, self.texts), np.bool_, len(self.texts))
        nobody = np.zeros(len(self.codes), np.bool_)
        found: NDArray[np.bool_] = table[self.codes] if table.any() else nobody
        return found if self.numbers is None else found | number_mask(leaf, self.numbers)


@dataclass(frozen=True)
class Mirror:
    """`revisions` are those of the contacts that were copied; 0 is nobody.

    Everything that was changed more than a minute before `checked_at` is in it; `compared_at` is
    when each contact's revision was compared last.
    """

    revisions: NDArray[np.int32]
    checked_at: int
    compared_at: int
    columns: Mapping[str, MirrorColumn]

    @property
    def people(self) -> int:
        import numpy as np

        return int(np.count_nonzero(self.revisions))

    @property
    def mark(self) -> tuple[int, int]:
        """Moves with every contact that comes, goes or changes."""
        return self.people, int(self.revisions.sum())

    def everybody(self) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self.revisions > 0
        return found

    def holds(self, leaf: HasAttribute) -> NDArray[np.bool_]:
        """For whom the leaf holds; an attribute that nobody has holds for nobody."""
        import numpy as np

        column = self.columns.get(leaf.attribute)
        return np.zeros(len(self.revisions), np.bool_) if column is None else column.holds(leaf)


def empty_mirror() -> Mirror:
    import numpy as np

    return Mirror(np.zeros(1, np.int32), 0, 0, {})


@dataclass
class _Draft:
    codes: NDArray[np.int32]
    numbers: NDArray[np.float64] | None
    places: dict[str, int]


@dataclass
class MirrorDraft:
    """A mirror being brought up to date, page by page; the one it began from stays as it is."""

    before: Mirror
    size: int
    _columns: dict[str, _Draft] = field(init=False, default_factory=dict)
    _revisions: NDArray[np.int32] = field(init=False)

    def __post_init__(self) -> None:
        import numpy as np

        self._revisions = _grown(self.before.revisions, self.size, 0)
        for key, column in self.before.columns.items():
            numbers = column.numbers
            self._columns[key] = _Draft(
                _grown(column.codes.astype(np.int32), self.size, -1),
                None
                if numbers is None
                else _grown(numbers.astype(np.float64), self.size, float("nan")),
                {text: place for place, text in enumerate(column.texts)},
            )

    def forget(self, contact_nos: NDArray[np.int64]) -> None:
        """Nothing of these is left."""
        self._revisions[contact_nos] = 0
        for column in self._columns.values():
            column.codes[contact_nos] = -1
            if column.numbers is not None:
                column.numbers[contact_nos] = float("nan")

    def put(self, rows: Iterable[MirrorRow]) -> None:
        """What these contacts are now, instead of what they were."""
        import numpy as np

        page = list(rows)
        if not page:
            return
        numbers = np.array([row.contact_no for row in page], np.int64)
        self.forget(numbers)
        self._revisions[numbers] = [row.revision for row in page]
        said: dict[str, tuple[list[int], list[str], list[int], list[float]]] = {}
        for row in page:
            for key, value in row.attributes.items():
                seen = as_seen(value)
                if seen is None:
                    continue
                lists = said.setdefault(key, ([], [], [], []))
                if isinstance(seen, str):
                    lists[0].append(row.contact_no)
                    lists[1].append(seen)
                else:
                    lists[2].append(row.contact_no)
                    lists[3].append(seen)
        for key, lists in said.items():
            self._write(key, *lists)

    def done(self, checked_at: int, compared_at: int) -> Mirror:
        """Without the columns and words that nobody has any more."""
        import numpy as np

        columns = {}
        for key, draft in self._columns.items():
            numbers = draft.numbers
            if numbers is not None and np.isnan(numbers).all():
                numbers = None
            codes, texts = _tidied(draft)
            if texts or numbers is not None:
                columns[key] = MirrorColumn(codes, texts, numbers).narrowed()
        return Mirror(self._revisions, checked_at, compared_at, columns)

    def _write(
        self, key: str, with_text: list[int], texts: list[str], with_number: list[int],
        numbers: list[float],
    ) -> None:  # fmt: skip
        import numpy as np

        draft = self._columns.get(key)
        if draft is None:
            draft = _Draft(np.full(self.size, -1, np.int32), None, {})
            self._columns[key] = draft
        places = draft.places
        draft.codes[with_text] = [places.setdefault(text, len(places)) for text in texts]
        if with_number:
            if draft.numbers is None:
                draft.numbers = np.full(self.size, np.nan, np.float64)
            draft.numbers[with_number] = numbers


def _grown(array: NDArray[Item], size: int, absent: float) -> NDArray[Item]:
    import numpy as np

    grown = np.full(max(size, len(array)), absent, array.dtype)
    grown[: len(array)] = array
    return grown


def _tidied(draft: _Draft) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Words that nobody uses any more are dropped once they are many: somebody was erased."""
    import numpy as np

    texts = tuple(draft.places)
    used = np.zeros(len(texts) + 1, np.bool_)
    used[draft.codes] = True
    used = used[:-1]
    if used.all():
        return draft.codes, texts
    moved = np.full(len(texts) + 1, -1, np.int32)
    moved[:-1][used] = np.arange(int(used.sum()), dtype=np.int32)
    kept = tuple(text for text, keep in zip(texts, used.tolist(), strict=True) if keep)
    return moved[draft.codes], kept
