"""Segments and who belonged to them: one compressed bit a contact, kept for every time taken.

What the engine takes by itself, to keep counts current, is kept once for each day; what a campaign
was planned with is kept besides.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    UniqueConstraint,
    and_,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)

from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.ids import ContactNo, SegmentId, new_id
from drumbeat.marketing.audience.model import DraftSegment, Segment
from drumbeat.storage.database import Connection, metadata, take_turn, upsert

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

segment = Table(
    "segment",
    metadata,
    Column("segment_no", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("criterion", String, nullable=False),
    Column("name", String, nullable=False),
    Column("rule", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    UniqueConstraint("criterion", "name"),
)

membership = Table(
    "membership",
    metadata,
    Column("segment_no", Integer, primary_key=True, autoincrement=False),
    Column("taken_at", BigInteger, primary_key=True, autoincrement=False),
    Column("members", LargeBinary, nullable=False),
    Column("n", Integer, nullable=False),
    Column("engaged_n", Integer),  # NULL before any event
)

segment_cut = Table(
    "segment_cut",
    metadata,
    Column("criterion", String, primary_key=True),
    Column("known", String, nullable=False),  # the state of facts and people it was cut from
    Column("cut_at", BigInteger, nullable=False),
)

RULE = "rule"
"""The criterion of segments that have a rule of their own."""
_DAY = 86_400


@dataclass(frozen=True)
class SegmentStore:
    connection: Connection

    def list_(self) -> list[Segment]:
        wanted = newest().order_by(segment.c.criterion, membership.c.n.desc(), segment.c.name)
        return [segment_of(row) for row in self.connection.execute(wanted)]

    def count(self) -> int:
        return self.connection.execute(select(func.count()).select_from(segment)).scalar_one()

    def members(self, wanted: SegmentId) -> NDArray[np.bool_]:
        """Who is in the segment: an array that a contact number indexes."""
        return union(self.connection.execute(newest().where(segment.c.id == wanted)).all())

    def members_named(self, name: str) -> NDArray[np.bool_]:
        """Who is in the segment that a rule names so: `name`, or `criterion:name`."""
        criterion, _, behind = name.partition(":")
        exact = and_(segment.c.criterion == criterion, segment.c.name == behind)
        wanted = newest().where((segment.c.name == name) | exact)
        return union(self.connection.execute(wanted.order_by(segment.c.segment_no)).all()[:1])

    def read_packed(self) -> list[tuple[Segment, NDArray[np.uint8]]]:
        """Every segment that somebody is in, and its newest membership, a bit a contact."""
        wanted = newest().where(membership.c.n > 0)
        rows = self.connection.execute(wanted.order_by(membership.c.n.desc(), segment.c.name))
        return [(segment_of(row), _bytes(row.members)) for row in rows]

    def find_members(self, taken: Collection[tuple[str, int]]) -> NDArray[np.bool_] | None:
        """Who was in any of these segments when it was taken, as `members` answers.

        None if one of these memberships is not kept any more.
        """
        joined = segment.join(membership, membership.c.segment_no == segment.c.segment_no)
        wanted = select(membership.c.members).select_from(joined)
        wanted = wanted.where(tuple_(segment.c.id, membership.c.taken_at).in_(list(taken)))
        rows = self.connection.execute(wanted).all()
        if len(rows) != len(set(taken)):
            return None
        return union(rows)

    def list_of_contact(self, contact_no: ContactNo) -> list[Segment]:
        """Those whose newest membership has this contact."""
        wanted = newest().order_by(segment.c.criterion, segment.c.name)
        byte, bit = contact_no >> 3, 0x80 >> (contact_no & 7)
        found = []
        for row in self.connection.execute(wanted):
            members = zlib.decompress(row.members)
            if byte < len(members) and members[byte] & bit:
                found.append(segment_of(row))
        return found

    def save(
        self, drafts: Sequence[DraftSegment], now: datetime, *, criterion: str | None = None
    ) -> list[Segment]:
        """Take the membership of each draft; segments of its criterion without one become empty.

        `criterion` names it where nobody is in any of them.
        """
        take_turn(self.connection, "segments")
        at = epoch(now)
        criteria = {draft.criterion for draft in drafts} | ({criterion} if criterion else set())
        of_criteria = select(segment).where(segment.c.criterion.in_(criteria))
        known = {(row.criterion, row.name): row for row in self.connection.execute(of_criteria)}
        numbers = []
        for draft in drafts:
            found = known.pop((draft.criterion, draft.name), None)
            number = self._save_segment(draft, found, now)
            self.add_membership(
                number, at, packed(draft.contact_nos), len(draft.contact_nos), draft.engaged
            )
            numbers.append(number)
        for row in known.values():
            self.add_membership(row.segment_no, at, zlib.compress(b""), 0, None)
        stored = self.connection.execute(newest().where(segment.c.segment_no.in_(numbers)))
        by_number = {row.segment_no: segment_of(row) for row in stored}
        return [by_number[number] for number in numbers]

    def list_cuts(self) -> list[tuple[str, str, int]]:
        """Each criterion that segments were made by, what its last cut knew, and when it was."""
        by_rule = segment.c.criterion == RULE
        made = select(segment.c.criterion).where(~by_rule).distinct().subquery()
        joined = made.outerjoin(segment_cut, segment_cut.c.criterion == made.c.criterion)
        cuts = select(made.c.criterion, segment_cut.c.known, segment_cut.c.cut_at)
        rows = self.connection.execute(cuts.select_from(joined).order_by(made.c.criterion))
        return [(row.criterion, row.known or "", row.cut_at or 0) for row in rows]

    def note_cut(self, criterion: str, known: str, now: datetime) -> None:
        values = {"known": known, "cut_at": epoch(now)}
        added = upsert(segment_cut).values(criterion=criterion, **values)
        self.connection.execute(
            added.on_conflict_do_update(index_elements=["criterion"], set_=values)
        )

    def forget_earlier_today(
        self, criterion: str, now: datetime, keep: Collection[int] = ()
    ) -> None:
        """Of this day's memberships keep the last, and those taken at an instant of `keep`."""
        at = epoch(now)
        numbers = select(segment.c.segment_no).where(segment.c.criterion == criterion)
        today = membership.c.taken_at.between(at - at % _DAY, at - 1)
        self.connection.execute(
            delete(membership).where(
                membership.c.segment_no.in_(numbers), today, membership.c.taken_at.not_in(keep)
            )
        )

    def _save_segment(self, draft: DraftSegment, found: Row[Any] | None, now: datetime) -> int:
        rule = {"criterion": draft.criterion, "sentence": draft.rule}
        if found is not None:
            changed = update(segment).where(segment.c.segment_no == found.segment_no)
            self.connection.execute(changed.values(rule=rule, revision=found.revision + 1))
            return int(found.segment_no)
        added = insert(segment).values(
            id=new_id("seg", now),
            criterion=draft.criterion,
            name=draft.name,
            rule=rule,
            created_at=epoch(now),
            revision=1,
        )
        return int(self.connection.execute(added.returning(segment.c.segment_no)).scalar_one())

    def add_membership(
        self, number: int, at: int, members: bytes, n: int, engaged: int | None
    ) -> None:
        taken = upsert(membership).values(
            segment_no=number, taken_at=at, members=members, n=n, engaged_n=engaged
        )
        again = {"members": members, "n": n, "engaged_n": engaged}
        self.connection.execute(
            taken.on_conflict_do_update(index_elements=["segment_no", "taken_at"], set_=again)
        )


