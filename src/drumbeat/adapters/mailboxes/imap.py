"""A bounce mailbox by IMAP (RFC 3501): read from where one was, in pieces that fit in memory.

The standard library's client, because it fetches a part of a mail: a hostile one has 50 MB.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from drumbeat.kit.errors import InvalidInput, ProviderFailed
from drumbeat.marketing.delivery.ports import FoundMail, MailboxMark

FIELD = "DRUMBEAT_BOUNCE_IMAP_URL"
EXAMPLE = "imaps://user:password@imap.example.com/INBOX"
MOST_BYTES = 1 << 20
BYTES_AT_ONCE = 2 << 20
_WINDOW = 5_000
_SECONDS = 30.0
_LOCAL = ("127.0.0.1", "::1", "localhost")

Security = Literal["none", "starttls", "tls"]


@dataclass(frozen=True, slots=True)
class ImapServer:
    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    ca_file: Path | None = None
    everything: bool = False
    """What lay there before the first look is read too: people's own mail may be among it."""

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"


def parse_imap_url(url: str) -> ImapServer:
    """Read `imaps://` or `imap://…?starttls=1`. Raises InvalidInput, without the password."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _wrong(f"it must be like {EXAMPLE}; special characters are written %XX") from None
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(asked.keys() - {"starttls", "ca_file", "read"})
    if parts.scheme not in ("imap", "imaps") or not host:
        raise _wrong(f"it must be like {EXAMPLE}")
    if unknown:
        raise _wrong(f"{unknown[0]!r} is not one of ca_file, read, starttls")
    if asked.get("read", "new") not in ("new", "all"):
        raise _wrong("read must be new or all")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not user or re.search(r"[\r\n\0]", user + password):
        raise _wrong("it must name a user and a password, of one line each")
    security: Security = "tls" if parts.scheme == "imaps" else "none"
    if security == "none" and asked.get("starttls") == "1":
        security = "starttls"
    if security == "none" and host not in _LOCAL and asked.get("starttls") != "0":
        raise _wrong(f"the password would travel to {host} in clear; use imaps:// or starttls=1")
    ca_file = Path(asked["ca_file"]) if asked.get("ca_file") else None
    folder = unquote(parts.path.strip("/")) or "INBOX"
    return ImapServer(
        host,
        port or (993 if security == "tls" else 143),
        security,
        user,
        password,
        folder,
        ca_file,
        everything=asked.get("read") == "all",
    )


def _wrong(what: str) -> InvalidInput:
    return InvalidInput(f"{FIELD}: {what}.", field=FIELD)


@dataclass(frozen=True)
class ImapMailbox:
    server: ImapServer

    @property
    def name(self) -> str:
        return f"{self.server.user}@{self.server.address}/{self.server.folder}"

    @contextmanager
    def open(self) -> Iterator["Opened"]:
        """Raises ProviderFailed that names the server, and says what it answered."""
        client = None
        try:
            client = self._connect()
            self._log_in(client)
            yield Opened(self.server, client)
        except (OSError, imaplib.IMAP4.error, EOFError) as error:
            raise self._failed(error) from None
        finally:
            if client is not None:
                with suppress(OSError, imaplib.IMAP4.error):
                    client.logout()

    def _connect(self) -> imaplib.IMAP4:
        server = self.server
        if server.security == "tls":
            context = self._context()
            return imaplib.IMAP4_SSL(
                server.host, server.port, ssl_context=context, timeout=_SECONDS
            )
        client = imaplib.IMAP4(server.host, server.port, timeout=_SECONDS)
        if server.security == "starttls":
            client.starttls(self._context())
        return client

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.server.ca_file)

    def _log_in(self, client: imaplib.IMAP4) -> None:
        server = self.server
        if "AUTH=PLAIN" in client.capabilities:
            secret = f"\0{server.user}\0{server.password}".encode()
            client.authenticate("PLAIN", lambda _: secret)
        else:
            client.login(_quoted(server.user), server.password)

    def _failed(self, error: Exception) -> ProviderFailed:
        words = str(error).strip("b'\"") or type(error).__name__
        if self.server.password:
            words = words.replace(self.server.password, "…")
        return ProviderFailed(f"{self.server.address}: {words[:200]}", permanent=False)


@dataclass(frozen=True)
class Opened:
    server: ImapServer
    client: imaplib.IMAP4

    def read(self, mark: MailboxMark | None, limit: int) -> FoundMail:
        validity, end = self._select()
        if mark is None and not self.server.everything:
            return FoundMail((), MailboxMark(validity, end - 1))
        last = mark.last_uid if mark is not None and mark.validity == validity else 0
        while last + 1 < end:
            high = min(last + _WINDOW, end - 1)
            uids = self._search(last + 1, high)[:limit]
            if not uids:
                last = high
                continue
            mails, read_to = self._fetch_some(uids)
            return FoundMail(tuple(mails), MailboxMark(validity, read_to))
        return FoundMail((), MailboxMark(validity, last))

    def _fetch_some(self, uids: Sequence[int]) -> tuple[list[tuple[int, bytes]], int]:
        """As many as one unit keeps in short, one at least, and the number of the last."""
        mails: list[tuple[int, bytes]] = []
        size, last = 0, uids[0]
        for last in uids:
            raw = self._fetch(last)
            if raw is not None:
                mails.append((last, raw))
                size += len(raw)
            if size >= BYTES_AT_ONCE:
                break
        return mails, last

    def mark_seen(self, uids: Sequence[int]) -> None:
        if uids:
            numbers = ",".join(map(str, uids))
            self._told(*self.client.uid("STORE", numbers, "+FLAGS.SILENT", "(\\Seen)"))

    def _select(self) -> tuple[int, int]:
        """(UIDVALIDITY, UIDNEXT) as they are now."""
        self._told(*self.client.select(_quoted(self.server.folder)))
        validity = self._number("UIDVALIDITY")
        return validity, self._number("UIDNEXT")

    def _number(self, name: str) -> int:
        data = self.client.response(name)[1]
        if not data or not isinstance(data[0], bytes) or not data[0].isdigit():
            raise self.client.error(f"the server does not tell {name}")
        return int(data[0])

    def _search(self, low: int, high: int) -> list[int]:
        data = self._told(*self.client.uid("SEARCH", f"UID {low}:{high}"))
        words = data[0].split() if data and isinstance(data[0], bytes) else []
        return sorted(int(word) for word in words if low <= int(word) <= high)

    def _fetch(self, uid: int) -> bytes | None:
        """None if it was taken away meanwhile."""
        wanted = f"(BODY.PEEK[]<0.{MOST_BYTES}>)"
        data = self._told(*self.client.uid("FETCH", str(uid), wanted))
        return next((bytes(each[1]) for each in data if isinstance(each, tuple)), None)

    def _told(self, status: str, data: Sequence[object]) -> Sequence[object]:
        if status != "OK":
            raise self.client.error(f"the server says {status}: {str(data)[:120]}")
        return data


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
