"""Senders: who mail comes from, and whether that identity may leave the sandbox.

It owns identities only; what they say is content's, how mail travels is delivery's.
"""

from drumbeat.marketing.senders.kept_keys import DkimKeysService
from drumbeat.marketing.senders.key_model import KeptKey, KeyState, NewKey
from drumbeat.marketing.senders.model import Sender
from drumbeat.marketing.senders.records import (
    Kind as RecordKind,
)
from drumbeat.marketing.senders.records import (
    Record,
    SenderSetup,
    Standing,
    Standpoint,
    aligned,
    domains_above,
    judge,
    wanted_records,
)
from drumbeat.marketing.senders.rules import checked, require_domain, require_real
from drumbeat.marketing.senders.service import SendersService

__all__ = [
    "DkimKeysService",
    "KeptKey",
    "KeyState",
    "NewKey",
    "Record",
    "RecordKind",
    "Sender",
    "SenderSetup",
    "SendersService",
    "Standing",
    "Standpoint",
    "aligned",
    "checked",
    "domains_above",
    "judge",
    "require_domain",
    "require_real",
    "wanted_records",
]
