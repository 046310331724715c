"""Pages of the ledger by state: the index of rows that ended badly now holds all that ended."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_COLUMNS = ["mailing_no", "state", "lane_no", "place", "reason_no"]


def upgrade() -> None:
    op.drop_index("ix_message_ended", "message")
    op.create_index(
        "ix_message_ended",
        "message",
        _COLUMNS,
        unique=False,
        sqlite_where=sa.text("state >= 30"),
        postgresql_where=sa.text("state >= 30"),
    )
