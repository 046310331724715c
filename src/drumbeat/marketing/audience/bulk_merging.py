"""Which of many ordinary rows are new people, which say nothing new, and which need merging?

Pure. Whoever is neither plainly new nor plainly unchanged is left to merging.py, so that there is
one place that decides what a row does to somebody who is there already.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience.bulk_reading import PlainContacts
from drumbeat.marketing.audience.model import ZoneSource

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Starts = NDArray[np.uint64]


@dataclass(frozen=True)
class NewContacts:
    """People as columns of equal length in order of key."""

    keys: Sequence[bytes]
    addresses: Sequence[str]
    domains: Sequence[str]
    attributes: Sequence[str]
    zones: Sequence[str]
    zone_sources: Sequence[int]
    consents: Sequence[int]
    external_ids: Sequence[str | None] | None
    external_keys: Sequence[bytes | None] | None
    created_at: Sequence[int | None] | None
    consented_at: Sequence[int | None] | None
    rows: Any = None
    """The same as the database takes them, once they are ready: what a store made of them."""

    def __len__(self) -> int:
        return len(self.keys)

    def part(self, start: int, end: int) -> NewContacts:
        return self._each(lambda column: column[start:end])

    def at(self, places: Sequence[int]) -> NewContacts:
        return self._each(lambda column: _taken(column, places))

    def _each(self, take: Callable[[Sequence[Any]], Sequence[Any]]) -> NewContacts:
        told: dict[str, Any] = vars(self)
        columns = {name: told[name] if told[name] is None else take(told[name]) for name in told}
        return NewContacts(**columns)


def _taken(column: Any, places: Sequence[int]) -> Sequence[Any]:
    """Columns are lists or Arrow's."""
    if isinstance(column, list | tuple):
        return [column[at] for at in places]
    found: Sequence[Any] = column.take(places)
    return found


@dataclass
class MetKeys:
    """The keys that one import has met, each by its first eight bytes: 8 MB a million people."""

    _starts: Starts | None = None

    def among(self, starts: Starts) -> NDArray[np.bool_]:
        """Which of these were met before; of two keys that begin alike, both."""
        import numpy as np

        if self._starts is None:
            return np.zeros(len(starts), np.bool_)
        places = np.searchsorted(self._starts, starts)
        met: NDArray[np.bool_] = self._starts[np.minimum(places, len(self._starts) - 1)] == starts
        return met

    def add(self, starts: Starts) -> None:
        """These are sorted, and so is what was met: both are merged in one pass."""
        import numpy as np

        if not len(starts):
            return
        met = starts if self._starts is None else np.concatenate([self._starts, starts])
        self._starts = np.sort(met, kind="stable")


@dataclass(frozen=True)
class Keyed:
    """Ordinary rows in order of their key, each person and each external id once.

    The first `fresh` of them are people whom no earlier block of the file named. `rows` are their
    places in the block; `later` those of rows that name somebody again, but for the `idle` ones: as
    many as say nothing that the first row of the same person does not say.
    """

    contacts: NewContacts
    fresh: int
    rows: Sequence[int]
    later: Sequence[int]
    idle: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """A contact as it is stored; `attributes` are JSON as text."""

    contact_no: ContactNo
    zone: str
    zone_source: int
    external_key: bytes | None
    attributes: str
    consent: int


@dataclass(frozen=True)
class Sorted:
    """Places among the contacts: who is new, whom to merge; `unchanged` are their numbers."""

    new: Sequence[int]
    unchanged: Sequence[ContactNo]
    rest: Sequence[int]


