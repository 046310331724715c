"""Personal fields where the database as a whole is not encrypted: sealed to their row and column.

SQLite's file is encrypted, so there they are what they are. On PostgreSQL each value is AES-256-GCM
with `table:row:column` as associated data: one that was moved to another row does not open.
"""

import json
import os
from binascii import hexlify
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import JSON, Column, Integer, LargeBinary, String, Table, inspect, select

from drumbeat.kit.errors import Conflict
from drumbeat.storage.database import Connection, Database, metadata, upsert
from drumbeat.storage.secrets import KeyRing

PERSONAL_TEXT = String().with_variant(LargeBinary(), "postgresql")
PERSONAL_JSON = JSON().with_variant(LargeBinary(), "postgresql")

PERSONAL_COLUMNS = {
    "contact": ("address_key", {"address": False, "external_id": False, "attributes": True}),
    "contact_alias": ("address_key", {"address": False}),
}
"""By table: the column that names a row for ever, and each sealed one with whether it is JSON."""

_FORMAT = b"\x01"
_NONCE_BYTES = 12
_TIGHT = (",", ":")

key_proof = Table(
    "key_proof",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("proof", LargeBinary(32), nullable=False),
)


@dataclass(frozen=True)
class RowSeal:
    """Seals and opens the personal columns of one table; without a cipher it changes nothing."""

    table: str
    cipher: AESGCM | None

    def seal(self, row: bytes, column: str, value: Any) -> Any:
        """What is stored for `value` in the row that the bytes `row` name for ever."""
        if self.cipher is None or value is None:
            return value
        return self.seal_text(row, column, json.dumps(value, ensure_ascii=False, separators=_TIGHT))

    def seal_text(self, row: bytes, column: str, text: str) -> bytes:
        """What is stored for a value whose JSON this text is, where there is a cipher."""
        assert self.cipher is not None
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self.cipher.encrypt(nonce, text.encode(), self._place(row, column))
        return _FORMAT + nonce + sealed

    def seal_texts(self, rows: Sequence[bytes], column: str, texts: Sequence[str]) -> list[bytes]:
        """`seal_text` of one column of many rows, at two thirds of the price of one by one."""
        assert self.cipher is not None
        encrypt, table, column_name = self.cipher.encrypt, self.table.encode(), column.encode()
        chance = os.urandom(_NONCE_BYTES * len(rows))
        found = []
        for at, row, text in zip(range(0, len(chance), _NONCE_BYTES), rows, texts, strict=True):
            nonce = chance[at : at + _NONCE_BYTES]
            place = b"%b:%b:%b" % (table, hexlify(row), column_name)
            found.append(b"%b%b%b" % (_FORMAT, nonce, encrypt(nonce, text.encode(), place)))
        return found

    def open_texts(self, column: str, stored: Sequence[tuple[bytes, Any]]) -> list[str]:
        """The JSON text of many values of one column, each with the bytes that name its row."""
        if self.cipher is None:
            return [text for _, text in stored]
        return [self._open_text(row, column, bytes(sealed)) for row, sealed in stored]

    def open(self, row: bytes, column: str, stored: Any) -> Any:
        """The value again. Raises Conflict if it is not what was stored in this row and column."""
        if self.cipher is None or stored is None:
            return stored
        return json.loads(self._open_text(row, column, bytes(stored)))

    def _open_text(self, row: bytes, column: str, sealed: bytes) -> str:
        assert self.cipher is not None
        nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self.cipher.decrypt(nonce, rest, self._place(row, column)).decode()
        except InvalidTag:
            raise Conflict(
                f"{self.table}.{column} of one row was changed outside of Drumbeat, or sealed with "
                "another key file."
            ) from None

    def _place(self, row: bytes, column: str) -> bytes:
        return b"%s:%s:%s" % (self.table.encode(), row.hex().encode(), column.encode())


def seal_of(connection: Connection, keys: KeyRing, table: str) -> RowSeal:
    """How this database keeps the personal columns of a table."""
    if connection.dialect.name == "sqlite":
        return RowSeal(table, None)
    return RowSeal(table, AESGCM(keys.derive("personal fields")))


def holds_data(database: Database) -> bool:
    """Whether some key file belongs to this database already."""
    with database.look() as connection:
        if not inspect(connection).has_table(key_proof.name):
            return False
        return connection.execute(select(key_proof.c.proof)).first() is not None


def refuse_other_key(database: Database, keys: KeyRing) -> None:
    """Raises Conflict if the database belongs to another key; one that is new belongs to none."""
    if holds_data(database):
        prove_key(database, keys)


def prove_key(database: Database, keys: KeyRing) -> None:
    """Bind a new database to this key. Raises Conflict if it belongs to another one."""
    proof, query = keys.derive("key proof"), select(key_proof.c.proof)
    with database.look() as connection:
        known = connection.scalar(query)
    if known is None:
        with database.begin() as connection:
            mine = upsert(key_proof).values(only=1, proof=proof).on_conflict_do_nothing()
            connection.execute(mine)
            known = connection.scalar(query)
    if known != proof:
        raise Conflict("The database belongs to another key file; with this one it is unreadable.")
