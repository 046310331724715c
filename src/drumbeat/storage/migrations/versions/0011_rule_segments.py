"""Segments by rule: the file of the attribute mirror, who entered and left, what changed when."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attribute_mirror",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("revisions", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("only", name="pk_attribute_mirror"),
    )
    op.create_table(
        "membership_change",
        sa.Column("segment_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entered", sa.LargeBinary(), nullable=False),
        sa.Column("gone", sa.LargeBinary(), nullable=False),
        sa.Column("entered_n", sa.Integer(), nullable=False),
        sa.Column("left_n", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("segment_no", "at", name="pk_membership_change"),
    )
    op.create_index("ix_contact_changed_at", "contact", ["changed_at"])
