"""The sandbox's own SMTP server: loopback only, 250 only after the commit.

A server of our own because aiosmtpd reads a message line by line: measured, it costs 2.4 times
the CPU while storing nothing. It takes any mail, except to the domains below.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from types import TracebackType
from typing import cast

from drumbeat.kit.clock import Clock
from drumbeat.storage.mail_folder import MailFolder, NewMail

REFUSING_DOMAINS = {
    "bounce.example": "550 5.1.1 There is no such mailbox here",
    "blocked.example": "550 5.7.1 Mail from this sender is not wanted here",
    "full.example": "452 4.2.2 The mailbox is full",
}
"""Recipients there, and in subdomains, always get this answer: bounces for demos and tests."""

MOST_BYTES = 26_214_400
MOST_COMMAND = 4096
_END = b"\r\n.\r\n"
_PATH = re.compile(rb"(?:FROM|TO):\s*<([^<>]*)>(?: (.*))?", re.IGNORECASE | re.DOTALL)
_OFFERS = (
    "250-sandbox.drumbeat.invalid",
    "250-PIPELINING",
    f"250-SIZE {MOST_BYTES}",
    "250-8BITMIME",
    "250-SMTPUTF8",
    "250 ENHANCEDSTATUSCODES",
)


Committed = Callable[[int | None], None]
"""Told the mail's number when it is on the disk, None if it could not be stored."""


class SandboxServer:
    """An async context manager; `port` is known inside it."""

    def __init__(self, folder: MailFolder, clock: Clock) -> None:
        self._clock = clock
        self._committer = Committer(folder)
        self._sessions: set[Session] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> "SandboxServer":
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for session in tuple(self._sessions):
            session.hang_up()
        await self._committer.close()
        await self._server.wait_closed()

    def _session(self) -> "Session":
        return Session(self._clock, self._committer, self._sessions)


