"""A key of each kind, made once, and what DNS would say of them."""

from collections.abc import Mapping

import dkim

from drumbeat.marketing.senders.dkim import Algorithm, Signer, SigningKey, generate, read_pem

DOMAIN = "shop.example"


def key(algorithm: Algorithm, selector: str, domain: str = DOMAIN) -> SigningKey:
    return SigningKey(domain, selector, read_pem(generate(algorithm), named="it", field="key"))


RSA = key(Algorithm.RSA, "old2026")
ED25519 = key(Algorithm.ED25519, "new2026")
BOTH = Signer((ED25519, RSA))


def verified(message: bytes, *keys: SigningKey) -> list[bool]:
    """What an independent implementation says of each signature, topmost first."""
    return verified_by(message, {key.dns_name: key.dns_text for key in keys})


def verified_by(message: bytes, records: Mapping[str, str]) -> list[bool]:
    """The same, given each record's name and text."""

    def ask(name: bytes, timeout: int = 5) -> bytes | None:
        text = records.get(name.decode().rstrip("."))
        return None if text is None else text.encode()

    def holds(number: int) -> bool:
        try:
            return bool(dkim.DKIM(message).verify(idx=number, dnsfunc=ask))
        except dkim.ValidationError:
            return False

    head = message.partition(b"\r\n\r\n")[0].lower()
    return [holds(number) for number in range(head.count(b"dkim-signature:"))]
