"""Who the leaves of a rule hold for: facts from the warehouse, permission and segments from tables.

One question a leaf, in the caller's snapshot. An answer is kept, a bit a contact, as long as what
it was counted from is unchanged. Opens and clicks of machines are left out here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from drumbeat.kit.clock import epoch
from drumbeat.marketing.audience.permits import permits_by_code
from drumbeat.marketing.audience.rule_tree import (
    Allows,
    Deed,
    Did,
    Event,
    InCell,
    InSegment,
    Leaf,
    OfLast,
    Permit,
    Scored,
    since_of,
)
from drumbeat.marketing.audience.rule_tree.values import as_seen
from drumbeat.marketing.audience.scores import Scores, scores_of
from drumbeat.marketing.audience.store_buyers import read_bought
from drumbeat.marketing.audience.store_deeds import SIGN_KINDS, points_by_kind
from drumbeat.marketing.audience.store_permits import PermitStore
from drumbeat.marketing.audience.store_segments import SegmentStore
from drumbeat.marketing.events import Kind
from drumbeat.storage.kept import Kept
from drumbeat.storage.warehouse import FactReader

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

# A verdict of 2 is a machine.
KINDS: Mapping[Event, int] = {event: int(Kind[event.value]) for event in Event}
_EVENTS = {number: event for event, number in KINDS.items()}
_OF_KIND = "FROM person_facts WHERE kind = $kind AND verdict <> 2 AND occurred_at >= $since"
_DEEDS = """
SELECT kind, epoch(occurred_at)::BIGINT, mailing_no, order_key, properties FROM person_facts
WHERE contact_no = $contact_no AND verdict <> 2 AND kind <= $last ORDER BY occurred_at
"""
_REPEATS = 3
"""How many more of the newest mails are looked at, in case one was sent twice."""
_POINTS = f"""
SELECT contact_no, sum($points[kind::INTEGER]
         * pow(2, -date_diff('second', occurred_at, $as_of) / 86400.0 / $half_life)) AS points
