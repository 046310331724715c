"""Reads the ledger: message rows, their tallies and the reasons they name.

What becomes of rows is written by `LedgerChanges`, which this is as well (store_changes.py).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import Row, Select, TextClause, bindparam, func, select, text, tuple_

from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.marketing.delivery.model import LedgerRow, Place, State
from drumbeat.marketing.delivery.store import claim, lane, mailing, message, reason, tally
from drumbeat.marketing.delivery.store_changes import LedgerChanges, TallyKey
from drumbeat.storage.bulk import AtOnce
from drumbeat.storage.database import know, once

_HISTORY_MAILINGS = 1000
_FOR_EVER = 2**62

# Written out so that SQLite sees the partial index's own words, not a bound value.
_IS_DEFERRED = text("message.state = 11")
_HAS_ENDED = text("message.state >= 30")

_STATES = {int(state): state for state in State}

_PLACE = itemgetter(2)  # of a row of the table

# Made once, as in store.py.
_THIS = message.c.mailing_no == bindparam("mailing_no")
_WINDOW = AtOnce(
    select(message).where(
        _THIS,
        message.c.lane_no == bindparam("lane_no"),
        message.c.place >= bindparam("first"),
        message.c.place < bindparam("end"),
    )
)
_DUE_AGAIN = (
    select(message)
    .where(_IS_DEFERRED, _THIS, message.c.due <= bindparam("due"))
    .order_by(message.c.due)
    .limit(bindparam("limit"))
)


@dataclass(frozen=True)
class LedgerStore(LedgerChanges):
    # rows -----------------------------------------------------------------------------------

    def find_last(self, mailing_no: MailingNo) -> Place | None:
        query = select(message).where(message.c.mailing_no == mailing_no)
        query = query.order_by(message.c.lane_no.desc(), message.c.place.desc()).limit(1)
        row = self.connection.execute(query).first()
        return None if row is None else _row(row).place

    def list_window(self, mailing_no: int, lane_no: int, first: int, end: int) -> list[LedgerRow]:
        """The rows of one lane from place `first` to before `end`, in order."""
        which = {"mailing_no": mailing_no, "lane_no": lane_no, "first": first, "end": end}
        return [_row(row) for row in sorted(_WINDOW.rows(self.connection, which), key=_PLACE)]

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
        query = _DUE_AGAIN
        if lane_nos is not None:
            query = query.where(message.c.lane_no.in_(lane_nos))
        if but:
            query = query.where(message.c.lane_no.not_in(but))
        which = {"mailing_no": mailing_no, "due": due, "limit": limit}
        return [_row(row) for row in self.connection.execute(query, which).all()]

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

    # counts ---------------------------------------------------------------------------------

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

    def reason_texts(self, numbers: Collection[int]) -> dict[int, str]:
        if not numbers:
            return {}
        query = select(reason).where(reason.c.reason_no.in_(set(numbers)))
        return {row.reason_no: row.text for row in self._execute(query)}

    def _execute(self, query: Select[tuple[object, ...]]) -> Sequence[Row[tuple[object, ...]]]:
        return self.connection.execute(query).all()


def _row(row: Sequence[Any]) -> LedgerRow:
    values = tuple(row)  # in the order of the columns; by name it costs twice
    mailing_no, lane_no, place, contact_no, occasion, state, arm_no, *rest = values
    here = Place(mailing_no, lane_no, place)
    return LedgerRow(here, contact_no, occasion, arm_no, _STATES[state], *rest)


def _behind(query: Select[Any], after: Place | None) -> Select[Any]:
    """In sending order, without what comes before."""
    if after is not None:
        here = tuple_(message.c.lane_no, message.c.place)
        query = query.where(here > tuple_(after.lane_no, after.place))
    return query.order_by(message.c.lane_no, message.c.place)


def _written(state: State) -> TextClause:
    """A number in the statement itself: SQLite chooses the partial index by it."""
    return text(str(int(state)))
