"""What happened, on its way from a row to a sealed file, and the leases of jobs."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    _event()
    _event_seen()
    _evidence()
    _fact_batch()
    _key_proof()
    _lease()
    _warehouse_file()


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("event_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("contact_no", sa.Integer(), nullable=False),
        sa.Column("mailing_no", sa.Integer(), nullable=False),
        sa.Column("arm_no", sa.SmallInteger(), nullable=False),
        sa.Column("link_no", sa.SmallInteger(), nullable=False),
        sa.Column("verdict", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.SmallInteger(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("order_key", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("properties", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("event_no", name="pk_event"),
    )


def _event_seen() -> None:
    op.create_table(
        "event_seen",
        sa.Column("event_key", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("event_key", name="pk_event_seen"),
        sqlite_with_rowid=False,
    )


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column(
            "evidence_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("contact_no", sa.Integer(), nullable=False),
        sa.Column("mailing_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("evidence_no", name="pk_evidence"),
    )
    op.create_index("ix_evidence_at", "evidence", ["at"], unique=False)
    op.create_index("ix_evidence_contact_no", "evidence", ["contact_no"], unique=False)


def _fact_batch() -> None:
    op.create_table(
        "fact_batch",
        sa.Column("batch_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("folded_at", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("batch_no", name="pk_fact_batch"),
        sqlite_autoincrement=True,
    )


def _key_proof() -> None:
    op.create_table(
        "key_proof",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("proof", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("only", name="pk_key_proof"),
    )


def _lease() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("holder", sa.String(length=120), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )


def _warehouse_file() -> None:
    op.create_table(
        "warehouse_file",
        sa.Column("file_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("min_mailing", sa.Integer(), nullable=False),
        sa.Column("max_mailing", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("replaced_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("file_no", name="pk_warehouse_file"),
        sa.UniqueConstraint("name", name="uq_warehouse_file_name"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_warehouse_file_family_month", "warehouse_file", ["family", "month"], unique=False
    )
