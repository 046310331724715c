"""People, their roles and scopes, what they prove themselves with, and who changed what.

A secret is shown once and kept only as a keyed hash. Rights are read anew from the person's role
for every unit of work, so a removed person stops at once. An agent acts as its person, never more.
The trail: every use case of any area that changes what people decided calls `record` itself, in
its own unit of work, so that no way in can forget it and nothing is noted that did not happen.
"""

from drumbeat.marketing.accounts.credentials import Credentials
from drumbeat.marketing.accounts.model import (
    Attempt,
    AuditEntry,
    Listed,
    Newcomer,
    Person,
    Proof,
    Record,
    Role,
    TryLater,
    Visitor,
)
from drumbeat.marketing.accounts.passwords import PasswordHash, hash_password
from drumbeat.marketing.accounts.people import PeopleService
from drumbeat.marketing.accounts.rules import place_of, scopes_of
from drumbeat.marketing.accounts.service import AccountsService
from drumbeat.marketing.accounts.signing_in import SigningInService

__all__ = [
    "AccountsService",
    "Attempt",
    "AuditEntry",
    "Credentials",
    "Listed",
    "Newcomer",
    "PasswordHash",
    "PeopleService",
    "Person",
    "Proof",
    "Record",
    "Role",
    "SigningInService",
    "TryLater",
    "Visitor",
    "hash_password",
    "place_of",
    "scopes_of",
]
