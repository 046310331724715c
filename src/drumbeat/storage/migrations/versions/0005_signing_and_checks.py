"""What a look outside found before a send, and test mail."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign_look",
        sa.Column("campaign_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("piece_revision", sa.Integer(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_no", name="pk_campaign_look"),
    )
    op.create_table(
        "mail_test",
        sa.Column("test_no", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("campaign_no", sa.Integer(), nullable=False),
        sa.Column("piece_revision", sa.Integer(), nullable=False),
        sa.Column("arm_no", sa.Integer(), nullable=False),
        sa.Column("contact_no", sa.Integer(), nullable=False),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("tester", sa.LargeBinary(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.String(length=200), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("test_no", name="pk_mail_test"),
        sa.UniqueConstraint("id", name="uq_mail_test_id"),
    )
    op.create_index("ix_mail_test_campaign_no", "mail_test", ["campaign_no"], unique=False)
    op.create_index("ix_mail_test_state", "mail_test", ["state"], unique=False)
