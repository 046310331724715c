"""Senders: who mail comes from, and whether that identity may leave the sandbox.

It owns identities only; what they say is content's, how mail travels is delivery's.
"""

from drumbeat.marketing.senders.model import Sender
from drumbeat.marketing.senders.rules import checked, require_real
from drumbeat.marketing.senders.service import SendersService

__all__ = ["Sender", "SendersService", "checked", "require_real"]
