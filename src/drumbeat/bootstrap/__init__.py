"""The composition root: the only place that reads settings and picks adapters."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from drumbeat.bootstrap.databases import open_database
from drumbeat.bootstrap.saving import with_saved
from drumbeat.bootstrap.settings import Settings, read_settings
from drumbeat.kit.actor import GATEKEEPER, SYSTEM_ACCOUNTS, SYSTEM_UPKEEP, Actor
from drumbeat.kit.clock import Clock, utc_now
from drumbeat.kit.errors import DrumbeatError
from drumbeat.marketing.department import Department, Office
from drumbeat.storage.database import Database
from drumbeat.storage.files import SealedFiles

if TYPE_CHECKING:
    from drumbeat.adapters.egress import Egress
    from drumbeat.marketing.delivery.ports import Carrier, SandboxInbox
    from drumbeat.storage.mail_folder import MailFolder

__all__ = ["Drumbeat", "Settings", "open_drumbeat", "open_folder", "read_settings"]


@dataclass(frozen=True)
class Drumbeat:
    """An open data folder: units of work for whoever asks, and the adapters the settings name.

    `settings` are those in force: as they were `told`, and what was `saved` (its revision).
    """

    home: Path
    database: Database
    office: Office
    settings: Settings = field(default_factory=lambda: Settings(Path(), Path()))
    told: Settings = field(default_factory=lambda: Settings(Path(), Path()))
    saved: str = ""

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

    def renew(self) -> None:
        """Take up the settings that were saved since: sender, mail server, and what follows."""
        with self.look(SYSTEM_UPKEEP) as department:
            saved, revision = department.connections.saved(), department.connections.revision()
        settings = with_saved(self.told, saved)
        # Whoever holds this house goes on with it; each of these is replaced in one step.
        object.__setattr__(self, "settings", settings)
        object.__setattr__(self, "office", _told(self.office, settings))
        object.__setattr__(self, "saved", revision)
        self.__dict__.pop("carrier", None)

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

    def reach_mail_server(self) -> str:
        """Why the mail server that is set cannot be used, in words; "" when it can."""
        from drumbeat.adapters.messengers.smtp import parse_smtp_url, reach

        return reach(parse_smtp_url(self.settings.smtp_url or ""))

    @cached_property
    def egress(self) -> "Egress":
        """Every HTTP request that leaves the house goes through this; see its two doors."""
        from drumbeat.adapters.egress import Egress, origin_of

        told = (self.settings.public_url, self.settings.url)
        return Egress(frozenset(origin_of(url) for url in told if url))

    def reach_public_url(self) -> str:
        """Why readers' clicks and unsubscribes do not reach this house, in words; "" if they do."""
        url = f"{self.settings.public_url}/healthz"
        try:
            answer = self.egress.ask_named(url)
        except DrumbeatError as error:
            return str(error)
        told = answer.status == 200 and b'"status":"ok"' in answer.content
        return "" if told else f"{url} answers {answer.status}, and not as Drumbeat does"

    def close(self) -> None:
        if "_mail_folder" in self.__dict__:
            self._mail_folder.close()
        self.database.close()


UNTOLD_RATE = 10.0
"""Below the 14 a second that a new account of a large provider is allowed."""


def open_drumbeat(settings: Settings) -> Drumbeat:
    """Open the folder and the database that the settings name; empty ones are initialised.

    Raises Conflict if there is data and its key is missing or another one.
    """
    database, keys = open_database(settings)
    files = SealedFiles(settings.home / "files", keys.derive("files"))
    office = _told(Office(settings.make_clock(), keys, files), settings)
    drumbeat = Drumbeat(settings.home, database, office, settings, settings)
    drumbeat.renew()
    return drumbeat


def _told(office: Office, settings: Settings) -> Office:
    """The office as the settings want it; what it has counted already stays with it."""
    return replace(
        office,
        public_url=settings.public_url or f"http://{settings.host}:{settings.port}",
        sender_email=settings.sender_email,
        sender_name=settings.sender_name,
        postal_address=settings.postal_address,
        cost_per_email=settings.cost_per_email,
        simulated=settings.simulated,
        real_messenger=settings.messenger != "sandbox",
    )


def open_folder(
    home: Path, key_file: Path, *, clock: Clock = utc_now, database_url: str | None = None
) -> Drumbeat:
    """Open a data folder with every other setting at its default."""
    settings = Settings(home, key_file, database_url=database_url)
    database, keys = open_database(settings)
    office = Office(clock, keys, SealedFiles(home / "files", keys.derive("files")))
    drumbeat = Drumbeat(home, database, office, settings, settings)
    drumbeat.renew()
    return drumbeat


def _is_loopback(smtp_url: str) -> bool:
    from drumbeat.adapters.messengers.smtp import parse_smtp_url

    host = parse_smtp_url(smtp_url).host
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
