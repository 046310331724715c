"""Mail that came back, and how far a bounce mailbox was read."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "bounce_mail",
        sa.Column("bounce_no", number, nullable=False),
        sa.Column("identity", sa.LargeBinary(length=16), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("evidence", sa.String(length=100), nullable=False),
        sa.Column("mailing_no", sa.Integer(), nullable=True),
        sa.Column("contact_no", sa.Integer(), nullable=True),
        sa.Column("occasion", sa.Integer(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("bounce_no", name="pk_bounce_mail"),
        sa.UniqueConstraint("identity", name="uq_bounce_mail_identity"),
        if_not_exists=True,
    )
    for columns in (
        ["state", "bounce_no"],
        ["mailing_no", "contact_no"],
        ["contact_no", "received_at"],
    ):
        name = f"ix_bounce_mail_{'_'.join(columns)}"
        op.create_index(name, "bounce_mail", columns, unique=False, if_not_exists=True)
    op.create_table(
        "bounce_mailbox",
        sa.Column("mailbox", sa.LargeBinary(length=16), nullable=False),
        sa.Column("validity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", name="pk_bounce_mailbox"),
        if_not_exists=True,
    )
