"""What is said, tested and timed, and the campaigns that say it."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    _campaign()
    _campaign_transition()
    _experiment()
    _habit()
    _piece()
    _sender()
    _piece_version()


def _campaign() -> None:
    op.create_table(
        "campaign",
        sa.Column("campaign_no", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("brief", sa.JSON(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_since", sa.BigInteger(), nullable=False),
        sa.Column("launch", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("held", sa.String(length=20), nullable=True),
        sa.Column("owner_no", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("campaign_no", name="pk_campaign"),
        sa.UniqueConstraint("id", name="uq_campaign_id"),
    )
    op.create_index("ix_campaign_state", "campaign", ["state"], unique=False)


def _campaign_transition() -> None:
    op.create_table(
        "campaign_transition",
        sa.Column("transition_no", sa.Integer(), nullable=False),
        sa.Column("campaign_no", sa.Integer(), nullable=False),
        sa.Column("was", sa.String(length=20), nullable=True),
        sa.Column("now", sa.String(length=20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("transition_no", name="pk_campaign_transition"),
    )
    op.create_index(
        "ix_campaign_transition_campaign_no", "campaign_transition", ["campaign_no"], unique=False
    )


def _experiment() -> None:
    op.create_table(
        "experiment",
        sa.Column("experiment_no", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("campaign_no", sa.Integer(), nullable=False),
        sa.Column("element", sa.String(length=16), nullable=False),
        sa.Column("metric", sa.String(length=16), nullable=False),
        sa.Column("arms", sa.JSON(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sample_size", sa.Integer(), nullable=True),
        sa.Column("confidence_level", sa.Float(), nullable=False),
        sa.Column("minimum_effect", sa.Float(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decision", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("experiment_no", name="pk_experiment"),
        sa.UniqueConstraint("id", name="uq_experiment_id"),
    )
    op.create_index("ix_experiment_campaign_no", "experiment", ["campaign_no"], unique=False)


def _habit() -> None:
    op.create_table(
        "habit",
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("hour", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("engaged", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("zone", "hour", name="pk_habit"),
        sqlite_with_rowid=False,
    )


def _piece() -> None:
    op.create_table(
        "piece",
        sa.Column("piece_no", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("campaign_no", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("piece_no", name="pk_piece"),
        sa.UniqueConstraint(
            "campaign_no", "channel", "kind", name="uq_piece_campaign_no_channel_kind"
        ),
        sa.UniqueConstraint("id", name="uq_piece_id"),
    )


def _sender() -> None:
    op.create_table(
        "sender",
        sa.Column("sender_no", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.String(length=320), nullable=False),
        sa.Column("postal_address", sa.Text(), nullable=False),
        sa.Column("list_id", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("sender_no", name="pk_sender"),
        sa.UniqueConstraint("email", name="uq_sender_email"),
    )


def _piece_version() -> None:
    op.create_table(
        "piece_version",
        sa.Column("piece_no", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["piece_no"], ["piece.piece_no"], name="fk_piece_version_piece_no"),
        sa.PrimaryKeyConstraint("piece_no", "revision", name="pk_piece_version"),
        sqlite_with_rowid=False,
    )
