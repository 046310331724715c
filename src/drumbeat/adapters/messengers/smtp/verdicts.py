"""What a server's reply means for the ledger: whose fault it is, and whether to try again.

A rule of thumb runs through all of it: a refusal that every recipient would get is never booked
against one of them, so a wrong password or sender cannot burn a list.
"""

import re

from drumbeat.adapters.messengers.smtp.replies import Reply
from drumbeat.marketing.delivery.ports import Accepted, Deferred, Outcome, Refused

# Closing down; then login wanted, encryption wanted, mechanism too weak: about our account.
_PROVIDER_CODES = frozenset({421, 530, 534, 535, 538})
_PROVIDER_STATUSES = frozenset({"4.3.1", "4.3.2"})  # the system is full, or takes no mail now

_QUEUE_IDS = (
    re.compile(r"queued as ([\w.+/=-]+)", re.IGNORECASE),  # postfix and most relays
    re.compile(r"\bid=([\w.+/=-]+)", re.IGNORECASE),  # exim
    re.compile(r"^([\w.+/=-]+) message accepted", re.IGNORECASE),  # sendmail
    re.compile(r"^ok:?\s+<?([\w.+/=@-]+)>?", re.IGNORECASE),  # SES and others
)


def accepted(reply: Reply) -> Accepted:
    usual, *others = _QUEUE_IDS
    if found := usual.search(reply.lines[-1]):
        return Accepted(found[1][:100])
    words = reply.text.removeprefix(f"{reply.code} ").removeprefix(reply.status).strip()
    for pattern in others:
        if found := pattern.search(words):
            return Accepted(found[1][:100])
    return Accepted("")


def at_sender(reply: Reply, *, server: str, sender: str) -> Outcome:
    """MAIL FROM was refused: about us, unless it is about this message's size or content."""
    if reply.code >= 500 and (reply.code == 552 or reply.status.startswith(("5.3.4", "5.6."))):
        return Refused(reply.text, permanent=True, code=reply.code)
    return Deferred(f"{server} refused the sender {sender}: {reply.text}", "provider")


def at_recipient(reply: Reply, *, server: str) -> Outcome:
    """RCPT TO, DATA or the message itself was refused."""
    if reply.code in _PROVIDER_CODES or reply.status in _PROVIDER_STATUSES:
        return Deferred(f"{server} said: {reply.text}", "provider")
    if reply.code < 500:
        return Deferred(reply.text, "recipient")
    return Refused(reply.text, permanent=True, code=reply.code)
