"""Which contacts were merged into which."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    personal = sa.String().with_variant(sa.LargeBinary(), "postgresql")
    op.create_table(
        "contact_alias",
        sa.Column("alias_no", number, autoincrement=True, nullable=False),
        sa.Column("merged_no", sa.Integer(), nullable=False),
        sa.Column("contact_no", sa.Integer(), nullable=False),
        sa.Column("address_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("external_key", sa.LargeBinary(length=16), nullable=True),
        sa.Column("address", personal, nullable=False),
        sa.Column("merged_at", sa.BigInteger(), nullable=False),
        sa.Column("merged_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("alias_no", name="pk_contact_alias"),
        sa.UniqueConstraint("merged_no", name="uq_contact_alias_merged_no"),
        sa.UniqueConstraint("address_key", name="uq_contact_alias_address_key"),
        sa.UniqueConstraint("external_key", name="uq_contact_alias_external_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_contact_alias_contact_no", "contact_alias", ["contact_no"], unique=False)
