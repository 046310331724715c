"""Who may do what, and what waits for whom."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    _approval()
    _audit()
    _guess()
    _person()
    _credential()
    _password()


def _approval() -> None:
    op.create_table(
        "approval",
        sa.Column("approval_no", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("effect", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("approval_no", name="pk_approval"),
        sa.UniqueConstraint("id", name="uq_approval_id"),
        sa.UniqueConstraint("subject", "content_hash", name="uq_approval_subject_content_hash"),
    )
    op.create_index("ix_approval_state", "approval", ["state"], unique=False)


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("audit_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("person_no", sa.Integer(), nullable=True),
        sa.Column("agent", sa.String(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("audit_no", name="pk_audit"),
    )
    op.create_index("ix_audit_subject", "audit", ["subject"], unique=False)


def _guess() -> None:
    op.create_table(
        "guess",
        sa.Column("counter", sa.LargeBinary(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("blocked_until", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("counter", name="pk_guess"),
    )
    op.create_index("ix_guess_counted_at", "guess", ["counted_at"], unique=False)


def _person() -> None:
    op.create_table(
        "person",
        sa.Column("person_no", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("person_no", name="pk_person"),
        sa.UniqueConstraint("id", name="uq_person_id"),
    )
    op.create_index(
        "uq_person_email",
        "person",
        ["email"],
        unique=True,
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    )


def _credential() -> None:
    op.create_table(
        "credential",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_no", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_no"], ["person.person_no"], name="fk_credential_person_no"
        ),
        sa.PrimaryKeyConstraint("hash", name="pk_credential"),
        sa.UniqueConstraint("id", name="uq_credential_id"),
    )
    op.create_index("ix_credential_person_no", "credential", ["person_no"], unique=False)


def _password() -> None:
    op.create_table(
        "password",
        sa.Column("person_no", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_no"], ["person.person_no"], name="fk_password_person_no"),
        sa.PrimaryKeyConstraint("person_no", name="pk_password"),
    )
