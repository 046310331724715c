"""Sending: claims what is due, hands it to a carrier, and records what became of it.

claim → carry → record, between units of work. Nobody is mailed twice: every claim is a row, every
step on the wire is in the wire log, and what neither can tell is `uncertain` and never sent again.
"""

from drumbeat.engine.sending.engine import SendingEngine
from drumbeat.engine.sending.letters import Letter, LettersOf
from drumbeat.engine.sending.session import ActorFor, Provider
from drumbeat.engine.sending.wire_log import WireLog, boot_id

__all__ = [
    "ActorFor",
    "Letter",
    "LettersOf",
    "Provider",
    "SendingEngine",
    "WireLog",
    "boot_id",
]
