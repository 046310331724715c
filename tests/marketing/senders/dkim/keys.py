"""A key of each kind, made once, and what DNS would say of them."""

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
    records = {f"{key.dns_name}.".encode(): key.dns_text.encode() for key in keys}

    def ask(name: bytes, timeout: int = 5) -> bytes | None:
        return records.get(name)

    def holds(number: int) -> bool:
        try:
            return bool(dkim.DKIM(message).verify(idx=number, dnsfunc=ask))
        except dkim.ValidationError:
            return False

    head = message.partition(b"\r\n\r\n")[0].lower()
    return [holds(number) for number in range(head.count(b"dkim-signature:"))]
