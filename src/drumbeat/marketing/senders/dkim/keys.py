"""What a DKIM key is: which algorithms and sizes are used, and what DNS has to say of one.

RSA of 2048 bits or more (RFC 8301; some DNS panels take no more than 2048), and Ed25519 (RFC 8463).
"""

import base64
import re
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from drumbeat.kit.domain_names import ascii_domain
from drumbeat.kit.errors import InvalidInput

LEAST_RSA_BITS = 2048
MOST_RSA_BITS = 4096
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")

PrivateKey = RSAPrivateKey | Ed25519PrivateKey


class Algorithm(StrEnum):
    """As DNS names the kind of key (`k=`)."""

    RSA = "rsa"
    ED25519 = "ed25519"


@dataclass(frozen=True)
class SigningKey:
    """The private half of what `selector._domainkey.domain` publishes."""

    domain: str
    selector: str
    private: PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> Algorithm:
        return Algorithm.RSA if isinstance(self.private, RSAPrivateKey) else Algorithm.ED25519

    @property
    def dns_name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def dns_text(self) -> str:
        return record_of(self.algorithm, public_part(self.private))


def record_of(algorithm: Algorithm, public: str) -> str:
    """The TXT record of a public key."""
    return f"v=DKIM1; k={algorithm.value}; p={public}"


def public_part(private: PrivateKey) -> str:
    """The `p=` of the record: SubjectPublicKeyInfo of RSA, the bare 32 bytes of Ed25519."""
    public = private.public_key()
    if isinstance(private, RSAPrivateKey):
        content = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        content = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(content).decode()


def generate(algorithm: Algorithm) -> bytes:
    """A new private key as PEM."""
    private: PrivateKey
    if algorithm is Algorithm.RSA:
        private = generate_private_key(public_exponent=65_537, key_size=LEAST_RSA_BITS)
    else:
        private = Ed25519PrivateKey.generate()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_pem(content: bytes, *, named: str, field: str) -> PrivateKey:
    """Raises InvalidInput(field) saying what is wrong with the key that `named` names."""
    try:
        private = load_pem_private_key(content, password=None)
    except TypeError:
        raise InvalidInput(f"{named} is locked with a password: remove it.", field=field) from None
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidInput(f"{named} holds no private key in PEM form.", field=field) from None
    if isinstance(private, Ed25519PrivateKey):
        return private
    if not isinstance(private, RSAPrivateKey):
        raise InvalidInput(f"{named} is neither an RSA nor an Ed25519 key.", field=field)
    if not LEAST_RSA_BITS <= private.key_size <= MOST_RSA_BITS:
        limits = f"between {LEAST_RSA_BITS} and {MOST_RSA_BITS} bits are used"
        raise InvalidInput(f"{named} has {private.key_size} bits; {limits}.", field=field)
    return private


def checked_domain(text: str, *, field: str) -> str:
    """The domain as DNS spells it. Raises InvalidInput(field)."""
    labels = (ascii_domain(text.strip().rstrip(".")) or "").split(".")
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or len(text) > 253:
        raise InvalidInput(f"{text[:80]!r} is not a domain such as example.com.", field=field)
    return ".".join(labels)


def checked_selector(text: str, *, field: str) -> str:
    """Raises InvalidInput(field)."""
    selector = text.strip().lower()
    if not all(map(_LABEL.fullmatch, selector.split("."))) or len(selector) > 63:
        message = f"{text[:80]!r} is not a selector: letters, digits, hyphens, such as 'mail2026'."
        raise InvalidInput(message, field=field)
    return selector
