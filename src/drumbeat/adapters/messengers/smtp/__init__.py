"""Carries mail to any SMTP server, and says of every parcel what became of it.

protocol.py is the conversation without sockets, wire.py the socket without decisions, flight.py
how one message follows another, verdicts.py what a reply means for the ledger, carrier.py who pulls
parcels and settles them.
"""

from drumbeat.adapters.messengers.smtp.carrier import SmtpCarrier
from drumbeat.adapters.messengers.smtp.reaching import reach
from drumbeat.adapters.messengers.smtp.server import (
    SmtpServer,
    Timeouts,
    is_local,
    parse_smtp_url,
)

__all__ = ["SmtpCarrier", "SmtpServer", "Timeouts", "is_local", "parse_smtp_url", "reach"]
