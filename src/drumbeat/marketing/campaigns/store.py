"""Reads and writes campaigns and the trail of their states. Alone knows SQL here."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from drumbeat.kit.clock import epoch, from_epoch, parse_instant
from drumbeat.kit.errors import NotFound, Overtaken
from drumbeat.kit.ids import CampaignId, CampaignNo, MailingNo, PersonNo
from drumbeat.marketing.campaigns.checklist import Outlook, outlook_from
from drumbeat.marketing.campaigns.model import (
    Brief,
    Campaign,
    Launch,
    Plan,
    State,
    TimingWish,
    Transition,
)
from drumbeat.storage.database import Connection, held, is_reading, know, metadata, once, upsert
from drumbeat.storage.kept import Kept

campaign = Table(
    "campaign",
    metadata,
    Column("campaign_no", Integer, primary_key=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("brief", JSON, nullable=False),
    Column("plan", JSON, nullable=False),
    Column("state", String(20), nullable=False),
    Column("state_since", BigInteger, nullable=False),
    Column("launch", JSON(none_as_null=True)),
    Column("held", String(20)),
    Column("owner_no", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("trouble", String),
    Index("ix_campaign_state", "state"),
)

transition = Table(
    "campaign_transition",
    metadata,
    Column("transition_no", Integer, primary_key=True),
    Column("campaign_no", Integer, nullable=False, index=True),
    Column("was", String(20)),
    Column("now", String(20), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String, nullable=False),
    Column("agent", String),
    Column("note", String, nullable=False),
)

campaign_look = Table(
    "campaign_look",
    metadata,
    Column("campaign_no", Integer, primary_key=True, autoincrement=False),
    Column("piece_revision", Integer, nullable=False),
    Column("found", JSON, nullable=False),
    Column("looked_at", BigInteger, nullable=False),
)

_LIVE = (State.DRAFT, State.PLANNED, State.AWAITING_APPROVAL, State.SCHEDULED)
ADVANCING = (*_LIVE, State.SENDING, State.MEASURING, State.CANCELLED)
UNSENT = (*_LIVE, State.SENDING, State.PAUSED, State.MEASURING)


@dataclass(frozen=True)
class CampaignsStore:
    connection: Connection
    kept: Kept = field(default_factory=Kept)

    def add(self, new: Campaign) -> Campaign:
        number = self.connection.execute(
            insert(campaign).values(
                id=new.id,
                brief=new.brief.to_json(),
                plan=asdict(new.plan),
                state=new.state,
                state_since=epoch(new.state_since),
                launch=_launch_json(new.launch),
                owner_no=new.owner_no,
                created_at=epoch(new.created_at),
                revision=new.revision,
            )
        ).inserted_primary_key
        assert number is not None
        return self.get_by_no(CampaignNo(number[0]))

    def get(self, campaign_id: CampaignId) -> Campaign:
        found = self.find(campaign_id)
        if found is None:
            raise NotFound(f"There is no campaign {campaign_id!r}.")
        return found

    def find(self, campaign_id: CampaignId) -> Campaign | None:
        return once(self.connection, _asked(campaign_id), lambda: self._find(campaign_id))

    def _find(self, campaign_id: CampaignId) -> Campaign | None:
        query = select(campaign).where(campaign.c.id == campaign_id)
        row = self.connection.execute(held(self.connection, query)).first()
        return None if row is None else _campaign(row)

    def get_by_no(self, number: CampaignNo) -> Campaign:
        query = select(campaign).where(campaign.c.campaign_no == number)
        row = self.connection.execute(held(self.connection, query)).first()
        if row is None:
            raise NotFound(f"There is no campaign number {number}.")
        return _campaign(row)

    def find_look(self, number: CampaignNo, piece_revision: int) -> Outlook | None:
        """What was found outside for exactly this revision of what the campaign says."""
        query = select(campaign_look.c.found, campaign_look.c.looked_at).where(
            campaign_look.c.campaign_no == number,
            campaign_look.c.piece_revision == piece_revision,
        )
        row = self.connection.execute(query).first()
        return None if row is None else outlook_from(row.found, from_epoch(row.looked_at))

    def save_look(self, number: CampaignNo, piece_revision: int, outlook: Outlook) -> None:
        """In place of the one before."""
        row = {
            "piece_revision": piece_revision,
            "found": {
                "links": [asdict(each) for each in outlook.links],
                "records": [asdict(each) for each in outlook.records],
            },
            "looked_at": epoch(outlook.looked_at),
        }
        written = upsert(campaign_look).values(campaign_no=number, **row)
        self.connection.execute(
            written.on_conflict_do_update(index_elements=["campaign_no"], set_=row)
        )

    def list_(self, *, limit: int, before: CampaignId | None = None) -> list[Campaign]:
        """Newest first; `before` is the last id of the page before."""
        asked = ("campaigns", limit, before)
        return list(once(self.connection, asked, lambda: self._list(limit, before)))

    def _list(self, limit: int, before: CampaignId | None) -> tuple[Campaign, ...]:
        columns = campaign.c.id, campaign.c.revision
        query = select(*columns).order_by(campaign.c.id.desc()).limit(limit)
        rows = self.connection.execute(
            query if before is None else query.where(campaign.c.id < before)
        )
        found = [(CampaignId(row.id), row.revision) for row in rows.all()]
        if is_reading(self.connection):
            self._read_ahead(
                [each for each in found if not self.kept.has(_asked(each[0]), each[1])]
            )
        listed = [self._read(campaign_id, revision) for campaign_id, revision in found]
        know(self.connection, {_asked(each.id): each for each in listed})
        return tuple(listed)

    def _read_ahead(self, unknown: Collection[tuple[CampaignId, int]]) -> None:
        """The first list in a process would else ask for each campaign by itself."""
        if unknown:
            query = select(campaign).where(campaign.c.id.in_([each for each, _ in unknown]))
            know(self.connection, {_asked(each.id): each for each in self._all(query)})

    def _read(self, campaign_id: CampaignId, revision: int) -> Campaign:
        """What it says may be long, and most of a list is as it was when it was read last."""
        seen = revision if is_reading(self.connection) else None
        return self.kept.get(_asked(campaign_id), seen, lambda: self.get(campaign_id))

    def list_advancing(self) -> list[Campaign]:
        """Every campaign that may have a next step, oldest first."""
        query = select(campaign).where(campaign.c.state.in_(ADVANCING))
        return self._all(query.order_by(campaign.c.campaign_no))

    def list_unsent(self) -> list[Campaign]:
        """Every campaign that may have something to send, also a paused one, oldest first."""
        query = select(campaign).where(campaign.c.state.in_(UNSENT))
        return self._all(query.order_by(campaign.c.campaign_no))

    def list_by_mailing(self, numbers: Collection[MailingNo]) -> list[Campaign]:
        """The campaigns whose plans have led to one of these mailings."""
        sent = campaign.c.plan["mailing_no"].as_integer()
        return self._all(select(campaign).where(sent.in_(numbers)))

    def save(self, changed: Campaign) -> Campaign:
        """Write what may change, if nobody wrote since `changed` was read. Raises Conflict."""
        written = self.connection.execute(
            update(campaign)
            .where(campaign.c.campaign_no == changed.no, campaign.c.revision == changed.revision)
            .values(
                brief=changed.brief.to_json(),
                plan=asdict(changed.plan),
                state=changed.state,
                state_since=epoch(changed.state_since),
                launch=_launch_json(changed.launch),
                held=changed.held,
                trouble=changed.trouble,
                revision=changed.revision + 1,
            )
        )
        if written.rowcount != 1:
            raise Overtaken(f"Campaign {changed.id} was changed by somebody else meanwhile.")
        return self.get_by_no(changed.no)

    def remove(self, number: CampaignNo) -> None:
        self.connection.execute(delete(transition).where(transition.c.campaign_no == number))
        self.connection.execute(delete(campaign).where(campaign.c.campaign_no == number))

    def add_transition(self, number: CampaignNo, step: Transition) -> None:
        self.connection.execute(
            insert(transition).values(
                campaign_no=number,
                was=step.was,
                now=step.now,
                at=epoch(step.at),
                actor=step.actor,
                agent=step.agent,
                note=step.note,
            )
        )

    def list_transitions(self, number: CampaignNo) -> list[Transition]:
        query = select(transition).where(transition.c.campaign_no == number)
        return [
            Transition(
                was=None if row.was is None else State(row.was),
                now=State(row.now),
                at=from_epoch(row.at),
                actor=row.actor,
                agent=row.agent,
                note=row.note,
            )
            for row in self.connection.execute(query.order_by(transition.c.transition_no))
        ]

    def count_states(self) -> dict[State, int]:
        query = select(campaign.c.state, func.count()).group_by(campaign.c.state)
        return {State(state): n for state, n in self.connection.execute(query)}

    def count_transitions(self) -> tuple[int, int]:
        """(made by the engine, all)."""
        query = select(func.count(transition.c.agent), func.count())
        by_engine, everything = self.connection.execute(query).one()
        return by_engine, everything

    def _all(self, query: Select[tuple[object, ...]]) -> list[Campaign]:
        return [_campaign(row) for row in self.connection.execute(query)]


def _asked(campaign_id: CampaignId) -> tuple[str, CampaignId]:
    return "campaign", campaign_id


def _launch_json(launch: TimingWish | None) -> dict[str, object] | None:
    if launch is None:
        return None
    return {**asdict(launch), "at": None if launch.at is None else launch.at.isoformat()}


def _launch(data: dict[str, object] | None) -> TimingWish | None:
    if data is None:
        return None
    at, window = data["at"], data["window_hours"]
    return TimingWish(
        mode=Launch(str(data["mode"])),
        at=None if at is None else parse_instant(str(at), field="timing.at"),
        window_hours=None if window is None else float(str(window)),
    )


def _campaign(row: Row[tuple[object, ...]]) -> Campaign:
    plan = dict(row.plan)
    if plan["segments"] is not None:
        plan["segments"] = tuple(plan["segments"])
    plan["checks"] = tuple(plan["checks"])
    plan["cut"] = tuple((str(each), int(at)) for each, at in plan.get("cut", ()))
    since: datetime = from_epoch(row.state_since)
    return Campaign(
        no=CampaignNo(row.campaign_no),
        id=CampaignId(row.id),
        brief=Brief.from_json(row.brief),
        plan=Plan(**plan),
        state=State(row.state),
        state_since=since,
        launch=_launch(row.launch),
        held=None if row.held is None else State(row.held),
        owner_no=PersonNo(row.owner_no),
        created_at=from_epoch(row.created_at),
        revision=row.revision,
        trouble=row.trouble,
    )
