"""Requests that repeat safely, settings saved in the browser, marks of changed facts.

A table that is there already stays: between releases some houses were built with these at 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _kept_request()
    _saved_setting()
    _fact_mark()


def _kept_request() -> None:
    op.create_table(
        "kept_request",
        sa.Column("name", sa.LargeBinary(length=16), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("run", sa.LargeBinary(length=16), nullable=False),
        sa.Column("holder", sa.String(length=120), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_kept_request"),
        if_not_exists=True,
    )
    op.create_index(
        "ix_kept_request_first_at", "kept_request", ["first_at"], unique=False, if_not_exists=True
    )


def _saved_setting() -> None:
    op.create_table(
        "saved_setting",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_saved_setting"),
        if_not_exists=True,
    )


def _fact_mark() -> None:
    op.create_table(
        "fact_mark",
        sa.Column("mark_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mailing_no", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mark_no", name="pk_fact_mark"),
        if_not_exists=True,
    )
    op.create_index(
        "ix_fact_mark_mailing_no_hour",
        "fact_mark",
        ["mailing_no", "hour"],
        unique=False,
        if_not_exists=True,
    )
