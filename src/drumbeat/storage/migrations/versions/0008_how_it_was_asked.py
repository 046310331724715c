"""What a request is judged by again: which link was asked for, and how; and by which rules."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("evidence") as table:
        table.add_column(
            sa.Column("link_no", sa.SmallInteger(), nullable=False, server_default="-1")
        )
        table.add_column(sa.Column("asked", sa.SmallInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("warehouse_file") as table:
        table.add_column(sa.Column("rules", sa.SmallInteger(), nullable=False, server_default="1"))
