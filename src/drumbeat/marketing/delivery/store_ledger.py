"""Reads and writes the ledger: message rows, their tallies and the reasons they name.

A row changes only together with its tally, and only from the state and claim it was read in.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, TextClause, func, select, text, tuple_

from drumbeat.kit.errors import Conflict
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.delivery.model import (
    Change,
    LedgerRow,
    Place,
    ReasonKind,
    State,
)
from drumbeat.marketing.delivery.store import claim, lane, mailing, message, reason, tally
from drumbeat.storage.bulk import change_neighbours, change_rows, insert_rows
from drumbeat.storage.database import Connection, know, once, upsert

TallyKey = tuple[int, int, int]  # arm_no, state, reason_no
Rows = Sequence[Mapping[str, int | None]]

_COLUMNS = tuple(message.c.keys())
_HISTORY_MAILINGS = 1000
_FOR_EVER = 2**62

# Written out so that SQLite sees the partial index's own words, not a bound value.
_IS_DEFERRED = text("message.state = 11")
_HAS_ENDED = text("message.state >= 30")

# Keys, state and claim as they were read, and what becomes of the row, in the order of `_saved`.
_SET = ("state", "reason_no", "due", "done", "attempts", "claim_no")
_AT = ("mailing_no", "lane_no", "place", "state", "claim_no")
# The same for neighbours whose due time and attempts stay: see `_runs`.
_SET_ALIKE = ("state", "reason_no", "done", "claim_no")
_ALIKE = ("mailing_no", "lane_no", "state", "claim_no")

_STATES = {int(state): state for state in State}


@dataclass(frozen=True)
class LedgerStore:
    connection: Connection

    # rows -----------------------------------------------------------------------------------

    def add_rows(self, rows: Rows) -> None:
        """Rows of the ledger; whoever adds them moves the tallies too."""
        values = [[row.get(name) for name in _COLUMNS] for row in rows]
        insert_rows(self.connection, message, _COLUMNS, values)

    def find_last(self, mailing_no: MailingNo) -> Place | None:
        query = select(message).where(message.c.mailing_no == mailing_no)
        query = query.order_by(message.c.lane_no.desc(), message.c.place.desc()).limit(1)
        row = self.connection.execute(query).first()
        return None if row is None else _row(row).place

    def list_window(self, mailing_no: int, lane_no: int, first: int, end: int) -> list[LedgerRow]:
        """The rows of one lane from place `first` to before `end`, in order."""
        query = select(message).where(
            message.c.mailing_no == mailing_no,
            message.c.lane_no == lane_no,
            message.c.place >= first,
            message.c.place < end,
        )
        return self._rows(query.order_by(message.c.place))

    def list_deferred(
        self,
        mailing_no: MailingNo,
        limit: int,
        due: int = _FOR_EVER,
        *,
        lane_nos: Collection[int] | None = None,
        but: Collection[int] = (),
    ) -> list[LedgerRow]:
        """Rows to be tried again, at `due` at the latest, the longest waiting first.

        Only those of `lane_nos`, if any are named, and none of the lanes `but`.
        """
        query = select(message).where(
            _IS_DEFERRED, message.c.mailing_no == mailing_no, message.c.due <= due
        )
        if lane_nos is not None:
            query = query.where(message.c.lane_no.in_(lane_nos))
        if but:
            query = query.where(message.c.lane_no.not_in(but))
        return self._rows(query.order_by(message.c.due).limit(limit))

    def list_held(self, claim_nos: Collection[int]) -> list[LedgerRow]:
        return self._rows(select(message).where(message.c.claim_no.in_(claim_nos)))

    def list_page(
        self, mailing_no: MailingNo, after: Place | None, limit: int, states: Collection[State]
    ) -> list[LedgerRow]:
        """Rows behind `after` in sending order, only those of `states` if any are named.

        Whatever is asked for, no more rows are read than are answered: each state is found where
        it lies, planned ones in the lanes, held ones by their claims, all others by an index.
        """
        if not states:
            return self._rows(_behind(self._all_of(mailing_no), after).limit(limit))
        rows: list[LedgerRow] = []
        for state in states:
            rows += self._list_state(mailing_no, after, limit, state)
        return sorted(rows, key=lambda row: row.place)[:limit]

    def _list_state(
        self, mailing_no: MailingNo, after: Place | None, limit: int, state: State
    ) -> list[LedgerRow]:
        if state is State.planned:
            return self._list_planned(mailing_no, after, limit)
        if state is State.claimed:
            claims = list(self.connection.scalars(select(claim.c.claim_no)))
            held = (row for row in self.list_held(claims) if row.place.mailing_no == mailing_no)
            return [row for row in held if after is None or row.place > after]
        indexed = _IS_DEFERRED if state is State.deferred else _HAS_ENDED
        keys = select(message.c.lane_no, message.c.place).where(
            message.c.mailing_no == mailing_no, message.c.state == _written(state), indexed
        )
        return self._list_at(mailing_no, self._execute(_behind(keys, after).limit(limit)))

    def _list_planned(
        self, mailing_no: MailingNo, after: Place | None, limit: int
    ) -> list[LedgerRow]:
        """They lie side by side in each lane: no row that was claimed comes back among them."""
        open_lanes = select(lane).where(
            lane.c.mailing_no == mailing_no, lane.c.next_place < lane.c.end_place
        )
        rows: list[LedgerRow] = []
        for each in self._execute(open_lanes.order_by(lane.c.lane_no)):
            first = Place(mailing_no, each.lane_no, each.next_place)
            if after is not None and after >= first:
                first = Place(mailing_no, each.lane_no, after.place + 1)
                if after.lane_no > each.lane_no:
                    continue
            end = min(each.end_place, first.place + limit - len(rows))
            window = self.list_window(mailing_no, each.lane_no, first.place, end)
            rows += [row for row in window if row.state is State.planned]
            if len(rows) >= limit:
                break
        return rows

    def _list_at(
        self, mailing_no: MailingNo, keys: Sequence[Row[tuple[object, ...]]]
    ) -> list[LedgerRow]:
        """The rows at these keys, which an index covers: asked at once, SQLite walks instead."""
        places: dict[int, list[int]] = {}
        for row in keys:
            places.setdefault(row.lane_no, []).append(row.place)
        rows: list[LedgerRow] = []
        for lane_no, found in places.items():
            query = self._all_of(mailing_no).where(
                message.c.lane_no == lane_no, message.c.place.in_(found)
            )
            rows += self._rows(query.order_by(message.c.place))
        return rows

    def _all_of(self, mailing_no: MailingNo) -> Select[tuple[int, ...]]:
        return select(message).where(message.c.mailing_no == mailing_no)

    def list_among(
        self, mailing_no: MailingNo, contact_nos: Collection[ContactNo]
    ) -> list[LedgerRow]:
        """What one mailing planned for these contacts, in sending order."""
        query = self._all_of(mailing_no).where(
            message.c.contact_no.in_(contact_nos), message.c.occasion >= 0
        )
        return sorted(self._rows(query), key=lambda row: row.place)

    def list_failed(
        self, mailing_no: MailingNo, reasons: Collection[int], limit: int
    ) -> list[LedgerRow]:
        """Rows that failed for one of these reasons."""
        keys = select(message.c.lane_no, message.c.place).where(
            message.c.mailing_no == mailing_no,
            message.c.state == _written(State.failed),
            message.c.reason_no.in_(reasons),
            _HAS_ENDED,
        )
        return self._list_at(mailing_no, self._execute(keys.limit(limit)))

    def find_message(
        self, mailing_no: MailingNo, contact_no: ContactNo, occasion: int
    ) -> LedgerRow | None:
        query = select(message).where(
            message.c.mailing_no == mailing_no,
            message.c.contact_no == contact_no,
            message.c.occasion == occasion,
        )
        return next(iter(self._rows(query)), None)

    def list_of_contact(self, contact_no: ContactNo, limit: int) -> list[LedgerRow]:
        """One probe of the unique key for each of the newest mailings, newest first."""
        numbers = select(mailing.c.mailing_no).order_by(mailing.c.mailing_no.desc())
        query = select(message).where(
            message.c.mailing_no.in_(numbers.limit(_HISTORY_MAILINGS)),
            message.c.contact_no == contact_no,
            message.c.occasion >= 0,  # all three, or SQLite prefers to walk whole mailings
        )
        found = self.connection.execute(
            query
        ).all()  # ordered by SQL, SQLite would walk the mailings again
        newest = sorted(found, key=lambda row: (row.mailing_no, row.lane_no, row.place))
        return [_row(row) for row in newest[: -limit - 1 : -1]]

    def _rows(self, query: Select[tuple[int, ...]]) -> list[LedgerRow]:
        return [_row(row) for row in self.connection.execute(query).all()]

    # changes --------------------------------------------------------------------------------

    def save(self, changes: Sequence[Change], *, now: int, claim_no: int | None = None) -> None:
        """Change rows and tallies in one go; `claim_no` is set on rows that become claimed.

        Raises Conflict if any row is not as it was read: then nothing is to be committed.
        """
        if not changes:
            return
        numbers = self.reason_numbers({change.reason for change in changes if change.reason})
        reasons = [numbers[change.reason] if change.reason else 0 for change in changes]
        runs, others = _runs(changes, reasons, now, claim_no)
        moved_rows = change_neighbours(self.connection, message, _SET_ALIKE, _ALIKE, "place", runs)
        moved_rows += change_rows(self.connection, message, _SET, _AT, others)
        if moved_rows != len(changes):
            raise Conflict("Rows of the ledger were changed by somebody else meanwhile.")
        moves: dict[int, dict[TallyKey, int]] = {}
        for change, reason_no in zip(changes, reasons, strict=True):
            row = change.row
            moved = moves.setdefault(row.place.mailing_no, {})
            before = (row.arm_no, row.state, row.reason_no)
            after = (row.arm_no, change.state, reason_no)
            moved[before] = moved.get(before, 0) - 1
            moved[after] = moved.get(after, 0) + 1
        for mailing_no, moved in moves.items():
            self.move_tallies(mailing_no, moved)

    def move_tallies(self, mailing_no: int, moved: Mapping[TallyKey, int]) -> None:
        rows = [
            {"mailing_no": mailing_no, "arm_no": arm, "state": state, "reason_no": why, "n": n}
            for (arm, state, why), n in sorted(moved.items())
            if n
        ]
        if rows:
            add = upsert(tally)
            key = ["mailing_no", "arm_no", "state", "reason_no"]
            add = add.on_conflict_do_update(
                index_elements=key, set_={"n": tally.c.n + add.excluded.n}
            )
            self.connection.execute(add, rows)

    # counts and reasons ---------------------------------------------------------------------

    def tallies(self, mailing_no: MailingNo) -> Mapping[TallyKey, int]:
        return once(self.connection, ("tallies", mailing_no), lambda: self._tallies(mailing_no))

    def count_states(self) -> dict[int, int]:
        """Messages of all mailings by state, from the tallies."""
        query = select(tally.c.state, func.sum(tally.c.n)).group_by(tally.c.state)
        return {state: int(n) for state, n in self.connection.execute(query)}

    def read_ahead(self, mailing_nos: Sequence[MailingNo]) -> None:
        """The tallies of these mailings at once, for a reading unit that asks for them next."""
        query = select(tally).where(tally.c.mailing_no.in_(mailing_nos), tally.c.n != 0)
        found: dict[int, dict[TallyKey, int]] = {number: {} for number in mailing_nos}
        for row in self._execute(query):
            found[row.mailing_no][row.arm_no, row.state, row.reason_no] = row.n
        know(self.connection, {("tallies", number): counts for number, counts in found.items()})

    def _tallies(self, mailing_no: MailingNo) -> dict[TallyKey, int]:
        query = select(tally).where(tally.c.mailing_no == mailing_no, tally.c.n != 0)
        return {(row.arm_no, row.state, row.reason_no): row.n for row in self._execute(query)}

    def recount(self, mailing_no: MailingNo) -> dict[TallyKey, int]:
        """What `tallies` should say, from the rows themselves; a scan of the whole mailing."""
        key = (message.c.arm_no, message.c.state, message.c.reason_no)
        query = select(*key, func.count().label("n")).where(message.c.mailing_no == mailing_no)
        found = self._execute(query.group_by(*key))
        return {(row.arm_no, row.state, row.reason_no): row.n for row in found}

    def reason_numbers(
        self, wanted: Iterable[tuple[ReasonKind, str]]
    ) -> dict[tuple[ReasonKind, str], int]:
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

    def _find_reasons(
        self, keys: Sequence[tuple[ReasonKind, str]]
    ) -> dict[tuple[ReasonKind, str], int]:
        query = select(reason).where(tuple_(reason.c.kind, reason.c.text).in_(keys))
        return {(ReasonKind(row.kind), row.text): row.reason_no for row in self._execute(query)}

    def reason_texts(self, numbers: Collection[int]) -> dict[int, str]:
        if not numbers:
            return {}
        query = select(reason).where(reason.c.reason_no.in_(set(numbers)))
        return {row.reason_no: row.text for row in self._execute(query)}

    def _execute(self, query: Select[tuple[object, ...]]) -> Sequence[Row[tuple[object, ...]]]:
        return self.connection.execute(query).all()


def _row(row: Row[tuple[int, ...]]) -> LedgerRow:
    values: tuple[Any, ...] = tuple(row)  # in the order of `_COLUMNS`; by name it costs twice
    mailing_no, lane_no, place, contact_no, occasion, state, arm_no, *rest = values
    due, done, attempts, reason_no, claim_no = rest
    return LedgerRow(
        place=Place(mailing_no, lane_no, place),
        contact_no=ContactNo(contact_no),
        occasion=occasion,
        arm_no=arm_no,
        state=_STATES[state],
        due=due,
        done=done,
        attempts=attempts,
        reason_no=reason_no,
        claim_no=claim_no,
    )


def _behind(query: Select[Any], after: Place | None) -> Select[Any]:
    """In sending order, without what comes before."""
    if after is not None:
        here = tuple_(message.c.lane_no, message.c.place)
        query = query.where(here > tuple_(after.lane_no, after.place))
    return query.order_by(message.c.lane_no, message.c.place)


def _written(state: State) -> TextClause:
    """A number in the statement itself: SQLite chooses the partial index by it."""
    return text(str(int(state)))


def _done(change: Change, now: int) -> int | None:
    if change.done is not None:
        return change.done
    return now if change.state >= State.sent else None


def _runs(
    changes: Sequence[Change], reasons: Sequence[int], now: int, claim_no: int | None
) -> tuple[list[list[int | None]], list[tuple[int | None, ...]]]:
    """Neighbours of a lane that change alike, each run as one statement's values; and the rest."""
    runs: list[list[int | None]] = []
    others: list[tuple[int | None, ...]] = []
    before: tuple[object, ...] | None = None
    for change, reason_no in sorted(zip(changes, reasons, strict=True), key=_by_place):
        if (change.due, change.attempts, change.done) != (None, None, None):
            others.append(_saved(change, reason_no, now, claim_no))
            continue
        row, place = change.row, change.row.place
        alike = (change.state, reason_no, place.mailing_no, place.lane_no, row.state, row.claim_no)
        if alike == before and runs[-1][-1] == place.place - 1:
            runs[-1][-1] = place.place
            continue
        before = alike
        done = now if change.state >= State.sent else None
        claim = claim_no if change.state is State.claimed else None
        runs.append([alike[0], alike[1], done, claim, *alike[2:], place.place, place.place])
    return runs, others


def _by_place(change: tuple[Change, int]) -> tuple[int, int, int]:
    place = change[0].row.place
    return place.mailing_no, place.lane_no, place.place


def _saved(
    change: Change, reason_no: int, now: int, claim_no: int | None
) -> tuple[int | None, ...]:
    row, place = change.row, change.row.place
    return (
        change.state,
        reason_no,
        row.due if change.due is None else change.due,
        _done(change, now),
        row.attempts if change.attempts is None else change.attempts,
        claim_no if change.state is State.claimed else None,
        place.mailing_no,
        place.lane_no,
        place.place,
        row.state,
        row.claim_no,
    )
