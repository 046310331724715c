"""Who is written to, what they allowed, and how they are grouped."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    _audience_revision()
    _consent()
    _consent_proof()
    _contact()
    _membership()
    _segment()
    _suppression()


def _audience_revision() -> None:
    op.create_table(
        "audience_revision",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("permissions", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("only", name="pk_audience_revision"),
    )


def _consent() -> None:
    op.create_table(
        "consent",
        sa.Column("contact_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("topic_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("contact_no", "topic_no", name="pk_consent"),
        sqlite_with_rowid=False,
    )


def _consent_proof() -> None:
    op.create_table(
        "consent_proof",
        sa.Column("proof_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_no", sa.Integer(), nullable=False),
        sa.Column("topic_no", sa.Integer(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("mailing_no", sa.Integer(), nullable=True),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("proof_no", name="pk_consent_proof"),
    )
    op.create_index("ix_consent_proof_contact_no", "consent_proof", ["contact_no"], unique=False)


def _contact() -> None:
    op.create_table(
        "contact",
        sa.Column("contact_no", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("address_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column(
            "address", sa.String().with_variant(sa.LargeBinary(), "postgresql"), nullable=False
        ),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column(
            "external_id", sa.String().with_variant(sa.LargeBinary(), "postgresql"), nullable=True
        ),
        sa.Column("external_key", sa.LargeBinary(length=16), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("zone_source", sa.SmallInteger(), nullable=False),
        sa.Column(
            "attributes", sa.JSON().with_variant(sa.LargeBinary(), "postgresql"), nullable=False
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("contact_no", name="pk_contact"),
        sa.UniqueConstraint("address_key", name="uq_contact_address_key"),
        sa.UniqueConstraint("external_key", name="uq_contact_external_key"),
        sqlite_autoincrement=True,
    )


def _membership() -> None:
    op.create_table(
        "membership",
        sa.Column("segment_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("taken_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("members", sa.LargeBinary(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("engaged_n", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("segment_no", "taken_at", name="pk_membership"),
    )


def _segment() -> None:
    op.create_table(
        "segment",
        sa.Column("segment_no", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("criterion", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("segment_no", name="pk_segment"),
        sa.UniqueConstraint("criterion", "name", name="uq_segment_criterion_name"),
        sa.UniqueConstraint("id", name="uq_segment_id"),
    )


def _suppression() -> None:
    op.create_table(
        "suppression",
        sa.Column("address_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("reason", sa.SmallInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("address_key", name="pk_suppression"),
        sqlite_with_rowid=False,
    )
