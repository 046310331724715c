"""What a look outside found before a send."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0003"
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
