"""Writes the ledger: a row changes only together with its tally, from the state it was read in.

Neighbours that change alike are written as one: that is how almost all rows change.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from sqlalchemy import bindparam, select, tuple_

from drumbeat.kit.errors import Conflict
from drumbeat.marketing.delivery.model import Change, LedgerRow, ReasonKind, State
from drumbeat.marketing.delivery.store import message, reason, tally
from drumbeat.storage.bulk import change_neighbours, change_rows, insert_rows
from drumbeat.storage.database import Connection, upsert

TallyKey = tuple[int, int, int]  # arm_no, state, reason_no
Rows = Sequence[Mapping[str, int | None]]
Why = tuple[ReasonKind, str]
_Alike = tuple[int, State, Why | None]  # mailing_no, what becomes of it, and why

_COLUMNS = tuple(message.c.keys())

# Keys, state and claim as they were read, and what becomes of the row, in the order of `_saved`.
_SET = ("state", "reason_no", "due", "done", "attempts", "claim_no")
_AT = ("mailing_no", "lane_no", "place", "state", "claim_no")
# The same for neighbours whose due time and attempts stay: see `_runs`.
_SET_ALIKE = ("state", "reason_no", "done", "claim_no")
_ALIKE = ("mailing_no", "lane_no", "state", "claim_no")

_tally_of = attrgetter("arm_no", "state", "reason_no")

# Made once, as in store.py.
_TALLY = ["mailing_no", "arm_no", "state", "reason_no"]
_MORE = upsert(tally)
_ADDED = _MORE.on_conflict_do_update(
    index_elements=_TALLY, set_={"n": tally.c.n + _MORE.excluded.n}
)
_REASONS = select(reason).where(
    tuple_(reason.c.kind, reason.c.text).in_(bindparam("keys", expanding=True))
)


@dataclass(frozen=True)
class LedgerChanges:
    connection: Connection

    def add_rows(self, rows: Rows) -> None:
        """Rows of the ledger; whoever adds them moves the tallies too."""
        values = [[row.get(name) for name in _COLUMNS] for row in rows]
        insert_rows(self.connection, message, _COLUMNS, values)

    def save(self, changes: Iterable[Change], *, now: int) -> None:
        """Change rows and tallies in one go.

        Raises Conflict if any row is not as it was read: then nothing is to be committed.
        """
        alike: dict[_Alike, list[LedgerRow]] = {}
        others: list[Change] = []
        for change in changes:
            if change.due is change.attempts is change.done is None:
                key = (change.row.place.mailing_no, change.state, change.reason)
                alike.setdefault(key, []).append(change.row)
            else:
                others.append(change)
        for (_, state, why), rows in alike.items():
            self.save_alike(rows, state, why, now=now)
        if others:
            numbers = self.reason_numbers(each.reason for each in others if each.reason)
            reasons = [
                numbers[each.reason] if each.reason else each.row.reason_no for each in others
            ]
            self._save_each(others, reasons, now)

    def save_alike(
        self,
        rows: Sequence[LedgerRow],
        state: State,
        why: Why | None = None,
        *,
        now: int,
        claim_no: int | None = None,
    ) -> None:
        """The same of rows of one mailing that become the same, whatever they were.

        Without a reason each keeps its own; one that has not ended keeps when its first copy left.
        `claim_no` is set on rows that become claimed. Raises Conflict as `save` does.
        """
        if not rows:
            return
        reason_no = self.reason_numbers([why])[why] if why else None
        done = now if state >= State.sent else None
        kept: dict[tuple[int, int | None], list[LedgerRow]] = {}
        for row in rows:
            key = (
                row.reason_no if reason_no is None else reason_no,
                row.done if done is None else done,
            )
            kept.setdefault(key, []).append(row)
        runs = [
            run
            for (number, when), some in kept.items()
            for run in _runs(some, (state, number, when, claim_no))
        ]
        _expect(
            change_neighbours(self.connection, message, _SET_ALIKE, _ALIKE, "place", runs),
            len(rows),
        )
        moved: Counter[TallyKey] = Counter()
        for before, n in Counter(map(_tally_of, rows)).items():
            moved[before] -= n
            moved[before[0], state, before[2] if reason_no is None else reason_no] += n
        self.move_tallies(rows[0].place.mailing_no, moved)

    def _save_each(self, changes: Sequence[Change], reasons: Sequence[int], now: int) -> None:
        pairs = list(zip(changes, reasons, strict=True))
        saved = [_saved(change, reason_no, now) for change, reason_no in pairs]
        _expect(change_rows(self.connection, message, _SET, _AT, saved), len(changes))
        moves: dict[int, Counter[TallyKey]] = {}
        for change, reason_no in pairs:
            moved = moves.setdefault(change.row.place.mailing_no, Counter())
            moved[_tally_of(change.row)] -= 1
            moved[change.row.arm_no, change.state, reason_no] += 1
        for mailing_no, moved in moves.items():
            self.move_tallies(mailing_no, moved)

    def move_tallies(self, mailing_no: int, moved: Mapping[TallyKey, int]) -> None:
        rows = [
            {"mailing_no": mailing_no, "arm_no": arm, "state": state, "reason_no": why, "n": n}
            for (arm, state, why), n in sorted(moved.items())
            if n
        ]
        if rows:
            self.connection.execute(_ADDED, rows)

    def reason_numbers(self, wanted: Iterable[Why]) -> dict[Why, int]:
        """Numbers of reasons, new ones being added."""
        keys = sorted(set(wanted))
        if not keys:
            return {}
        found = self._find_reasons(keys)
        rows = [
            {"kind": int(kind), "text": text} for kind, text in keys if (kind, text) not in found
        ]
        if not rows:  # asked first: on PostgreSQL a conflict uses up a number too
            return found
        self.connection.execute(upsert(reason).on_conflict_do_nothing(), rows)
        return self._find_reasons(keys)

    def _find_reasons(self, keys: Sequence[Why]) -> dict[Why, int]:
        rows = self.connection.execute(_REASONS, {"keys": keys})
        return {(ReasonKind(row.kind), row.text): row.reason_no for row in rows}


def _expect(moved: int, wanted: int) -> None:
    if moved != wanted:
        raise Conflict("Rows of the ledger were changed by somebody else meanwhile.")


def _runs(
    rows: Sequence[LedgerRow], become: tuple[int | None, ...]
) -> list[tuple[int | None, ...]]:
    """Neighbours of a lane that were alike, each run as one statement's values."""
    runs: list[tuple[int | None, ...]] = []
    alike, first, last = None, 0, -2
    for row in sorted(rows, key=_place_of):
        mailing_no, lane_no, place = row.place
        these = (mailing_no, lane_no, row.state, row.claim_no)
        if these == alike and place == last + 1:
            last = place
            continue
        if alike is not None:
            runs.append((*become, *alike, first, last))
        alike, first, last = these, place, place
    if alike is not None:
        runs.append((*become, *alike, first, last))
    return runs


_place_of = attrgetter("place")


def _saved(change: Change, reason_no: int, now: int) -> tuple[int | None, ...]:
    row, place = change.row, change.row.place
    done = row.done if change.done is None else change.done
    if change.state >= State.sent and change.done is None:
        done = now
    return (
        change.state,
        reason_no,
        row.due if change.due is None else change.due,
        done,
        row.attempts if change.attempts is None else change.attempts,
        None,
        place.mailing_no,
        place.lane_no,
        place.place,
        row.state,
        row.claim_no,
    )
