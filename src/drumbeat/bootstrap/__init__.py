"""The composition root: the only place that reads settings and picks adapters."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from drumbeat.bootstrap.settings import Settings, read_settings
from drumbeat.kit.actor import GATEKEEPER, SYSTEM_ACCOUNTS, Actor
from drumbeat.kit.clock import Clock, utc_now
from drumbeat.marketing.department import Department, Office
from drumbeat.storage.database import Database, connect
from drumbeat.storage.files import SealedFiles
from drumbeat.storage.migrations import upgrade
from drumbeat.storage.secrets import KeyRing, create_key, load_key

if TYPE_CHECKING:
    from drumbeat.marketing.delivery.ports import Carrier, SandboxInbox
    from drumbeat.storage.mail_folder import MailFolder

__all__ = ["Drumbeat", "Settings", "open_drumbeat", "open_folder", "read_settings"]


@dataclass(frozen=True)
class Drumbeat:
    """An open data folder: units of work for whoever asks, and the adapters the settings name."""

    home: Path
    database: Database
    office: Office
    settings: Settings = field(default_factory=lambda: Settings(Path(), Path()))

    @contextmanager
    def begin(self, actor: Actor) -> Iterator[Department]:
        """One writing unit: commits on return, rolls back on error; bounded to about 50 ms."""
        with self.database.begin() as connection:
            yield Department(actor, connection, self.office)

    @contextmanager
    def look(self, actor: Actor) -> Iterator[Department]:
        """One consistent reading unit; writing inside it fails."""
        with self.database.look() as connection:
            yield Department(actor, connection, self.office)

    def owner(self) -> Actor:
        """The folder's owner, made on the first call."""
        with self.look(GATEKEEPER) as department:
            person = department.accounts.owner()
            if person is not None:
                return department.accounts.actor_of(person.person_no)
        with self.begin(SYSTEM_ACCOUNTS) as department:
            return department.accounts.actor_of(department.accounts.ensure_owner().person_no)

    @cached_property
    def sandbox(self) -> "SandboxInbox":
        """The mail that never left the house."""
        from drumbeat.adapters.messengers.sandbox import SandboxInbox

        return SandboxInbox(self._mail_folder)

    @cached_property
    def carrier(self) -> "Carrier":
        """Who carries mail: the sandbox, or the SMTP server that is set."""
        if self.settings.smtp_url:
            from drumbeat.adapters.messengers.smtp import SmtpCarrier, parse_smtp_url

            return SmtpCarrier(parse_smtp_url(self.settings.smtp_url))
        from drumbeat.adapters.messengers.sandbox import SandboxCarrier

        return SandboxCarrier(self._mail_folder, self.office.clock)

    @cached_property
    def _mail_folder(self) -> "MailFolder":
        from drumbeat.adapters.messengers.sandbox import open_mail_folder

        return open_mail_folder(self.home, self.office.keys.derive("sandbox"))

    @property
    def pace(self) -> float | None:
        """Messages a second; None is as fast as the carrier takes them.

        A real server that no rate was set for gets one that no provider refuses.
        """
        if self.settings.rate_per_second is not None or not self.settings.smtp_url:
            return self.settings.rate_per_second
        return None if _is_loopback(self.settings.smtp_url) else UNTOLD_RATE

    def mail_server(self) -> tuple[str, int]:
        """Host and port that mail is handed to; only with an SMTP messenger."""
        from drumbeat.adapters.messengers.smtp import parse_smtp_url

        server = parse_smtp_url(self.settings.smtp_url or "")
        return server.host, server.port

    def close(self) -> None:
        if "_mail_folder" in self.__dict__:
            self._mail_folder.close()
        self.database.close()


UNTOLD_RATE = 10.0
"""Below the 14 a second that a new account of a large provider is allowed."""


def open_drumbeat(settings: Settings) -> Drumbeat:
    """Open the folder that the settings name; an empty one is initialised.

    Raises Conflict if the folder has a database and its key is missing.
    """
    office = {
        "public_url": settings.public_url or f"http://{settings.host}:{settings.port}",
        "sender_email": settings.sender_email,
        "sender_name": settings.sender_name,
        "postal_address": settings.postal_address,
    }
    keys = _keys(settings.home, settings.key_file)
    files = SealedFiles(settings.home / "files", keys.derive("files"))
    clock = settings.make_clock()
    cost, simulated = settings.cost_per_email, settings.simulated
    made = Office(clock, keys, files, cost_per_email=cost, simulated=simulated, **office)
    return _open(settings.home, made, settings)


def open_folder(home: Path, key_file: Path, *, clock: Clock = utc_now) -> Drumbeat:
    """Open a data folder with every other setting at its default."""
    keys = _keys(home, key_file)
    office = Office(clock, keys, SealedFiles(home / "files", keys.derive("files")))
    return _open(home, office, Settings(home, key_file))


def _open(home: Path, office: Office, settings: Settings) -> Drumbeat:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = connect(home / "drumbeat.db", office.keys.derive("database"))
    upgrade(database)
    return Drumbeat(home, database, office, settings)


def _keys(home: Path, key_file: Path) -> KeyRing:
    """A new folder gets a new key; a folder with data never does, for it would be unreadable."""
    return load_key(key_file) if (home / "drumbeat.db").exists() else create_key(key_file)


def _is_loopback(smtp_url: str) -> bool:
    from drumbeat.adapters.messengers.smtp import parse_smtp_url

    host = parse_smtp_url(smtp_url).host
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
