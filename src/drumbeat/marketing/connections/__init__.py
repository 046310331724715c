"""Connections: what a person saved about who mail is from and which server takes it; its outages.

Sealed, because a mail server's address carries its password. Files and the environment win over it.
"""

from drumbeat.marketing.connections.outages import Outage
from drumbeat.marketing.connections.service import ConnectionsService

__all__ = ["ConnectionsService", "Outage"]
