"""Segments that have a rule of their own: the tree, who is in, and who entered or left when.

Each cut that moved anybody leaves one row of changes, for ever; of one day's memberships the last
is kept, and those that a campaign was planned with.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    Table,
    delete,
    insert,
    select,
    update,
)

from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.ids import new_id
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience.model import Segment
from drumbeat.marketing.audience.rule_tree import Rule, read_rule
from drumbeat.marketing.audience.store_segments import (
    RULE,
    SegmentStore,
    membership,
    newest,
    packed,
    segment,
    segment_cut,
    segment_of,
    union,
)
from drumbeat.storage.database import Connection, metadata, take_turn, upsert

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

membership_change = Table(
    "membership_change",
    metadata,
    Column("segment_no", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("entered", LargeBinary, nullable=False),
    Column("gone", LargeBinary, nullable=False),
    Column("entered_n", Integer, nullable=False),
    Column("left_n", Integer, nullable=False),
    Column("n", Integer, nullable=False),
)

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Taken:
    """Who a rule holds for as of one instant; `engaged` is None before any mail."""

    contact_nos: NDArray[np.int32]
    engaged: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """How many entered and left at one cut, and how many were in after it."""

    at: datetime
    entered: int
    left: int
    members: int


@dataclass(frozen=True)
class RuleSegmentStore:
    connection: Connection

    def rules(self) -> dict[str, Rule]:
        """By name, of every segment that has one."""
        wanted = select(segment.c.name, segment.c.rule).where(segment.c.criterion == RULE)
        return {row.name: read_rule(row.rule["tree"]) for row in self.connection.execute(wanted)}

    def find(self, name: str) -> Segment | None:
        row = self.connection.execute(
            newest().where(segment.c.criterion == RULE, segment.c.name == name)
        ).one_or_none()
        return None if row is None else segment_of(row)

    def hold(self) -> None:
        """Nobody else changes segments until this unit ends."""
        take_turn(self.connection, "segments")

    def save(self, name: str, tree: JsonObject, sentence: str, now: datetime) -> None:
        """Keep the rule under its name, instead of the one it had."""
        rule = {"criterion": RULE, "sentence": sentence, "tree": tree}
        named = segment.c.criterion == RULE, segment.c.name == name
        changed = update(segment).where(*named).values(rule=rule, revision=segment.c.revision + 1)
        if self.connection.execute(changed).rowcount:
            return
        values = {"criterion": RULE, "name": name, "rule": rule, "created_at": epoch(now)}
        added = insert(segment).values(id=new_id("seg", now), revision=1, **values)
        self.connection.execute(added)

    def rename(self, name: str, new: str) -> None:
        """What was taken of it, and who entered and left, stays its own: those go by number."""
        same = segment.c.criterion == RULE, segment.c.name == name
        self.connection.execute(
            update(segment).where(*same).values(name=new, revision=segment.c.revision + 1)
        )
        cut = update(segment_cut).where(segment_cut.c.criterion == f"rule:{name}")
        self.connection.execute(cut.values(criterion=f"rule:{new}"))

    def remove(self, name: str) -> None:
        """The rule, every membership that was taken of it, and who entered and left."""
        number = self._number(name)
        for table in (membership_change, membership, segment):
            self.connection.execute(delete(table).where(table.c.segment_no == number))
        cut = delete(segment_cut).where(segment_cut.c.criterion == f"rule:{name}")
        self.connection.execute(cut)

    def take(self, name: str, taken: Taken, now: datetime, keep: Collection[int] = ()) -> Segment:
        """Take a membership as of now, and remember who entered and left since the one before."""
        number = self._number(name)
        last = self.connection.execute(newest().where(segment.c.segment_no == number)).all()
        before = union(last)
        # Never twice at one instant: a campaign may have been planned with what was taken then.
        at = max(epoch(now), *(row.taken_at + 1 for row in last), 0)
        self._remember(number, at, before, taken.contact_nos)
        today = membership.c.taken_at.between(at - at % _DAY, at - 1)
        unkept = membership.c.taken_at.not_in(keep)
        old = delete(membership).where(membership.c.segment_no == number, today, unkept)
        self.connection.execute(old)
        SegmentStore(self.connection).add_membership(
            number, at, packed(taken.contact_nos), len(taken.contact_nos), taken.engaged
        )
        found = self.find(name)
        assert found is not None
        return found

    def list_cuts(self) -> list[tuple[str, str, int]]:
        """Each segment's name, what its last cut knew, and when it was."""
        joined = segment.outerjoin(segment_cut, segment_cut.c.criterion == "rule:" + segment.c.name)
        cuts = select(segment.c.name, segment_cut.c.known, segment_cut.c.cut_at)
        rows = self.connection.execute(cuts.select_from(joined).where(segment.c.criterion == RULE))
        return [(row.name, row.known or "", row.cut_at or 0) for row in rows]

    def note_cut(self, name: str, known: str, now: datetime) -> None:
        SegmentStore(self.connection).note_cut(f"rule:{name}", known, now)

    def changes(self, name: str, limit: int) -> list[Change]:
        """The newest cuts that moved anybody, the oldest first."""
        c = membership_change.c
        wanted = select(c.at, c.entered_n, c.left_n, c.n).where(c.segment_no == self._number(name))
        rows = self.connection.execute(wanted.order_by(c.at.desc()).limit(limit)).all()
        return [Change(from_epoch(row[0]), row[1], row[2], row[3]) for row in reversed(rows)]

    def moves_of(self, name: str, contact_no: int) -> list[tuple[datetime, bool]]:
        """When one contact entered (True) and left, the oldest first."""
        c = membership_change.c
        wanted = select(c.at, c.entered, c.gone).where(c.segment_no == self._number(name))
        moves = []
        for at, entered, gone in self.connection.execute(wanted.order_by(c.at)):
            if _holds(entered, contact_no):
                moves.append((from_epoch(at), True))
            if _holds(gone, contact_no):
                moves.append((from_epoch(at), False))
        return moves

    def _number(self, name: str) -> int:
        wanted = select(segment.c.segment_no)
        named = wanted.where(segment.c.criterion == RULE, segment.c.name == name)
        return int(self.connection.execute(named).scalar_one())

    def _remember(
        self, number: int, at: int, before: NDArray[np.bool_], members: NDArray[np.int32]
    ) -> None:
        import numpy as np

        size = max(len(before), int(members.max(initial=-1)) + 1)
        was, now = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
        was[: len(before)] = before
        now[members] = True
        entered, gone = np.flatnonzero(now & ~was), np.flatnonzero(was & ~now)
        if not len(entered) and not len(gone):
            return
        values = {
            "entered": packed(entered.astype(np.int32)),
            "gone": packed(gone.astype(np.int32)),
            "entered_n": len(entered),
            "left_n": len(gone),
            "n": len(members),
        }
        added = upsert(membership_change).values(segment_no=number, at=at, **values)
        self.connection.execute(
            added.on_conflict_do_update(index_elements=["segment_no", "at"], set_=values)
        )


def _holds(members: bytes, contact_no: int) -> bool:
    bits = zlib.decompress(members)
    byte, bit = contact_no >> 3, 0x80 >> (contact_no & 7)
    return byte < len(bits) and bool(bits[byte] & bit)
