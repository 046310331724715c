"""People, their roles and scopes, what they prove themselves with, and who changed what.

A secret is shown once and kept only as a keyed hash. Rights are read anew from the person's role
for every unit of work, so a removed person stops at once. An agent acts as its person, never more.
"""

from drumbeat.marketing.accounts.model import AuditEntry, Person, Role
from drumbeat.marketing.accounts.rules import scopes_of
from drumbeat.marketing.accounts.service import AccountsService

__all__ = ["AccountsService", "AuditEntry", "Person", "Role", "scopes_of"]
