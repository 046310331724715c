"""Pieces and their versions in SQL. A version is never changed; the newest one counts."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    select,
)

from drumbeat.kit.clock import epoch, from_epoch
from drumbeat.kit.errors import Conflict, NotFound
from drumbeat.kit.ids import CampaignNo
from drumbeat.marketing.content.model import PieceVersion
from drumbeat.marketing.content.rules import arms_of, body_of
from drumbeat.storage.database import Connection, metadata, upsert

piece = Table(
    "piece",
    metadata,
    Column("piece_no", Integer, primary_key=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("campaign_no", Integer, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("kind", String(40), nullable=False),
    UniqueConstraint("campaign_no", "channel", "kind"),
)
piece_version = Table(
    "piece_version",
    metadata,
    Column("piece_no", Integer, ForeignKey("piece.piece_no"), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("content_hash", String(32), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

_EMAIL = ("email", "campaign")


@dataclass(frozen=True)
class ContentStore:
    connection: Connection

    def piece_of(self, campaign_no: CampaignNo, fresh_id: str) -> tuple[int, str]:
        """The campaign's email piece; it is made as `fresh_id` the first time."""
        channel, kind = _EMAIL
        row = {"id": fresh_id, "campaign_no": campaign_no, "channel": channel, "kind": kind}
        self.connection.execute(upsert(piece).values(row).on_conflict_do_nothing())
        found = select(piece.c.piece_no, piece.c.id).where(*_email_of(campaign_no))
        number, kept_id = self.connection.execute(found).one()
        return int(number), str(kept_id)

    def get(self, campaign_no: CampaignNo, revision: int | None = None) -> PieceVersion:
        """That version, or the newest. Raises NotFound."""
        version = self.find(campaign_no, revision)
        if version is None and revision is not None:
            raise NotFound(f"This campaign has no email content of revision {revision}.")
        if version is None:
            raise NotFound("This campaign has no email content yet.")
        return version

    def find(self, campaign_no: CampaignNo, revision: int | None = None) -> PieceVersion | None:
        query = (
            select(piece.c.id, piece.c.campaign_no, piece_version)
            .join(piece_version, piece_version.c.piece_no == piece.c.piece_no)
            .where(*_email_of(campaign_no))
            .order_by(piece_version.c.revision.desc())
            .limit(1)
        )
        if revision is not None:
            query = query.where(piece_version.c.revision == revision)
        row = self.connection.execute(query).one_or_none()
        return _version(row) if row else None

    def add(self, version: PieceVersion) -> None:
        """Raises Conflict if that revision was written meanwhile."""
        row = {
            "piece_no": version.piece_no,
            "revision": version.revision,
            "body": body_of(version.arms),
            "content_hash": version.content_hash,
            "created_at": epoch(version.created_at),
        }
        added = upsert(piece_version).values(row).on_conflict_do_nothing()
        if self.connection.scalar(added.returning(piece_version.c.revision)) is None:
            raise Conflict("Somebody else changed this content at the same moment.")


def _email_of(campaign_no: CampaignNo) -> tuple[ColumnElement[bool], ...]:
    channel, kind = _EMAIL
    return (
        piece.c.campaign_no == campaign_no,
        piece.c.channel == channel,
        piece.c.kind == kind,
    )


def _version(row: Row[Any]) -> PieceVersion:
    return PieceVersion(
        piece_no=row.piece_no,
        piece_id=row.id,
        campaign_no=CampaignNo(row.campaign_no),
        revision=row.revision,
        arms=arms_of(row.body),
        content_hash=row.content_hash,
        created_at=from_epoch(row.created_at),
    )
