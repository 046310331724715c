"""Which role may do what, how long a credential lives, and what a secret looks like."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.errors import InvalidInput, NotPermitted
from drumbeat.kit.ids import PersonNo
from drumbeat.marketing.accounts.model import CredentialKind, Role

# Chores of the house: a person starts them through the engine but never holds them.
CHORES = frozenset({Scope.FACTS_FOLD, Scope.UPKEEP})
# A person of the house never says yes for a reader: that takes the reader's own link.
_EVERYTHING = frozenset(Scope) - CHORES - {Scope.CONSENT_CHOOSE}
_ACCOUNTS = frozenset({Scope.ACCOUNTS_READ, Scope.ACCOUNTS_WRITE})
# Everybody looks after their own password, sessions and keys.
_OWN = frozenset({Scope.ACCOUNTS_OWN})

ROLE_SCOPES: Mapping[Role, frozenset[Scope]] = {
    Role.OWNER: _EVERYTHING,
    Role.MARKETER: _EVERYTHING - _ACCOUNTS,
    Role.ANALYST: frozenset(s for s in _EVERYTHING if s.value.endswith(":read")) - _ACCOUNTS | _OWN,
    # What a campaign's page and report are made of; nobody's address.
    Role.VIEWER: frozenset({Scope.CAMPAIGNS_READ, Scope.EVENTS_READ}) | _OWN,
}

LINK_LIFE = timedelta(minutes=10)
INVITATION_LIFE = timedelta(days=7)
SESSION_LIFE = timedelta(days=14)

# A recognisable beginning lets secret scanners find a key that was committed by mistake.
_PREFIX = {
    CredentialKind.LINK: "dblink_",
    CredentialKind.INVITATION: "dbinvite_",
    CredentialKind.SESSION: "dbsession_",
    CredentialKind.KEY: "dbkey_",
}
ID_PREFIX = {
    CredentialKind.LINK: "lnk",
    CredentialKind.INVITATION: "inv",
    CredentialKind.SESSION: "ses",
    CredentialKind.KEY: "key",
}
_SECRET_BYTES = 32
LONGEST_SECRET = 100


def scopes_of(role: Role) -> frozenset[Scope]:
    return ROLE_SCOPES[role]


def person_no_of(actor: Actor) -> PersonNo:
    """Credentials belong to people who ask for them: not to chores, and not through agents."""
    if actor.person_no is None or actor.agent is not None:
        raise NotPermitted("Only a person may issue or revoke their own credentials.")
    return PersonNo(actor.person_no)


def new_secret(kind: CredentialKind) -> str:
    return _PREFIX[kind] + secrets.token_urlsafe(_SECRET_BYTES)


def hash_of(secret: str, key: bytes) -> bytes:
    """32 bytes to find a secret by; a slow hash is for passwords, these are 256 random bits."""
    return hashlib.blake2b(secret.encode("utf-8", "replace"), key=key, digest_size=32).digest()


@dataclass(frozen=True)
class Throttle:
    """How many wrong passwords are free, and how the wait grows after them."""

    free: int
    longest: timedelta

    def wait(self, failures: int) -> timedelta:
        """After the `failures`-th counted guess: none, then 2, 4, 8 … seconds up to `longest`."""
        beyond = min(failures - self.free + 1, 30)
        return timedelta() if beyond < 1 else min(timedelta(seconds=2**beyond), self.longest)


# Whoever knows an address can make its person wait: never long, and a link still lets them in.
BY_ADDRESS = Throttle(free=5, longest=timedelta(minutes=15))
# A whole office may sit behind one address of the network.
BY_PLACE = Throttle(free=20, longest=timedelta(minutes=15))
THROTTLES = (BY_ADDRESS, BY_PLACE)
FORGET_AFTER = timedelta(hours=1)


def place_of(ip: str) -> str:
    """Whom a guess is counted for: an IPv4 address, or the /64 that one IPv6 household has."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip[:100]
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)


_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,255}")
LONGEST_NAME = 120


def clean_email(text: str) -> str:
    """As it is compared. Raises InvalidInput."""
    email = text.strip().lower()
    if not _ADDRESS.fullmatch(email):
        raise InvalidInput(f"{text[:60]!r} is not an email address.", field="email")
    return email


def clean_name(text: str, email: str) -> str:
    """What the trail calls them; whoever gives none is called by their address."""
    name = " ".join(text.split()) or email
    if len(name) > LONGEST_NAME or not name.isprintable():
        message = f"A name has at most {LONGEST_NAME} printable characters."
        raise InvalidInput(message, field="name")
    return name


def clean_label(text: str) -> str:
    """What a key or a session is listed as. Raises InvalidInput."""
    label = " ".join(text.split())
    if not 1 <= len(label) <= 80 or not label.isprintable():
        raise InvalidInput("Name the key in 1 to 80 characters.", field="label")
    return label
