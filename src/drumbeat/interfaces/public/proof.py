"""Proof that a public form was worth some work to whoever sends it; nobody else is asked.

A stamp is given out with the form; its sender finds a number whose SHA-256 with the stamp begins
with `BITS` zeros. Who runs no script waits instead, and counts for more (see `Proof.scripted`).
"""

import hashlib
import hmac
import os
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from drumbeat.kit.clock import Clock, epoch

BITS = 16
LIFE = 2 * 3600
WAIT = 20
"""Seconds that somebody without scripts waits before they send the form."""
_LONGEST = 120


@dataclass(frozen=True)
class Proof:
    """`stamp` names the one form that was given out; `scripted`: work was done, not waited."""

    stamp: bytes
    scripted: bool


@dataclass(frozen=True)
class Stamps:
    key: bytes
    clock: Clock

    def issue(self, form_id: str) -> str:
        body = f"{epoch(self.clock()):x}.{os.urandom(12).hex()}"
        return f"{body}.{self._mac(form_id, body)}"

    def judge(self, form_id: str, stamp: str, nonce: str) -> Proof | None:
        """None for what was never given out for this form, is too old, or took no work."""
        body, _, mac = stamp.rpartition(".")
        if len(stamp) > _LONGEST or not stamp.isascii():
            return None
        if not hmac.compare_digest(mac, self._mac(form_id, body)):
            return None
        age = epoch(self.clock()) - int(body.partition(".")[0], 16)
        if age > LIFE:
            return None
        spent = hashlib.blake2b(stamp.encode(), digest_size=16).digest()
        if nonce:
            return Proof(spent, scripted=True) if is_work(stamp, nonce) else None
        return Proof(spent, scripted=False) if age >= WAIT else None

    def _mac(self, form_id: str, body: str) -> str:
        told = f"{form_id}.{body}".encode("utf-8", "replace")
        return hashlib.blake2b(told, key=self.key, digest_size=12).hexdigest()


def is_work(stamp: str, nonce: str) -> bool:
    if not (nonce.isascii() and nonce.isdigit() and len(nonce) <= 12):
        return False
    digest = hashlib.sha256(f"{stamp}:{nonce}".encode()).digest()
    return int.from_bytes(digest[:4]) >> (32 - BITS) == 0


@cache
def script() -> str:
    """What a page runs to do the work."""
    return files(__package__).joinpath("proof.js").read_text(encoding="utf-8").strip()