FROM person_facts WHERE verdict <> 2 AND kind IN {SIGN_KINDS} AND occurred_at <= $as_of
GROUP BY contact_no
"""
_KEYS = """
SELECT DISTINCT unnest(json_keys(properties)) FROM person_facts
WHERE kind = $kind AND properties IS NOT NULL
"""


@dataclass
class AnswerStore:
    """Of one reading unit. `size` is the length of every answer, `now` the instant asked about."""

    facts: FactReader
    permits: PermitStore
    segments: SegmentStore
    kept: Kept
    _ducks: list[duckdb.DuckDBPyConnection] = field(default_factory=list)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """One reader of the facts for all questions inside."""
        with self.facts.open() as duck:
            self._ducks.append(duck)
            try:
                yield
            finally:
                self._ducks.pop()

    def answer(self, leaf: Leaf, size: int, now: datetime) -> Mask:
        """For whom the leaf holds, by contact number."""
        match leaf:
            case Did(days=days):
                since = 0 if days is None else since_of(days, epoch(now))
                return self._kept((leaf, since), size, lambda: self._did(leaf, since, size))
            case OfLast():
                return self._kept(leaf, size, lambda: self._of_last(leaf, size))
            case Scored():
                return self.scores(now).holds(leaf, size)
            case InCell(cells):
                return self.scores(now).in_cells(cells, size)
            case Allows(state):
                return self._permit(state, size)
            case InSegment(segment):
                return _fitted(self.segments.members_named(segment), size)
        raise TypeError(f"not a question of this store: {leaf!r}")

    def scores(self, now: datetime) -> Scores:
        """Of everybody who bought or was engaged; engagement as of the last whole hour."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        facts = self.facts.revision
        revision = None if facts is None else (facts, hour)
        return self.kept.get("scores", revision, lambda: self._scores(now, hour))

    def deeds_of(self, contact_no: int) -> list[Deed]:
        """What one person did, the oldest first."""
        with self._duck() as duck:
            asked = {"contact_no": contact_no, "last": max(_EVENTS)}
            rows = duck.execute(_DEEDS, asked).fetchall()
        return [
            Deed(_EVENTS[kind], at, mailing, order, _properties(said))
            for kind, at, mailing, order, said in rows
        ]

    def properties_of(self, event: Event) -> frozenset[str]:
        """The names of all properties that any event of this kind has."""

        def read() -> frozenset[str]:
            with self._duck() as duck:
                rows = duck.execute(_KEYS, {"kind": KINDS[event]}).fetchall()
            return frozenset(str(row[0]) for row in rows)

        return self.kept.get(("properties", event), self.facts.revision, read)

    @contextmanager
    def _duck(self) -> Iterator[duckdb.DuckDBPyConnection]:
        if self._ducks:
            yield self._ducks[-1]
        else:
            with self.asking():
                yield self._ducks[-1]

    def _kept(self, question: Hashable, size: int, count: Callable[[], Mask]) -> Mask:
        """A bit a contact: 64 answers of a million people are 8 MB."""
        import numpy as np

        revision = self.facts.revision
        known = None if revision is None else (revision, size)
        bits = self.kept.get(("answer", question), known, lambda: np.packbits(count()))
        found: Mask = np.unpackbits(bits, count=size).view(np.bool_)
        return found

    def _did(self, leaf: Did, since: int, size: int) -> Mask:
        counts = self._counts(leaf, since, size)
        found: Mask = counts >= leaf.at_least
        if leaf.at_most is not None:
            found &= counts <= leaf.at_most
        return found

    def _counts(self, leaf: Did, since: int, size: int) -> NDArray[np.int64]:
        import numpy as np

        asked: dict[str, object] = {"kind": KINDS[leaf.event], "since": _instant(since)}
        wanted = "contact_no, order_key" if leaf.event is Event.PURCHASED else "contact_no"
        for place, (key, _) in enumerate(leaf.where):
            asked[f"key{place}"] = "/" + key.replace("~", "~0").replace("/", "~1")
            wanted += f", json_extract_string(properties, $key{place}) AS where{place}"
        with self._duck() as duck:
            table: Any = duck.sql(f"SELECT {wanted} {_OF_KIND}", params=asked).to_arrow_table()
        fits = np.ones(table.num_rows, np.bool_)
        for place, (_, value) in enumerate(leaf.where):
            fits &= _says(table[f"where{place}"], value)
        numbers = table["contact_no"].to_numpy()[fits]
        if leaf.event is Event.PURCHASED:
            numbers = _once_an_order(numbers, table["order_key"].to_numpy()[fits])
        return np.bincount(numbers[numbers < size], minlength=size)

    def _of_last(self, leaf: OfLast, size: int) -> Mask:
        """Only whoever answered often enough at all is looked at mail by mail."""
        import numpy as np

        mails = f"{_OF_KIND} AND mailing_no <> 0"
        asked: dict[str, object] = {"kind": KINDS[leaf.event], "since": _instant(0)}
        with self._duck() as duck:
            rows = duck.execute(f"SELECT contact_no, mailing_no {mails}", asked).fetchnumpy()
            answered = np.unique(_pairs(rows))
            often = np.bincount(answered >> 32, minlength=size) >= leaf.at_least
            sent = f"SELECT contact_no, mailing_no, epoch(occurred_at)::BIGINT AS at {mails}"
            rows = duck.execute(sent, {**asked, "kind": KINDS[Event.SENT]}).fetchnumpy()
        inside = rows["contact_no"] < len(often)  # a fact outlives who was erased
        inside[inside] = often[rows["contact_no"][inside]]
        few = {name: column[inside] for name, column in rows.items()}
        newest = newest_mails(few, leaf.last)
        people = newest[np.isin(newest, answered)] >> 32
        found: Mask = np.bincount(people[people < size], minlength=size) >= leaf.at_least
        return found

    def _permit(self, state: Permit, size: int) -> Mask:
        import numpy as np

        reading = self.facts.revision is not None
        revision = (self.permits.revision(), size) if reading else None
        codes = self.kept.get("permits", revision, lambda: self.permits.codes(size))
        table = np.array([state in permits for permits in permits_by_code()], np.bool_)
        found: Mask = table[codes]
        return found

    def _scores(self, now: datetime, hour: datetime) -> Scores:
        from drumbeat.science.segmentation import HALF_LIFE_DAYS

        asked = {
            "as_of": hour.replace(tzinfo=None),
            "half_life": HALF_LIFE_DAYS,
            "points": points_by_kind(),
        }
        with self._duck() as duck:
            rows = duck.execute(_POINTS, asked).fetchnumpy()
            bought = read_bought(duck, now.date())
        return scores_of(bought, rows["contact_no"], rows["points"])


