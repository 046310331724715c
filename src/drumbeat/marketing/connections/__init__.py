"""Connections: what a person saved in the house about who mail is from and which server takes it.

Sealed, because a mail server's address carries its password. Files and the environment win over it.
"""

from drumbeat.marketing.connections.service import ConnectionsService

__all__ = ["ConnectionsService"]
