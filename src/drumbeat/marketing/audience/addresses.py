"""When is text an email address, and which one form of it do we keep?

One regular expression and length rules (RFC 5321 § 4.5.3.1). Kept in lower case, the domain in
its ASCII form, so that equal mailboxes meet. It never guesses: what needs repair is refused.
"""

import re
from dataclasses import dataclass

from drumbeat.kit.domain_names import ascii_domain

MAX_ADDRESS = 254
MAX_LOCAL = 64

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_TOP = r"(?:[a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9])"
ADDRESS = rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_TOP}"
"""The one regular expression of an address in lower case, whoever matches it against how many."""
_ADDRESS = re.compile(ADDRESS, re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"))
_FULLWIDTH_AT = str.maketrans({"\uff20": "@", "\ufe6b": "@"})


@dataclass(frozen=True, slots=True)
class Address:
    text: str


@dataclass(frozen=True, slots=True)
class NotAnAddress:
    """`reason` completes the sentence "the address …"."""

    reason: str


def normalise_address(given: str) -> Address | NotAnAddress:
    """The one form of an address that is kept, or why it is none; idempotent."""
    if len(given) > 4 * MAX_ADDRESS:
        return NotAnAddress(f"is {len(given)} characters long (at most {MAX_ADDRESS})")
    plain = given.strip(" \t\u00a0\u3000\u2007\u202f").translate(_INVISIBLE)
    if plain.isascii() and _ADDRESS.fullmatch(lower := plain.lower()):
        return _measured(lower)
    return _normalise_rare(plain.translate(_FULLWIDTH_AT))


def _normalise_rare(plain: str) -> Address | NotAnAddress:
    """What the quick path did not take: other alphabets, wrapping, mistakes."""
    plain = plain.strip(" \t\u00a0\u3000\u2007\u202f")
    if not plain:
        return NotAnAddress("is missing")
    if _CONTROL.search(plain):
        return NotAnAddress("holds a line break or control character")
    plain = plain.removeprefix("mailto:").removeprefix("<").removesuffix(">")
    local, at, domain = plain.rpartition("@")
    if not at or not local or not domain:
        return NotAnAddress("has no @ between a name and a domain")
    if not local.isascii():
        return NotAnAddress("has letters before the @ that mail servers do not take")
    if not domain.isascii():
        found = ascii_domain(domain)
        if found is None:
            return NotAnAddress("has a domain that does not exist in any alphabet")
        domain = found
    lower = f"{local}@{domain}".lower()
    if len(lower) > MAX_ADDRESS or len(local) > MAX_LOCAL:
        return _measured(lower)
    return _measured(lower) if _ADDRESS.fullmatch(lower) else NotAnAddress(_mistake(lower))


def _measured(lower: str) -> Address | NotAnAddress:
    if len(lower) > MAX_ADDRESS:
        return NotAnAddress(f"is {len(lower)} characters long (at most {MAX_ADDRESS})")
    local = lower.rpartition("@")[0]
    if len(local) > MAX_LOCAL:
        return NotAnAddress(f"has {len(local)} characters before the @ (at most {MAX_LOCAL})")
    return Address(lower)


def _mistake(lower: str) -> str:
    local, _, domain = lower.rpartition("@")
    if " " in lower or "\u00a0" in lower:
        return "holds a space"
    if "@" in local:
        return "has more than one @"
    if "." not in domain:
        return "has a domain without a dot"
    if ".." in lower or local.startswith(".") or local.endswith(".") or domain.startswith("."):
        return "has a dot where none may be"
    return "is not written like an address"
