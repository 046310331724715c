"""Which request an Idempotency-Key stands for: claimed while it runs, then kept with its answer.

Key and caller are stored as one keyed hash. The answer is sealed with a key that is made of the
client's own too: who has the database and the key file, but not that, cannot read it.
"""

import os
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    LargeBinary,
    Row,
    String,
    Table,
    delete,
    select,
    update,
)

from drumbeat.kit.clock import epoch
from drumbeat.kit.errors import Conflict
from drumbeat.kit.ids import new_id
from drumbeat.storage.database import Connection, held, metadata, upsert
from drumbeat.storage.leases import holder_is_gone, holder_name
from drumbeat.storage.secrets import KeyRing

kept_request = Table(
    "kept_request",
    metadata,
    Column("name", LargeBinary(16), primary_key=True),
    Column("fingerprint", LargeBinary(32), nullable=False),
    Column("id", String(40), nullable=False),
    Column("first_at", BigInteger, nullable=False, index=True),
    Column("run", LargeBinary(16), nullable=False),
    Column("holder", String(120), nullable=False),
    Column("until", Float, nullable=False),
    Column("answer", LargeBinary),
)

RUN_SECONDS = 60.0
"""How long a claim lasts that nobody prolongs; every unit of its request prolongs it."""

KEPT = timedelta(hours=24)
SWEPT_AT_ONCE = 500
_NONCE_BYTES = 12


@dataclass(frozen=True)
class RequestKey:
    """One caller's key. `fingerprint` says what was asked for with it."""

    caller: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True)
class Claim:
    """The right to act on a request. `id` is the same for every run of it: what it makes is named
    after it, so that a second run finds what the first one made."""

    name: bytes
    id: str
    run: bytes


@dataclass(frozen=True)
class Running:
    """The first request with this key has not been answered yet."""


@dataclass(frozen=True)
class Reused:
    """The key belongs to another request."""


@dataclass(frozen=True)
class Answered:
    """What the first request was answered, as `keep` was given it."""

    answer: bytes


@dataclass(frozen=True)
class RequestStore:
    connection: Connection
    keys: KeyRing

    def claim(
        self, asked: RequestKey, *, at: datetime, now: float
    ) -> Claim | Running | Reused | Answered:
        """Take the key for one run, or say who has it. `now` is wall clock, as of leases."""
        name, run = self._name(asked), os.urandom(16)
        fresh = {"run": run, "holder": holder_name(), "until": now + RUN_SECONDS}
        first = upsert(kept_request).values(
            name=name,
            fingerprint=asked.fingerprint,
            id=new_id("req", at),
            first_at=epoch(at),
            **fresh,
        )
        added = first.on_conflict_do_nothing().returning(kept_request.c.id)
        made = self.connection.scalar(added)
        if made is not None:
            return Claim(name, str(made), run)
        query = held(self.connection, select(kept_request).where(kept_request.c.name == name))
        row = self.connection.execute(query).one()
        if row.fingerprint != asked.fingerprint:
            return Reused()
        if row.answer is not None:
            return Answered(self._open(asked, row))
        if row.until > now and not holder_is_gone(row.holder):
            return Running()
        mine = update(kept_request).where(kept_request.c.name == name)
        self.connection.execute(mine.values(fresh))
        return Claim(name, str(row.id), run)

    def hold(self, claim: Claim, *, now: float) -> None:
        """Prolong the claim in the unit that acts on it. Raises Conflict if another run has it."""
        if not self._change(claim, until=now + RUN_SECONDS):
            raise Conflict("Another request with the same Idempotency-Key has taken over.")

    def keep(self, asked: RequestKey, claim: Claim, answer: bytes) -> bool:
        """The answer from now on; False if another run has taken the request over."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher(asked).encrypt(nonce, zlib.compress(answer), claim.name)
        return self._change(claim, answer=nonce + sealed)

    def release(self, claim: Claim) -> None:
        """Not answered: the same request may run again at once."""
        self._change(claim, until=0.0)

    def sweep(self, at: datetime) -> bool:
        """Forget what is older than `KEPT`, at most 500; True while there may be more."""
        old = select(kept_request.c.name).where(kept_request.c.first_at < epoch(at - KEPT))
        some = kept_request.c.name.in_(old.limit(SWEPT_AT_ONCE))
        return self.connection.execute(delete(kept_request).where(some)).rowcount == SWEPT_AT_ONCE

    def _change(self, claim: Claim, **values: object) -> bool:
        mine = (kept_request.c.name == claim.name, kept_request.c.run == claim.run)
        open_ = kept_request.c.answer.is_(None)
        changed = update(kept_request).where(*mine, open_).values(**values)
        return self.connection.execute(changed).rowcount == 1

    def _open(self, asked: RequestKey, row: Row[Any]) -> bytes:
        sealed = bytes(row.answer)
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        return zlib.decompress(self._cipher(asked).decrypt(nonce, rest, bytes(row.name)))

    def _name(self, asked: RequestKey) -> bytes:
        return self.keys.index("idempotency keys", f"{asked.caller}\0{asked.key}")

    def _cipher(self, asked: RequestKey) -> AESGCM:
        house = self.keys.derive("kept answers")
        own = f"{asked.caller}\0{asked.key}".encode()
        return AESGCM(blake2b(own, key=house, digest_size=32).digest())
