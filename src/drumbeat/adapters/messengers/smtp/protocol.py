"""The SMTP conversation, without sockets: what to say next, given every reply so far.

Each conversation is a generator that yields steps and is sent the replies to them, so it can be
tested line by line. A step may hold several commands (RFC 2920); the list of replies is shorter
than asked for only if the server refused something and hung up.
RFC 5321, 3207 (STARTTLS), 4954 (AUTH), 1870 (SIZE), 6152 (8BITMIME), 6531 (SMTPUTF8).
"""

import base64
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeVar

import numpy as np

from drumbeat.adapters.messengers.smtp import verdicts
from drumbeat.adapters.messengers.smtp.replies import NotAReply, Reply
from drumbeat.adapters.messengers.smtp.server import SmtpServer
from drumbeat.marketing.delivery.ports import Outcome, Parcel, Refused

ENVELOPE = 3
"""Commands before a body: MAIL, RCPT, DATA."""

MOST_ADDRESS = 254
# One dot-atom or quoted local part and a domain or address literal; nothing that ends a command.
# A lone surrogate, which JSON can carry, has no bytes at all.
_UNSAFE = re.compile("[\\x00-\\x20\\x7f-\\xa0<>\\u2028\\u2029\\ud800-\\udfff]")

# The usual address: printable ASCII, an @ between two parts, not too long.
_PLAIN = re.compile(r"[!-;=?-~]{1,64}@[!-;=?-~]{1,180}")

T = TypeVar("T")
Awaited = Literal["greeting", "reply", "acceptance"]


@dataclass(frozen=True, slots=True)
class Say:
    """Write `parts`, then wait for `replies` replies."""

    parts: tuple[bytes, ...]
    replies: int = 1
    awaited: Awaited = "reply"


@dataclass(frozen=True, slots=True)
class SwitchToTls:
    """Encrypt the connection before the next step."""


Talk = Generator[Say | SwitchToTls, Sequence[Reply], T]


class NotWelcome(Exception):
    """The server will not let us in; no message is to blame."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What EHLO advertised. `size` is 0 when the server sets no limit."""

    pipelining: bool = False
    eight_bit: bool = False
    utf8: bool = False
    starttls: bool = False
    chunking: bool = False
    size: int | None = None
    logins: frozenset[str] = frozenset()


def capabilities(reply: Reply) -> Capabilities:
    words = [line.upper().replace("AUTH=", "AUTH ").split() for line in reply.lines[1:]]
    offered = {line[0]: line[1:] for line in words if line}
    limit = offered.get("SIZE")
    return Capabilities(
        pipelining="PIPELINING" in offered,
        eight_bit="8BITMIME" in offered,
        utf8="SMTPUTF8" in offered,
        starttls="STARTTLS" in offered,
        chunking="CHUNKING" in offered,
        size=None if limit is None else int(limit[0]) if limit and limit[0].isdecimal() else 0,
        logins=frozenset(offered.get("AUTH", ())),
    )


def introduce(server: SmtpServer, name: str) -> Talk[Capabilities]:
    """From the greeting to being logged in. Raises NotWelcome, naming what was refused."""
    (greeting,) = yield Say((), awaited="greeting")
    if greeting.code != 220:
        raise NotWelcome(f"turned us away: {greeting.text}")
    offered = yield from _hello(name)
    if server.security == "starttls":
        if not offered.starttls:
            raise NotWelcome("does not offer STARTTLS, which starttls=1 demands")
        (ready,) = yield Say((b"STARTTLS\r\n",))
        if ready.code != 220:
            raise NotWelcome(f"refused STARTTLS: {ready.text}")
        yield SwitchToTls()
        offered = yield from _hello(name)  # what was said in clear may have been forged
    if server.user:
        yield from _log_in(server, offered)
    return offered


