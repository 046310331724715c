"""Topics, the words and the evidence of a consent, pauses, and opting out of sale."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_topics()
    _add_choices()
    _add_asks()
    _add_limits()
    op.add_column("consent_proof", sa.Column("wording_no", sa.Integer(), nullable=True))
    op.add_column("consent_proof", sa.Column("evidence", sa.LargeBinary(), nullable=True))
    # What every mailing asked until now: permission for mail in general.
    one = sa.Column("topic_no", sa.Integer(), nullable=False, server_default="1")
    op.add_column("mailing", one)


def _add_topics() -> None:
    op.create_table(
        "topic",
        sa.Column("topic_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic_no", name="pk_topic"),
        sa.UniqueConstraint("key", name="uq_topic_key"),
    )
    op.create_table(
        "consent_wording",
        sa.Column("wording_no", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("wording_no", name="pk_consent_wording"),
        sa.UniqueConstraint("digest", name="uq_consent_wording_digest"),
    )


def _add_choices() -> None:
    op.create_table(
        "consent_pause",
        sa.Column("contact_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("contact_no", name="pk_consent_pause"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_consent_pause_until", "consent_pause", ["until"], unique=False)
    op.create_table(
        "sale_opt_out",
        sa.Column("contact_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("contact_no", name="pk_sale_opt_out"),
        sqlite_with_rowid=False,
    )


def _add_asks() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "signup_form",
        sa.Column("form_no", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("double", sa.Boolean(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("owner_no", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("form_no", name="pk_signup_form"),
        sa.UniqueConstraint("id", name="uq_signup_form_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "reader_ask",
        sa.Column("ask_no", number, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("contact_no", sa.Integer(), nullable=False),
        sa.Column("form_no", sa.Integer(), nullable=True),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("mailing_no", sa.Integer(), nullable=True),
        sa.Column("occasion", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("ask_no", name="pk_reader_ask"),
        sa.UniqueConstraint(
            "mailing_no",
            "contact_no",
            "occasion",
            name="uq_reader_ask_mailing_no_contact_no_occasion",
        ),
    )
    op.create_index("ix_reader_ask_state", "reader_ask", ["state", "expires_at"], unique=False)
    op.create_index(
        "ix_reader_ask_contact_no", "reader_ask", ["contact_no", "asked_at"], unique=False
    )


def _add_limits() -> None:
    op.create_table(
        "reader_rate",
        sa.Column("place", sa.LargeBinary(length=16), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place", "hour", name="pk_reader_rate"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "spent_stamp",
        sa.Column("stamp", sa.LargeBinary(length=16), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stamp", name="pk_spent_stamp"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_spent_stamp_until", "spent_stamp", ["until"], unique=False)
    op.create_table(
        "erasure",
        sa.Column(
            "erasure_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("subject_no", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("erasure_no", name="pk_erasure"),
    )
