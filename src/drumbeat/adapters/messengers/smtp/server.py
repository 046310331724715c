"""Which server mail is handed to, and how a DRUMBEAT_SMTP_URL names it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from drumbeat.kit.errors import InvalidInput

FIELD = "DRUMBEAT_SMTP_URL"
EXAMPLE = "smtp://user:password@mail.example.com:587?starttls=1&connections=10"
SETTINGS = frozenset({"connections", "starttls", "timeout", "ehlo", "ca_file"})
MOST_CONNECTIONS = 200

Security = Literal["none", "starttls", "tls"]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for each kind of answer.

    The last one is long because giving up early on a message that was accepted makes it uncertain
    (RFC 5321 § 4.5.3.2.6 asks for ten minutes; relays answer well within five).
    """

    connect: float = 15.0
    greeting: float = 60.0
    reply: float = 60.0
    acceptance: float = 300.0


@dataclass(frozen=True, slots=True)
class SmtpServer:
    host: str
    port: int
    security: Security = "none"
    user: str = ""
    password: str = field(default="", repr=False)
    connections: int = 10
    ehlo: str = ""
    ca_file: Path | None = None
    timeouts: Timeouts = Timeouts()

    @property
    def address(self) -> str:
        """How errors name the server."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether what is handed to it stays on this machine for now."""
        return is_local(self.host)


def parse_smtp_url(url: str) -> SmtpServer:
    """Read `smtp://` or `smtps://`. Raises InvalidInput, which never repeats the password."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("smtp", "smtps"):
        raise _wrong(f"it must begin with smtp:// or smtps://, for example {EXAMPLE}")
    host, port = _host_and_port(parts)
    settings = _settings(parts.query)
    security = _security(parts.scheme, settings)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if "\0" in user + password:
        raise _wrong("user and password must not contain NUL")
    if password and security == "none" and "starttls" not in settings and not is_local(host):
        raise _wrong(
            f"the password would travel to {host} in clear; add starttls=1 or use smtps://"
            " (or add starttls=0 if that network is yours)"
        )
    return SmtpServer(
        host=host,
        port=port or {"none": 25, "starttls": 587, "tls": 465}[security],
        security=security,
        user=user,
        password=password,
        connections=_connections(settings.get("connections", "10")),
        ehlo=_ehlo(settings.get("ehlo", "")),
        ca_file=_ca_file(settings.get("ca_file", "")),
        timeouts=_timeouts(settings.get("timeout", "")),
    )


def _wrong(what: str) -> InvalidInput:
    return InvalidInput(f"{FIELD}: {what}.", field=FIELD)


def _host_and_port(parts: SplitResult) -> tuple[str, int | None]:
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _wrong(
            "the port must be a number from 1 to 65535;"
            " special characters in user and password are written %XX"
        ) from None
    if not host:
        raise _wrong(f"it names no server, for example {EXAMPLE}")
    if port == 0:
        raise _wrong("the port must be a number from 1 to 65535")
    if parts.path not in ("", "/") or parts.fragment:
        raise _wrong(
            f"nothing may follow {host} but a port and ?settings;"
            " special characters in user and password are written %XX"
        )
    return host, port


def _settings(query: str) -> Mapping[str, str]:
    settings = dict(parse_qsl(query, keep_blank_values=True))
    unknown = sorted(settings.keys() - SETTINGS)
    if unknown:
        raise _wrong(f"{unknown[0]!r} is not one of {', '.join(sorted(SETTINGS))}")
    return settings


def _security(scheme: str, settings: Mapping[str, str]) -> Security:
    starttls = settings.get("starttls", "0")
    if starttls not in ("0", "1"):
        raise _wrong("starttls must be 1 or 0")
    if scheme == "smtps":
        if starttls == "1":
            raise _wrong("smtps:// is encrypted from the first byte; leave starttls=1 out")
        return "tls"
    return "starttls" if starttls == "1" else "none"


def _connections(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= MOST_CONNECTIONS):
        raise _wrong(f"connections must be a number from 1 to {MOST_CONNECTIONS}")
    return int(text)


def _ehlo(name: str) -> str:
    if not all(c.isascii() and (c.isalnum() or c in "-.:[]") for c in name):
        raise _wrong("ehlo must be a host name such as mail.example.com")
    return name


def _ca_file(name: str) -> Path | None:
    if not name:
        return None
    if not Path(name).is_file():
        raise _wrong(f"the ca_file {name} does not exist")
    return Path(name)


def _timeouts(text: str) -> Timeouts:
    if not text:
        return Timeouts()
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise _wrong("timeout must be a number of seconds, at most 3600")
    return Timeouts(seconds, seconds, seconds, seconds)


def is_local(host: str) -> bool:
    """Whether a host name or address means this machine; nobody is asked."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