def envelope(
    parcel: Parcel,
    offered: Capabilities,
    *,
    server: str,
    reset: bool,
    replies: Sequence[Reply] | None = None,
) -> Talk[Outcome | None]:
    """One message's sender and recipient. Answers None when the server waits for the body.

    Otherwise its outcome; then the next one must begin with RSET, which `reset` asks for. `replies`
    have come already, to an envelope sent ahead. Raises NotAReply if the server is out of step.
    """
    names = ["RSET", "MAIL", "RCPT", "DATA"] if reset else ["MAIL", "RCPT", "DATA"]
    if replies is None:
        commands = envelope_of(parcel, offered)
        if reset:
            commands = [b"RSET\r\n", *commands]
        replies = yield from _say_all(commands, together=offered.pipelining)
    for name, reply in zip(names, replies, strict=False):
        wanted = reply.code == 354 if name == "DATA" else reply.positive
        if wanted:
            continue
        if not reply.negative or name == "RSET":
            raise NotAReply(f"{reply.text!r} in answer to {name}")
        if len(replies) == len(names) and replies[-1].code == 354:
            yield Say((b".\r\n",))  # refused, yet waiting for a body: an empty one ends it
        return _refusal(name, reply, parcel, server)
    return None


def all_agreed(replies: Sequence[Reply]) -> bool:
    """Whether the first three answer an envelope, and the server waits for the body."""
    mail, rcpt, data = replies[:ENVELOPE]
    return mail.positive and rcpt.positive and data.code == 354


def unsendable(parcel: Parcel, offered: Capabilities) -> Refused | None:
    """Why this parcel must not, or cannot, be written to that server at all."""
    reason = _unsafe(parcel)
    if reason is None and offered.size and len(parcel.message) > offered.size:
        reason = f"the message has {len(parcel.message)} bytes, the server takes {offered.size}"
    mailboxes = (parcel.recipient, parcel.sender) if reason is None and not offered.utf8 else ()
    if any(_mailbox(address, offered.utf8) is None for address in mailboxes):
        reason = "an envelope address needs SMTPUTF8, which the server does not offer"
    return Refused(reason, permanent=True, code=0) if reason else None


def body_of(parcel: Parcel) -> tuple[bytes, ...]:
    """As written on the wire, with the line that ends it."""
    return (parcel.message, b".\r\n") if parcel.clean else dot_stuffed(parcel.message)


def dot_stuffed(message: bytes) -> tuple[bytes, ...]:
    """RFC 5321 § 4.5.2: as written on the wire, with the line that ends it."""
    if _has_dotted_lines(message):
        message = message.replace(b"\r\n.", b"\r\n..")
    if message.startswith(b"."):
        message = b"." + message
    return (message, b".\r\n" if not message or message.endswith(b"\r\n") else b"\r\n.\r\n")


def _hello(name: str) -> Talk[Capabilities]:
    (reply,) = yield Say((f"EHLO {name}\r\n".encode(),))
    if reply.positive:
        return capabilities(reply)
    if reply.code in (500, 502, 504):
        (reply,) = yield Say((f"HELO {name}\r\n".encode(),))
        if reply.positive:
            return Capabilities()
    raise NotWelcome(f"refused EHLO {name}: {reply.text}")


def _log_in(server: SmtpServer, offered: Capabilities) -> Talk[None]:
    user, password = server.user.encode(), server.password.encode()
    if "PLAIN" in offered.logins:
        (reply,) = yield Say((b"AUTH PLAIN %s\r\n" % _b64(b"\0" + user + b"\0" + password),))
        if reply.code == 334:  # some servers ignore the initial response
            (reply,) = yield Say((_b64(b"\0" + user + b"\0" + password) + b"\r\n",))
    elif "LOGIN" in offered.logins:
        (reply,) = yield Say((b"AUTH LOGIN\r\n",))
        for answer in (user, password):
            if reply.code == 334:
                (reply,) = yield Say((_b64(answer) + b"\r\n",))
    else:
        kinds = ", ".join(sorted(offered.logins)) or "none"
        raise NotWelcome(f"offers no login by PLAIN or LOGIN (offered: {kinds})")
    if reply.code != 235:
        raise NotWelcome(f"refused the login of {server.user}: {reply.text}")