class Committer:
    """Mails that arrive while one batch is being committed make up the next one."""

    def __init__(self, folder: MailFolder) -> None:
        self._folder = folder
        self._thread = ThreadPoolExecutor(1, "sandbox")
        self._waiting: list[tuple[NewMail, Committed]] = []
        self._task: asyncio.Task[None] | None = None

    def add(self, mail: NewMail, committed: Committed) -> None:
        self._waiting.append((mail, committed))
        if self._task is None:
            self._task = asyncio.create_task(self._commit())

    async def close(self) -> None:
        if self._task is not None:
            await self._task
        self._thread.shutdown()

    async def _commit(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            mails = [mail for mail, _ in batch]
            numbers: Sequence[int | None]
            try:
                numbers = await loop.run_in_executor(self._thread, self._folder.add, mails)
            except Exception:  # an edge: whatever it was (a full disk), the sender is told 452
                numbers = [None] * len(batch)
            for (_, committed), no in zip(batch, numbers, strict=True):
                committed(no)
        self._task = None


class Session(asyncio.Protocol):
    """One client. While a mail is being committed, what it sends further is kept unread."""

    def __init__(self, clock: Clock, committer: Committer, sessions: "set[Session]") -> None:
        self._clock = clock
        self._committer = committer
        self._sessions = sessions
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._searched = 0
        self._reading_body = False
        self._committing = False
        self._sender: str | None = None
        self._recipients: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._sessions.add(self)
        self._say("220 sandbox.drumbeat.invalid ESMTP Drumbeat sandbox")

    def connection_lost(self, exc: Exception | None) -> None:
        self._sessions.discard(self)
        self._transport = None

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > MOST_BYTES + MOST_COMMAND:
            self._say("552 5.3.4 That is more than the sandbox takes")
            self._close()
        elif not self._committing:
            self._advance()

    def _advance(self) -> None:
        """Take in all that can be: bodies and commands, in the order they came."""
        while self._transport is not None and not self._committing:
            if not (self._take_body() if self._reading_body else self._take_command()):
                return

    def _take_command(self) -> bool:
        end = self._buffer.find(b"\n")
        if end < 0 or end > MOST_COMMAND:
            if len(self._buffer) > MOST_COMMAND:
                self._say("500 5.5.6 That line is too long")
                self._close()
            return False
        line = bytes(self._buffer[:end]).rstrip(b"\r")
        del self._buffer[: end + 1]
        self._obey(line)
        return True

    def _obey(self, line: bytes) -> None:
        verb, _, rest = line.partition(b" ")
        answers: dict[bytes, Callable[[bytes], str]] = {
            b"EHLO": self._hello,
            b"HELO": self._hello,
            b"MAIL": self._mail,
            b"RCPT": self._rcpt,
            b"DATA": self._data,
            b"RSET": self._rset,
            b"NOOP": lambda _: "250 2.0.0 Ok",
            b"QUIT": lambda _: "221 2.0.0 Bye",
        }
        answer = answers.get(verb.upper())
        self._say("502 5.5.1 The sandbox does not know that" if answer is None else answer(rest))
        if verb.upper() == b"QUIT":
            self._close()

    def _hello(self, rest: bytes) -> str:
        self._rset(b"")
        return "\r\n".join(_OFFERS)

    def _mail(self, rest: bytes) -> str:
        path = _PATH.fullmatch(rest)
        if path is None or not rest.upper().startswith(b"FROM:"):
            return "501 5.5.4 Syntax: MAIL FROM:<address>"
        if self._sender is not None:
            return "503 5.5.1 There is a sender already"
        self._sender = path[1].decode("utf-8", "replace")
        return "250 2.1.0 Ok"

    def _rcpt(self, rest: bytes) -> str:
        if self._sender is None:
            return "503 5.5.1 MAIL comes first"
        path = _PATH.fullmatch(rest)
        if path is None or not rest.upper().startswith(b"TO:") or b"@" not in path[1]:
            return "501 5.1.3 Syntax: RCPT TO:<address>"
        recipient = path[1].decode("utf-8", "replace")
        refusal = refusal_of(recipient)
        if refusal is None:
            self._recipients.append(recipient)
        return refusal or "250 2.1.5 Ok"

    def _data(self, rest: bytes) -> str:
        if not self._recipients:
            return "503 5.5.1 No valid recipients"
        self._reading_body = True
        self._buffer[:0] = b"\r\n"  # so that a lone dot at once ends the body like any other
        self._searched = 0
        return "354 End with a dot on a line of its own"

    def _rset(self, rest: bytes) -> str:
        self._sender, self._recipients = None, []
        return "250 2.0.0 Ok"

    def _take_body(self) -> bool:
        end = self._buffer.find(_END, self._searched)
        if end < 0:
            self._searched = max(0, len(self._buffer) - len(_END) + 1)
            return False
        body = bytes(self._buffer[: end + 2]).replace(b"\r\n.", b"\r\n")[2:]
        del self._buffer[: end + len(_END)]
        self._reading_body, self._committing = False, True
        self._store(body)
        return True

    def _store(self, raw: bytes) -> None:
        now, sender = self._clock(), self._sender or ""
        subject, message_id = header(raw, b"Subject"), header(raw, b"Message-ID")
        recipients = self._recipients
        numbers: list[int | None] = []

        def committed(no: int | None) -> None:
            numbers.append(no)
            if len(numbers) == len(recipients):
                self._acknowledge(numbers)

        for recipient in recipients:
            mail = NewMail(now, sender, recipient, subject, message_id, raw)
            self._committer.add(mail, committed)

    def _acknowledge(self, numbers: Sequence[int | None]) -> None:
        self._committing = False
        self._rset(b"")
        if None in numbers:
            self._say("452 4.3.1 The sandbox could not store that")
        else:
            self._say(f"250 2.0.0 Ok: queued as {numbers[0]}")
        self._advance()

    def _say(self, line: str) -> None:
        if self._transport is not None:
            self._transport.write(line.encode() + b"\r\n")

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None


def refusal_of(recipient: str) -> str | None:
    """The answer this recipient always gets, None if the sandbox takes the mail."""
    labels = recipient.rpartition("@")[2].lower().split(".")
    return REFUSING_DOMAINS.get(".".join(labels[-2:]))


def header(raw: bytes, name: bytes) -> str:
    """One header, unfolded and decoded; "" if it is absent. Never raises."""
    head = b"\r\n" + raw[: raw.find(b"\r\n\r\n") + 2]
    pattern = rb"\r\n" + re.escape(name) + rb":([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)"
    found = re.search(pattern, head, re.IGNORECASE)
    if found is None:
        return ""
    text = re.sub(rb"\r\n(?=[ \t])", b"", found[1]).decode("utf-8", "replace").strip()
    if "=?" not in text:
        return text
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, ValueError):
        return text
