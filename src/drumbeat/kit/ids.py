"""Identifiers: distinct to the type checker, integers inside, opaque text outside.

Nouns of human scale store a sortable id (`cmp_` + UUIDv7). Nouns of millions show a keyed
permutation of their integer (`con_…`): computed, never stored, not guessable.
"""

import base64
import hashlib
import os
import uuid
from datetime import datetime
from typing import NewType

from drumbeat.kit.errors import NotFound

ContactNo = NewType("ContactNo", int)
CampaignNo = NewType("CampaignNo", int)
MailingNo = NewType("MailingNo", int)
PersonNo = NewType("PersonNo", int)
SegmentNo = NewType("SegmentNo", int)
CampaignId = NewType("CampaignId", str)
ApprovalId = NewType("ApprovalId", str)
ExperimentId = NewType("ExperimentId", str)
SegmentId = NewType("SegmentId", str)

_ROUNDS = 4
_HALF = 0xFFFFFFFF


def new_id(prefix: str, now: datetime) -> str:
    """`prefix_` + 32 hexadecimal digits of a UUIDv7 (RFC 9562): sorts by time of birth."""
    millis = int(now.timestamp() * 1000)
    random = int.from_bytes(os.urandom(10), "big")
    value = (millis & ((1 << 48) - 1)) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return f"{prefix}_{uuid.UUID(int=value).hex}"


def public_id(prefix: str, number: int, key: bytes) -> str:
    """Show an integer below 2**32 as opaque text: the left half is a check, so guesses fail."""
    left, right = 0, number & _HALF
    for turn in range(_ROUNDS):
        left, right = right, left ^ _mix(prefix, turn, right, key)
    packed = left.to_bytes(4, "big") + right.to_bytes(4, "big")
    return f"{prefix}_{base64.b32encode(packed).decode().rstrip('=').lower()}"


def number_of(public: str, prefix: str, key: bytes) -> int:
    """The integer behind `public_id`. Raises NotFound for text that was never given out."""
    head, _, body = public.partition("_")
    try:
        packed = base64.b32decode(body.upper() + "=" * (-len(body) % 8))
    except ValueError:
        packed = b""
    if head == prefix and len(packed) == 8:
        left, right = int.from_bytes(packed[:4], "big"), int.from_bytes(packed[4:], "big")
        for turn in reversed(range(_ROUNDS)):
            left, right = right ^ _mix(prefix, turn, left, key), left
        if left == 0:
            return right
    raise NotFound(f"There is no {public[:60]!r}.")


def _mix(prefix: str, turn: int, half: int, key: bytes) -> int:
    material = half.to_bytes(4, "big") + bytes([turn]) + prefix.encode()
    return int.from_bytes(hashlib.blake2b(material, key=key, digest_size=4).digest(), "big")