def union(rows: Sequence[Row[Any]]) -> NDArray[np.bool_]:
    import numpy as np

    found = [np.unpackbits(_bytes(row.members)).view(np.bool_) for row in rows]
    union = np.zeros(max((len(bits) for bits in found), default=0), np.bool_)
    for bits in found:
        union[: len(bits)] |= bits
    return union


def newest() -> Select[Any]:
    """Every segment beside its newest membership."""
    last = (
        select(membership.c.segment_no, func.max(membership.c.taken_at).label("taken_at"))
        .group_by(membership.c.segment_no)
        .subquery()
    )
    newest = and_(
        membership.c.segment_no == last.c.segment_no, membership.c.taken_at == last.c.taken_at
    )
    return (
        select(
            segment,
            membership.c.taken_at,
            membership.c.members,
            membership.c.n,
            membership.c.engaged_n,
        )
        .select_from(segment.join(last, last.c.segment_no == segment.c.segment_no))
        .join(membership, newest)
    )


def segment_of(row: Row[Any]) -> Segment:
    rate = None if row.engaged_n is None or not row.n else row.engaged_n / row.n
    return Segment(
        id=row.id,
        name=row.name,
        criterion=row.criterion,
        rule=row.rule["sentence"],
        subscriber_count=row.n,
        engagement_rate=rate,
        taken_at=from_epoch(row.taken_at),
    )


def packed(contact_nos: NDArray[np.int32]) -> bytes:
    import numpy as np

    bits = np.zeros(int(contact_nos.max(initial=-1)) + 1, np.bool_)
    bits[contact_nos] = True
    return zlib.compress(np.packbits(bits).tobytes())


def _bytes(members: bytes) -> NDArray[np.uint8]:
    import numpy as np

    return np.frombuffer(zlib.decompress(members), np.uint8)
