"""What the engine counts beforehand: figures of every mailing, the audience, its segments."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# A mailing whose facts are older than marks would never be found to lack figures.
_MARK_OLDER = """
INSERT INTO fact_mark (mailing_no, hour, n)
SELECT mailing_no, 0, 1 FROM mailing
WHERE mailing_no NOT IN (SELECT mailing_no FROM fact_mark WHERE mailing_no > 0)
"""


def upgrade() -> None:
    op.create_table(
        "mailing_figures",
        sa.Column("mailing_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("own", sa.BigInteger(), nullable=False),
        sa.Column("purchases", sa.BigInteger(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.Column("first_hour", sa.Integer(), nullable=False),
        sa.Column("end_hour", sa.Integer(), nullable=False),
        sa.Column("bought_hour", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mailing_no", name="pk_mailing_figures"),
        if_not_exists=True,
    )
    op.create_table(
        "audience_counts",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("newest", sa.BigInteger(), nullable=False),
        sa.Column("permissions", sa.BigInteger(), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("subscribers", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("only", name="pk_audience_counts"),
        if_not_exists=True,
    )
    op.create_table(
        "segment_cut",
        sa.Column("criterion", sa.String(), nullable=False),
        sa.Column("known", sa.String(), nullable=False),
        sa.Column("cut_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("criterion", name="pk_segment_cut"),
        if_not_exists=True,
    )
    op.execute(_MARK_OLDER)