def _instant(at: int) -> datetime:
    """As the view has it: in UTC, without saying so."""
    return datetime.fromtimestamp(at, UTC).replace(tzinfo=None)


def _properties(said: str | None) -> dict[str, str]:
    found = json.loads(said) if said else {}
    return {str(key): str(value) for key, value in found.items()}


def _says(chunked: Any, value: str) -> Mask:
    """Where a property says this, whatever its case: each distinct text is asked once."""
    import numpy as np

    coded = chunked.combine_chunks().dictionary_encode()
    wanted = as_seen(value)
    texts = coded.dictionary.to_pylist()
    table = np.array([as_seen(text) == wanted for text in texts] + [False], np.bool_)
    found: Mask = table[coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    return found


def _once_an_order(numbers: NDArray[Any], orders: NDArray[Any]) -> NDArray[Any]:
    """The contact of each order once, whatever its lines; and of each purchase without an order."""
    import numpy as np

    known = orders != 0
    pairs = np.stack([numbers[known].astype(np.int64), orders[known]])
    return np.concatenate([numbers[~known], np.unique(pairs, axis=1)[0]])


def _pairs(rows: dict[str, Any]) -> NDArray[np.int64]:
    import numpy as np

    pairs: NDArray[np.int64] = rows["contact_no"].astype(np.int64) << 32
    pairs |= rows["mailing_no"].astype(np.int64)
    return pairs


def newest_mails(sent: dict[str, Any], last: int) -> NDArray[np.int64]:
    """Of each contact the `last` mailings that were sent newest, each once, as pairs."""

    pairs = _pairs(sent)[_by_time(sent)]
    whole = _first_of_each(pairs, last + _REPEATS)
    shown = _first_of_each(_once(whole), last)
    # Whoever was sent one mailing again and again has others further back: then all are looked at.
    if len(whole) < len(pairs) and len(_once(whole)) < len(whole):
        return _first_of_each(_once(pairs), last)
    return shown


def _by_time(sent: dict[str, Any]) -> NDArray[np.intp]:
    """The order by contact, each one's newest first; of one second the higher mailing first."""
    import numpy as np

    contacts, at = sent["contact_no"].astype(np.int64), sent["at"]
    if len(at) and int(at.max()) - int(at.min()) < 1 << 32:
        keys = contacts << 32 | (at.max() - at)
        order: NDArray[np.intp] = np.argsort(keys)
        sorted_keys = keys[order]
        if not (sorted_keys[1:] == sorted_keys[:-1]).any():
            return order
    return np.lexsort((-sent["mailing_no"].astype(np.int64), -at, contacts))


def _once(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each pair where it stands first."""
    import numpy as np

    ordered = np.sort(pairs)
    if not (ordered[1:] == ordered[:-1]).any():
        return pairs
    _, first = np.unique(pairs, return_index=True)
    return pairs[np.sort(first)]


def _first_of_each(pairs: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Of pairs in order of contact, at most so many of each contact."""
    import numpy as np

    contacts = pairs >> 32
    begins = np.flatnonzero(np.diff(contacts, prepend=-1))
    sizes = np.diff(np.append(begins, len(contacts)))
    places = np.arange(len(contacts)) - np.repeat(begins, sizes)
    kept: NDArray[np.int64] = pairs[places < most]
    return kept


def _fitted(mask: Mask, size: int) -> Mask:
    import numpy as np

    fitted = np.zeros(size, np.bool_)
    fitted[: min(size, len(mask))] = mask[:size]
    return fitted