def in_order_of_key(
    told: PlainContacts,
    keys: Sequence[bytes],
    external_keys: Sequence[bytes | None] | None,
    met: MetKeys,
) -> Keyed:
    """Keys are hashes: rows that lie in their order touch each page of the index once."""
    import numpy as np

    starts = np.frombuffer(b"".join(keys), ">u8")[0::2].astype(np.uint64)
    order = np.argsort(starts, kind="stable")
    named_before = _named_before(keys, external_keys, starts[order], order)
    later = [at for at, first in named_before.items() if _says_more(told, at, first)]
    if named_before:
        again = np.zeros(len(keys), bool)
        again[list(named_before)] = True
        order = order[~again[order]]
    in_order = starts[order]
    known = met.among(in_order)
    met.add(in_order)
    order = np.concatenate([order[~known], order[known]])
    places = order.tolist()
    known_since, consented_at = told.times or (None, None)
    contacts = NewContacts(
        keys=[keys[at] for at in places],
        addresses=told.addresses.take(order).to_pylist(),
        domains=told.domains.take(order).to_pylist(),
        attributes=told.attributes.take(order).to_pylist(),
        zones=told.zones.take(order).to_pylist(),
        zone_sources=told.zone_sources.take(order).to_pylist(),
        consents=told.consents.take(order).to_pylist(),
        external_ids=None
        if told.external_ids is None
        else told.external_ids.take(order).to_pylist(),
        external_keys=None if external_keys is None else [external_keys[at] for at in places],
        created_at=None if known_since is None else known_since.take(order).to_pylist(),
        consented_at=None if consented_at is None else consented_at.take(order).to_pylist(),
    )
    rows, idle = told.rows, len(named_before) - len(later)
    return Keyed(
        contacts,
        int(np.count_nonzero(~known)),
        rows[order].tolist(),
        rows[later].tolist() if later else [],
        idle,
    )


def _named_before(
    keys: Sequence[bytes],
    external_keys: Sequence[bytes | None] | None,
    starts: Starts,
    order: NDArray[np.intp],
) -> dict[int, int | None]:
    """Rows whose address or id an earlier one has: which one, where nobody has any id.

    `starts` are those of the keys in `order`: where nobody has an id, only those that begin alike
    are looked at.
    """
    import numpy as np

    met: dict[bytes, int] = {}
    if external_keys is None:
        alike = np.flatnonzero(starts[1:] == starts[:-1])
        rows = np.unique(np.concatenate([order[alike], order[alike + 1]])).tolist()
        firsts = [(at, met.setdefault(keys[at], at)) for at in rows]
        return {at: first for at, first in firsts if at != first}
    found: dict[int, int | None] = {}
    for at, (key, external) in enumerate(zip(keys, external_keys, strict=True)):
        own = (key,) if external is None else (key, external)
        if any(each in met for each in own):
            found[at] = None
        for each in own:
            met.setdefault(each, at)
    return found


def _says_more(told: PlainContacts, at: int, first: int | None) -> bool:
    """Whether a row could add to somebody whom the `first` row of the file names."""
    if first is None:
        return True
    said, before = (json.loads(told.attributes[each].as_py()) for each in (at, first))
    return (
        not said.keys() <= before.keys()
        or told.consents[at].as_py() > told.consents[first].as_py()
        or _rank(told, at) > _rank(told, first)
    )


def _rank(told: PlainContacts, at: int) -> int:
    return ZoneSource(told.zone_sources[at].as_py()).rank


def sort_out(
    contacts: NewContacts,
    known: Mapping[bytes, Known],
    taken: Set[bytes],
    came: Container[bytes] = frozenset(),
) -> Sorted:
    """`known` are those of the contacts who are there, `taken` the external ids somebody has.

    Who is among `came` did so a moment ago, by these rows.
    """
    if not known and not taken:
        return Sorted(range(len(contacts)), [], [])
    new: list[int] = []
    rest: list[int] = []
    unchanged: list[ContactNo] = []
    for at, key in enumerate(contacts.keys):
        stored = known.get(key)
        external = None if contacts.external_keys is None else contacts.external_keys[at]
        if key in came:
            new.append(at)
        elif stored is None:
            (rest if external in taken else new).append(at)
        elif _says_the_same(contacts, at, external, stored):
            unchanged.append(stored.contact_no)
        else:
            rest.append(at)
    return Sorted(new, unchanged, rest)


def _says_the_same(contacts: NewContacts, at: int, external: bytes | None, stored: Known) -> bool:
    return (
        contacts.attributes[at] == stored.attributes
        and contacts.consents[at] <= stored.consent
        and contacts.zones[at] == stored.zone
        and contacts.zone_sources[at] == stored.zone_source
        and (external is None or external == stored.external_key)
    )
