"""Saved settings in SQL: one sealed row a setting, which opens under its own name only."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, Integer, LargeBinary, String, Table, delete, select

from drumbeat.kit.errors import Conflict
from drumbeat.storage.database import Connection, metadata, upsert
from drumbeat.storage.secrets import KeyRing

saved_setting = Table(
    "saved_setting",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("revision", Integer, nullable=False),
)

_NONCE_BYTES = 12
# Every unit of work asks this.
_SAVED = select(saved_setting.c.name, saved_setting.c.value).order_by(saved_setting.c.name)


@dataclass(frozen=True)
class SavedSettingStore:
    connection: Connection
    keys: KeyRing

    def list_(self) -> dict[str, str]:
        """By name. Raises Conflict for a value that was not sealed under its name and this key."""
        rows = self.connection.execute(select(saved_setting.c.name, saved_setting.c.value))
        return {row.name: self._open(row.name, bytes(row.value)) for row in rows}

    def save(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            sealed = self._seal(name, value)
            written = upsert(saved_setting).values(name=name, value=sealed, revision=1)
            self.connection.execute(
                written.on_conflict_do_update(
                    index_elements=["name"],
                    set_={"value": sealed, "revision": saved_setting.c.revision + 1},
                )
            )

    def remove(self, names: Sequence[str]) -> None:
        self.connection.execute(delete(saved_setting).where(saved_setting.c.name.in_(names)))

    def revision(self) -> str:
        """Each saved setting and its nonce: a count would begin again once it was forgotten."""
        rows = self.connection.execute(_SAVED)
        return " ".join(f"{row.name}:{bytes(row.value)[:_NONCE_BYTES].hex()}" for row in rows)

    def _seal(self, name: str, value: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher().encrypt(nonce, value.encode(), name.encode())

    def _open(self, name: str, sealed: bytes) -> str:
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher().decrypt(nonce, rest, name.encode()).decode()
        except InvalidTag:
            raise Conflict(f"The saved setting {name} was changed outside of Drumbeat.") from None

    def _cipher(self) -> AESGCM:
        return AESGCM(self.keys.derive("saved settings"))
