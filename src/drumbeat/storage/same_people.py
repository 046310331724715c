"""Which contact numbers mean somebody who is kept under another number: whom duplicates became.

Facts and the ledger keep the number they were written with, for ever; whoever asks about a person
reads through this. Always one step: a kept number is never a merged one.
"""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table, func, select

from drumbeat.storage.database import NUMBER, Connection, metadata
from drumbeat.storage.sealing import PERSONAL_TEXT

contact_alias = Table(
    "contact_alias",
    metadata,
    Column("alias_no", NUMBER, primary_key=True, autoincrement=True),
    Column("merged_no", Integer, nullable=False, unique=True),
    Column("contact_no", Integer, nullable=False, index=True),
    Column("address_key", LargeBinary(16), nullable=False, unique=True),
    Column("external_key", LargeBinary(16), unique=True),
    Column("address", PERSONAL_TEXT, nullable=False),
    Column("merged_at", BigInteger, nullable=False),
    Column("merged_by", String, nullable=False),
    sqlite_autoincrement=True,  # so that the highest number moves with every merge
)

_ALIAS = contact_alias.c
ALIAS_MARKS = (
    select(func.count()).select_from(contact_alias).scalar_subquery(),
    select(func.max(_ALIAS.alias_no)).scalar_subquery(),
)
"""Equal while nobody is merged, and nobody merged is erased."""


def list_merged(connection: Connection) -> Sequence[tuple[int, int]]:
    """(merged, kept) numbers of everybody who was merged."""
    rows = connection.execute(select(_ALIAS.merged_no, _ALIAS.contact_no)).all()
    return [(row[0], row[1]) for row in rows]


def has_merged(connection: Connection) -> bool:
    """Whether anybody was merged at all."""
    return connection.execute(select(_ALIAS.alias_no).limit(1)).first() is not None


def numbers_of(connection: Connection, contact_no: int) -> list[int]:
    """Every number of one person, the kept one first."""
    merged = select(_ALIAS.merged_no).where(_ALIAS.contact_no == contact_no)
    return [contact_no, *connection.scalars(merged.order_by(_ALIAS.merged_no))]
