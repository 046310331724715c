"""Reads and writes mailings, lanes, claims and links. Declares the tables of delivery.

`message` lies in sending order (mailing, lane, place), so that claiming reads neighbours. Its
partial indexes hold only rows that are waiting for a retry, held by an engine, or have ended.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    Float,
    Index,
    Integer,
    Row,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    select,
    text,
    update,
)

from drumbeat.kit.errors import Conflict, NotFound
from drumbeat.kit.ids import CampaignNo, MailingNo
from drumbeat.marketing.delivery.model import (
    OPEN,
    EngineName,
    Lane,
    Mailing,
    MailingState,
    NewMailing,
)
from drumbeat.storage.bulk import among
from drumbeat.storage.database import NUMBER, Connection, held, know, metadata, once, upsert

mailing = Table(
    "mailing",
    metadata,
    Column("mailing_no", Integer, primary_key=True),
    Column("campaign_no", Integer),
    Column("kind", String(40), nullable=False),
    Column("step", String(40), nullable=False),
    Column("sender_name", Text, nullable=False),
    Column("sender_email", Text, nullable=False),
    Column("piece_no", Integer, nullable=False),
    Column("piece_revision", Integer, nullable=False),
    Column("decided_by", Integer, nullable=False),
    Column("state", String(12), nullable=False, index=True),
    Column("plan_file", Text),
    Column("frozen", Integer, nullable=False),
    Column("trouble", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("pace", Float),
    Column("topic_no", Integer, nullable=False, server_default="1"),
    UniqueConstraint("campaign_no", "step"),
)

lane = Table(
    "lane",
    metadata,
    Column("mailing_no", Integer, primary_key=True),
    Column("lane_no", SmallInteger, primary_key=True),
    Column("next_place", Integer, nullable=False),
    Column("end_place", Integer, nullable=False),
    Column("next_due", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

message = Table(
    "message",
    metadata,
    Column("mailing_no", Integer, primary_key=True),
    Column("lane_no", SmallInteger, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("contact_no", Integer, nullable=False),
    Column("occasion", Integer, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("arm_no", SmallInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("done", BigInteger),
    Column("attempts", SmallInteger, nullable=False),
    Column("reason_no", Integer, nullable=False),
    Column("claim_no", NUMBER),
    UniqueConstraint("mailing_no", "contact_no", "occasion"),
    sqlite_with_rowid=False,
)
for _name, _columns, _where in (
    ("deferred", ("mailing_no", "due", "lane_no", "place"), "state = 11"),
    ("ended", ("mailing_no", "state", "lane_no", "place", "reason_no"), "state >= 30"),
    ("claimed", ("claim_no",), "claim_no IS NOT NULL"),
):
    Index(
        f"ix_message_{_name}",
        *(message.c[column] for column in _columns),
        sqlite_where=text(_where),
        postgresql_where=text(_where),
    )

claim = Table(
    "claim",
    metadata,
    Column("claim_no", NUMBER, primary_key=True),
    Column("engine", String(120), nullable=False, index=True),
    Column("boot", String(64), nullable=False),
    Column("claimed_at", Float, nullable=False),
    sqlite_autoincrement=True,
)

tally = Table(
    "tally",
    metadata,
    Column("mailing_no", Integer, primary_key=True),
    Column("arm_no", SmallInteger, primary_key=True),
    Column("state", SmallInteger, primary_key=True),
    Column("reason_no", Integer, primary_key=True),
    Column("n", Integer, nullable=False),
    sqlite_with_rowid=False,
)

link = Table(
    "link",
    metadata,
    Column("mailing_no", Integer, primary_key=True),
    Column("link_no", SmallInteger, primary_key=True),
    Column("url", Text, nullable=False),
)

reason = Table(
    "reason",
    metadata,
    Column("reason_no", Integer, primary_key=True),
    Column("kind", SmallInteger, nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("kind", "text"),
)


# Made once: what an engine asks at each exchange costs five times as much to put together as to
# ask.
_THIS: BindParameter[int] = bindparam("mailing_no")
_IS_OPEN = (lane.c.mailing_no == _THIS, lane.c.next_place < lane.c.end_place)
_ONE = select(mailing).where(mailing.c.mailing_no == _THIS)
_OPEN_LANES = select(lane).where(*_IS_OPEN).order_by(lane.c.next_due)
_NEXT_WAITING = select(func.min(lane.c.next_due)).where(*_IS_OPEN)
_NEXT_AGAIN = select(func.min(message.c.due)).where(
    message.c.mailing_no == _THIS, message.c.state == text("11")
)
_MOVED_LANE = (
    update(lane)
    .where(
        lane.c.mailing_no == bindparam("mailing"),
        lane.c.lane_no == bindparam("number"),
        lane.c.next_place == bindparam("was"),
    )
    .values(next_place=bindparam("to"), next_due=bindparam("due"))
)
_NEW_CLAIM = insert(claim)
_EMPTY_CLAIMS = delete(claim).where(
    among(claim.c.claim_no, "claims"), ~exists().where(message.c.claim_no == claim.c.claim_no)
)
_BY_STATE = select(mailing).where(mailing.c.state == bindparam("state"))
_BY_STATE = _BY_STATE.order_by(mailing.c.mailing_no)


@dataclass(frozen=True)
class MailingStore:
    connection: Connection

    def add(self, new: NewMailing) -> MailingNo:
        values = {**asdict(new), "state": MailingState.draft, "frozen": 0, "trouble": ""}
        added = self.connection.execute(insert(mailing).values(**values, revision=1))
        key = added.inserted_primary_key
        assert key is not None
        return MailingNo(key[0])

    def remove(self, mailing_no: MailingNo) -> None:
        for table in (link, mailing):
            self.connection.execute(delete(table).where(table.c.mailing_no == mailing_no))

    def get(self, mailing_no: MailingNo) -> Mailing:
        """Held in a writing unit: whoever moves a mailing on, or its rows, comes one by one."""
        return once(self.connection, ("mailing", mailing_no), lambda: self._get(mailing_no))

    def read_ahead(self, mailing_nos: Sequence[MailingNo]) -> None:
        """These mailings at once, for a reading unit that asks for them next."""
        wanted = select(mailing).where(mailing.c.mailing_no.in_(mailing_nos))
        found = self.connection.execute(wanted)
        know(self.connection, {("mailing", row.mailing_no): _mailing(row) for row in found})

    def _get(self, mailing_no: MailingNo) -> Mailing:
        query = held(self.connection, _ONE)
        row = self.connection.execute(query, {"mailing_no": mailing_no}).first()
        if row is None:
            raise NotFound(f"There is no mailing {mailing_no}.")
        return _mailing(row)

    def list_(
        self, *, campaign_no: CampaignNo | None = None, state: MailingState | None = None
    ) -> list[Mailing]:
        if campaign_no is None and state is not None:
            return [_mailing(row) for row in self.connection.execute(_BY_STATE, {"state": state})]
        query = select(mailing).order_by(mailing.c.mailing_no)
        if campaign_no is not None:
            query = query.where(mailing.c.campaign_no == campaign_no)
        if state is not None:
            query = query.where(mailing.c.state == state)
        return [_mailing(row) for row in self.connection.execute(query)]

    def save(self, was: Mailing, **values: object) -> Mailing:
        """Raises Conflict if the mailing changed since `was` was read."""
        changed = self.connection.execute(
            update(mailing)
            .where(
                mailing.c.mailing_no == was.mailing_no,
                mailing.c.state == was.state,
                mailing.c.revision == was.revision,
            )
            .values(**values, revision=was.revision + 1)
        )
        if changed.rowcount != 1:
            raise Conflict(f"Mailing {was.mailing_no} was changed by somebody else meanwhile.")
        return self.get(was.mailing_no)

    def list_plan_files(self) -> frozenset[str]:
        query = select(mailing.c.plan_file).where(mailing.c.plan_file.is_not(None))
        return frozenset(self.connection.scalars(query))

    def list_exhausted(self) -> list[MailingNo]:
        """Mailings that are being sent and have no message left to send."""
        waits = exists().where(
            tally.c.mailing_no == mailing.c.mailing_no, tally.c.state.in_(OPEN), tally.c.n > 0
        )
        query = select(mailing.c.mailing_no).where(mailing.c.state == MailingState.sending, ~waits)
        return [MailingNo(number) for number in self.connection.scalars(query)]

    # lanes ----------------------------------------------------------------------------------

    def add_lanes(self, mailing_no: MailingNo, lanes: Iterable[tuple[int, int, int]]) -> None:
        """Each lane's number, first place behind its sendable rows, and first due instant."""
        rows = [
            {"mailing_no": mailing_no, "lane_no": no, "next_place": 0, "end_place": end}
            | {"next_due": due}
            for no, end, due in lanes
        ]
        if rows:
            self.connection.execute(insert(lane), rows)

    def list_open_lanes(self, mailing_no: MailingNo) -> list[Lane]:
        rows = self.connection.execute(_OPEN_LANES, {"mailing_no": mailing_no})
        return [Lane(*row) for row in rows]

    def count_due_lanes(self, now: int) -> int:
        """Of mailings that are being sent."""
        due = select(func.count()).join_from(
            mailing, lane, lane.c.mailing_no == mailing.c.mailing_no
        )
        return self.connection.execute(
            due.where(
                mailing.c.state == MailingState.sending,
                lane.c.next_place < lane.c.end_place,
                lane.c.next_due <= now,
            )
        ).scalar_one()

    def move_lane(self, was: Lane, next_place: int, next_due: int) -> None:
        values = {"to": next_place, "due": next_due, "mailing": was.mailing_no}
        values |= {"number": was.lane_no, "was": was.next_place}
        moved = self.connection.execute(_MOVED_LANE, values)
        if moved.rowcount != 1:
            raise Conflict(f"Lane {was.lane_no} of mailing {was.mailing_no} moved meanwhile.")

    # mail that is appended --------------------------------------------------------------------

    def find_answers(self, new: NewMailing, most: int) -> MailingNo | None:
        """The newest mailing of the same kind, words and sender with at most `most` rows."""
        same = (
            "kind",
            "step",
            "sender_name",
            "sender_email",
            "piece_no",
            "piece_revision",
            "decided_by",
            "topic_no",
        )
        query = select(func.max(mailing.c.mailing_no)).where(
            *(mailing.c[name] == getattr(new, name) for name in same),
            mailing.c.campaign_no.is_(None),
            mailing.c.state.in_((MailingState.sending, MailingState.settled, MailingState.paused)),
            mailing.c.frozen <= most,
        )
        found = self.connection.scalar(query)
        return None if found is None else MailingNo(found)

    def lane_ends(self, mailing_no: MailingNo) -> dict[int, int]:
        query = select(lane.c.lane_no, lane.c.end_place).where(lane.c.mailing_no == mailing_no)
        return {row.lane_no: row.end_place for row in self.connection.execute(query)}

    def extend_lanes(self, mailing_no: MailingNo, ends: Mapping[int, int], due: int) -> None:
        """Each lane ends there now; one that was empty has its next message due."""
        first = upsert(lane)
        longer = first.on_conflict_do_update(
            index_elements=["mailing_no", "lane_no"],
            set_={
                "end_place": first.excluded.end_place,
                "next_due": case(
                    (lane.c.next_place >= lane.c.end_place, first.excluded.next_due),
                    else_=lane.c.next_due,
                ),
            },
        )
        rows = [
            {"mailing_no": mailing_no, "lane_no": no, "next_place": 0, "end_place": end}
            | {"next_due": due}
            for no, end in ends.items()
        ]
        self.connection.execute(longer, rows)

    # claims ---------------------------------------------------------------------------------

    def add_claim(self, engine: EngineName, at: float) -> int:
        values = {"engine": engine.name, "boot": engine.boot, "claimed_at": at}
        key = self.connection.execute(_NEW_CLAIM, values).inserted_primary_key
        assert key is not None
        return int(key[0])

    def list_claims(self, engine: str) -> dict[int, str]:
        """The boot under which each claim of an engine was made, by claim number."""
        query = select(claim.c.claim_no, claim.c.boot).where(claim.c.engine == engine)
        return {row.claim_no: row.boot for row in self.connection.execute(query)}

    def list_claimants(self) -> list[str]:
        return list(self.connection.scalars(select(claim.c.engine).distinct()))

    def remove_empty_claims(self, claim_nos: Sequence[int]) -> None:
        self.connection.execute(_EMPTY_CLAIMS, {"claims": claim_nos})

    # links ----------------------------------------------------------------------------------

    def save_links(self, mailing_no: MailingNo, urls: Sequence[str]) -> None:
        self.connection.execute(delete(link).where(link.c.mailing_no == mailing_no))
        rows = [
            {"mailing_no": mailing_no, "link_no": number, "url": url}
            for number, url in enumerate(urls)
        ]
        if rows:
            self.connection.execute(upsert(link), rows)

    def find_link(self, mailing_no: MailingNo, link_no: int) -> str | None:
        return self.connection.scalar(
            select(link.c.url).where(link.c.mailing_no == mailing_no, link.c.link_no == link_no)
        )

    def list_links(self, mailing_no: MailingNo) -> list[str]:
        query = select(link.c.url).where(link.c.mailing_no == mailing_no)
        return list(self.connection.scalars(query.order_by(link.c.link_no)))

    def next_due(self, mailing_no: MailingNo) -> int | None:
        """When the next message of one mailing may leave; None if none is waiting."""
        which = {"mailing_no": mailing_no}
        found = [self.connection.scalar(query, which) for query in (_NEXT_WAITING, _NEXT_AGAIN)]
        return min((due for due in found if due is not None), default=None)


def _mailing(row: Row[tuple[object, ...]]) -> Mailing:
    values: Mapping[str, object] = {**row._mapping, "state": MailingState(row.state)}
    return Mailing(**values)  # type: ignore[arg-type]  # the columns are the fields
