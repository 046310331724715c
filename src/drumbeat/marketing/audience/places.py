"""Where on the network somebody asks from, as a keyed hash: to count by, not to know."""

from hashlib import blake2b

from drumbeat.marketing.accounts import place_of
from drumbeat.storage.secrets import KeyRing


def place_key(keys: KeyRing, ip: str) -> bytes:
    """One IPv4 address, or the /64 that one IPv6 household has."""
    place = place_of(ip).encode("utf-8", "replace")
    return blake2b(place, key=keys.derive("places"), digest_size=16).digest()
