"""Which mailbox provider reads a domain's mail: one lane each, so that one cannot stall another."""

import re
from collections.abc import Sequence

OTHER, GOOGLE, MICROSOFT, YAHOO, APPLE = range(5)
LANE_NAMES = ("other", "google", "microsoft", "yahoo", "apple")

_EXACT = {
    "gmail.com": GOOGLE,
    "googlemail.com": GOOGLE,
    "passport.com": MICROSOFT,
    "ymail.com": YAHOO,
    "rocketmail.com": YAHOO,
    "aol.com": YAHOO,
    "aim.com": YAHOO,
    "icloud.com": APPLE,
    "me.com": APPLE,
    "mac.com": APPLE,
}
# These have one domain per country: hotmail.fr, outlook.com.br, yahoo.co.uk.
_FIRST_LABEL = {
    "hotmail": MICROSOFT,
    "outlook": MICROSOFT,
    "live": MICROSOFT,
    "msn": MICROSOFT,
    "yahoo": YAHOO,
}
_COUNTRY_SITE = re.compile(r"(com|co|[a-z]{2})(\.[a-z]{2})?")


def lane_of(domain: str) -> int:
    """The lane number of a lower-case mail domain; a company's own domain is OTHER."""
    label, _, rest = domain.partition(".")
    if domain in _EXACT:
        return _EXACT[domain]
    return _FIRST_LABEL.get(label, OTHER) if _COUNTRY_SITE.fullmatch(rest) else OTHER


def lanes_of(domain_names: Sequence[str]) -> list[int]:
    return [lane_of(name) for name in domain_names]