def _say_all(commands: list[bytes], *, together: bool) -> Talk[list[Reply]]:
    if together:
        return list((yield Say((b"".join(commands),), replies=len(commands))))
    replies: list[Reply] = []
    for command in commands:
        replies += yield Say((command,))
        if replies[-1].negative:
            break
    return replies


def _refusal(name: str, reply: Reply, parcel: Parcel, server: str) -> Outcome:
    if name == "MAIL":
        return verdicts.at_sender(reply, server=server, sender=parcel.sender)
    return verdicts.at_recipient(reply, server=server)


def envelope_of(parcel: Parcel, offered: Capabilities) -> list[bytes]:
    """The commands before its body."""
    sender = _mailbox(parcel.sender, offered.utf8) or b""
    recipient = _mailbox(parcel.recipient, offered.utf8) or b""
    options = b"" if offered.size is None else b" SIZE=%d" % len(parcel.message)
    international = not (sender.isascii() and recipient.isascii())
    if offered.eight_bit and (international or not _is_ascii(parcel)):
        options += b" BODY=8BITMIME"
    if international:
        options += b" SMTPUTF8"
    return [
        b"MAIL FROM:<%s>%s\r\n" % (sender, options),
        b"RCPT TO:<%s>\r\n" % recipient,
        b"DATA\r\n",
    ]


def _is_ascii(parcel: Parcel) -> bool:
    """A clean one's body is, so only its header is looked at."""
    message = parcel.message
    return (message[: message.find(b"\r\n\r\n")] if parcel.clean else message).isascii()


def _mailbox(address: str, utf8: bool) -> bytes | None:
    """The address as written in a command; None if it cannot be without SMTPUTF8."""
    if utf8 or address.isascii():
        return address.encode()
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@".encode("ascii") + domain.encode("idna")
    except UnicodeError:
        return None


def _unsafe(parcel: Parcel) -> str | None:
    reason = None if _PLAIN.fullmatch(parcel.recipient) else _unsafe_address(parcel.recipient)
    if reason is None:
        reason = _unsafe_sender(parcel.sender)
    if reason is None and not parcel.clean and not _ends_lines_by_crlf(parcel.message):
        return "the message holds a line end other than CRLF"  # how mail is smuggled past checks
    return reason


def _unsafe_address(address: str) -> str | None:
    reason = _unwritable(address)
    local, at, domain = address.rpartition("@")
    if reason is None and not (local and at and domain):
        return "the recipient's address has no @ between two parts"
    return reason


@lru_cache(maxsize=64)
def _unsafe_sender(address: str) -> str | None:
    reason = _unwritable(address)
    if reason is None and address and "@" not in address.strip("@"):
        return "the sender's address has no @ between two parts"
    return reason


def _unwritable(address: str) -> str | None:
    if _UNSAFE.search(address):
        return "an envelope address holds a line break, a space or another forbidden character"
    if len(address.encode()) > MOST_ADDRESS:
        return f"an envelope address is longer than {MOST_ADDRESS} bytes"
    return None


# numpy, because these look at every byte of every message: a fifth of what bytes.count costs.


def _ends_lines_by_crlf(message: bytes) -> bool:
    octets = np.frombuffer(message, np.uint8)
    feeds = np.flatnonzero(octets == 10)
    if np.count_nonzero(octets == 13) != len(feeds) or (len(feeds) and feeds[0] == 0):
        return False
    return bool(np.all(octets[feeds - 1] == 13))


def _has_dotted_lines(message: bytes) -> bool:
    octets = np.frombuffer(message, np.uint8)
    feeds = np.flatnonzero(octets[:-1] == 10)
    return bool(np.any(octets[feeds + 1] == 46))


def _b64(raw: bytes) -> bytes:
    return base64.b64encode(raw)
