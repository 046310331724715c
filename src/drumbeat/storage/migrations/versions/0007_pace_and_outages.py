"""How far turns are given out, which provider wants rest, and a mailing's own pace."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pace",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("next_turn", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_pace"),
    )
    op.create_table(
        "outage",
        sa.Column("provider", sa.String(length=80), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("in_a_row", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("provider", name="pk_outage"),
    )
    op.add_column("mailing", sa.Column("pace", sa.Float(), nullable=True))
