"""What was sent to whom: mailings and their ledger of one row per recipient."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    _claim()
    _lane()
    _link()
    _mailing()
    _message()
    _reason()
    _tally()


def _claim() -> None:
    op.create_table(
        "claim",
        sa.Column("claim_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("engine", sa.String(length=120), nullable=False),
        sa.Column("boot", sa.String(length=64), nullable=False),
        sa.Column("claimed_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("claim_no", name="pk_claim"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_claim_engine", "claim", ["engine"], unique=False)


def _lane() -> None:
    op.create_table(
        "lane",
        sa.Column("mailing_no", sa.Integer(), nullable=False),
        sa.Column("lane_no", sa.SmallInteger(), nullable=False),
        sa.Column("next_place", sa.Integer(), nullable=False),
        sa.Column("end_place", sa.Integer(), nullable=False),
        sa.Column("next_due", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mailing_no", "lane_no", name="pk_lane"),
        sqlite_with_rowid=False,
    )


def _link() -> None:
    op.create_table(
        "link",
        sa.Column("mailing_no", sa.Integer(), nullable=False),
        sa.Column("link_no", sa.SmallInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mailing_no", "link_no", name="pk_link"),
    )


def _mailing() -> None:
    op.create_table(
        "mailing",
        sa.Column("mailing_no", sa.Integer(), nullable=False),
        sa.Column("campaign_no", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("sender_email", sa.Text(), nullable=False),
        sa.Column("piece_no", sa.Integer(), nullable=False),
        sa.Column("piece_revision", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("plan_file", sa.Text(), nullable=True),
        sa.Column("frozen", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mailing_no", name="pk_mailing"),
        sa.UniqueConstraint("campaign_no", "step", name="uq_mailing_campaign_no_step"),
    )
    op.create_index("ix_mailing_state", "mailing", ["state"], unique=False)


def _message() -> None:
    op.create_table(
        "message",
        sa.Column("mailing_no", sa.Integer(), nullable=False),
        sa.Column("lane_no", sa.SmallInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("contact_no", sa.Integer(), nullable=False),
        sa.Column("occasion", sa.Integer(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("arm_no", sa.SmallInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("reason_no", sa.Integer(), nullable=False),
        sa.Column("claim_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("mailing_no", "lane_no", "place", name="pk_message"),
        sa.UniqueConstraint(
            "mailing_no", "contact_no", "occasion", name="uq_message_mailing_no_contact_no_occasion"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_message_claimed",
        "message",
        ["claim_no"],
        unique=False,
        sqlite_where=sa.text("claim_no IS NOT NULL"),
        postgresql_where=sa.text("claim_no IS NOT NULL"),
    )
    op.create_index(
        "ix_message_deferred",
        "message",
        ["mailing_no", "due", "lane_no", "place"],
        unique=False,
        sqlite_where=sa.text("state = 11"),
        postgresql_where=sa.text("state = 11"),
    )
    op.create_index(
        "ix_message_ended",
        "message",
        ["mailing_no", "state", "lane_no", "place"],
        unique=False,
        sqlite_where=sa.text("state >= 40"),
        postgresql_where=sa.text("state >= 40"),
    )


def _reason() -> None:
    op.create_table(
        "reason",
        sa.Column("reason_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("reason_no", name="pk_reason"),
        sa.UniqueConstraint("kind", "text", name="uq_reason_kind_text"),
    )


def _tally() -> None:
    op.create_table(
        "tally",
        sa.Column("mailing_no", sa.Integer(), nullable=False),
        sa.Column("arm_no", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("reason_no", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mailing_no", "arm_no", "state", "reason_no", name="pk_tally"),
        sqlite_with_rowid=False,
    )
