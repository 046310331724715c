"""DKIM: signatures of our domain over what leaves the house (RFC 6376, 8301, 8463).

Signing is arithmetic on finished bytes; whose key signs what is decided in the area's service.
"""

from drumbeat.marketing.senders.dkim.keys import (
    Algorithm,
    SigningKey,
    checked_domain,
    checked_selector,
    generate,
    public_part,
    read_pem,
    record_of,
)
from drumbeat.marketing.senders.dkim.signing import Signer

__all__ = [
    "Algorithm",
    "Signer",
    "SigningKey",
    "checked_domain",
    "checked_selector",
    "generate",
    "public_part",
    "read_pem",
    "record_of",
]
