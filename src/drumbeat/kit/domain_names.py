"""How a domain is written in DNS, in headers and in envelopes: ASCII, by IDNA 2008.

Python's own codec knows the rules of 2003, by which faß.example becomes fass.example: another site.
"""


def ascii_domain(domain: str) -> str | None:
    """In small letters; None if it is no domain in any alphabet."""
    if domain.isascii():
        return domain.lower()
    import idna

    try:
        return idna.encode(domain, uts46=True, transitional=False).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None
