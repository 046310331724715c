"""The composition root: the only place that reads settings and picks adapters."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from drumbeat.bootstrap.databases import open_database
from drumbeat.bootstrap.saving import server_of, with_saved
from drumbeat.bootstrap.settings import Settings, dns_place, read_lane_rates, read_settings
from drumbeat.bootstrap.signing import signer_of
from drumbeat.kit.actor import GATEKEEPER, PUBLIC_BOUNCES, SYSTEM_ACCOUNTS, SYSTEM_UPKEEP, Actor
from drumbeat.kit.clock import Clock, utc_now
from drumbeat.kit.errors import DrumbeatError, InvalidInput
from drumbeat.marketing.department import Department, Office
from drumbeat.storage.database import Connection, Database
from drumbeat.storage.files import SealedFiles

if TYPE_CHECKING:
    from drumbeat.adapters.egress import Egress
    from drumbeat.adapters.messengers.smtp import SmtpServer
    from drumbeat.marketing.delivery.ports import BounceMailbox, Carrier, SandboxInbox
    from drumbeat.marketing.senders.dkim import Signer
    from drumbeat.marketing.senders.ports import DomainRecords
    from drumbeat.storage.mail_folder import MailFolder

__all__ = ["Drumbeat", "InForce", "Settings", "open_drumbeat", "open_folder", "read_settings"]


@dataclass(frozen=True)
class InForce:
    """What counts now, replaced as a whole: the settings as told and saved, and what follows.

    `saved` is the revision of what was saved, `version` the database's when it was last compared.
    """

    settings: Settings
    office: Office
    saved: str = ""
    version: str = ""


@dataclass(eq=False)
class Drumbeat:
    """An open data folder: units of work for whoever asks, and the adapters the settings name.

    `told` are the settings without what was saved. Only `in_force` is ever assigned anew: whoever
    reads two things that belong together takes it once.
    """

    home: Path
    database: Database
    told: Settings
    in_force: InForce

    @property
    def settings(self) -> Settings:
        return self.in_force.settings

    @property
    def office(self) -> Office:
        return self.in_force.office

    @contextmanager
    def begin(self, actor: Actor) -> Iterator[Department]:
        """One writing unit: commits on return, rolls back on error; bounded to about 50 ms.

        It works with what was saved before it, by whomever.
        """
        version = self.database.version()
        with self.database.begin() as connection:
            yield Department(actor, connection, self._kept_up(connection, version).office)

    @contextmanager
    def begin_plain(self, actor: Actor) -> Iterator[Department]:
        """A writing unit for what depends on no setting: it does not look for those saved since.

        That look would cost the intake as much as recording twenty hits, sixty times a second.
        """
        with self.database.begin() as connection:
            yield Department(actor, connection, self.office)

    @contextmanager
    def look(self, actor: Actor) -> Iterator[Department]:
        """One consistent reading unit; writing inside it fails.

        What another process saved counts in it once `database.version` has moved.
        """
        version, now = self.database.version(), self.in_force
        with self.database.look() as connection:
            if version != now.version:
                now = self._kept_up(connection, version)
            yield Department(actor, connection, now.office)

    def keep_up(self) -> None:
        """Take up what was saved since, in whichever process; every writing unit does by itself."""
        version = self.database.version()
        with self.database.look() as connection:
            self._kept_up(connection, version)

    def _kept_up(self, connection: Connection, version: str) -> InForce:
        """`version` was asked for before: what is committed in between is looked for once more."""
        now = self.in_force
        connections = Department(SYSTEM_UPKEEP, connection, now.office).connections
        revision = connections.revision()  # first: a value that is newer than it is read again
        if revision != now.saved:
            settings = with_saved(self.told, connections.saved())
            now = InForce(settings, _told(now.office, settings), revision)
        self.in_force = now = replace(now, version=version)
        return now

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

    @property
    def carrier(self) -> "Carrier":
        """Who carries mail now: the sandbox, or the SMTP server that is set."""
        server = self.mail_server
        if server is not None:
            from drumbeat.adapters.messengers.smtp import SmtpCarrier

            return SmtpCarrier(server)
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
        settings = self.settings
        server = server_of(settings)
        if settings.rate_per_second is not None or server is None:
            return settings.rate_per_second
        return None if server.is_local else UNTOLD_RATE

    @property
    def lane_rates(self) -> dict[int, float]:
        """Messages a second that a group of mailbox providers takes, by the number of its lane."""
        from drumbeat.marketing.delivery import LANE_NAMES

        told = read_lane_rates(self.settings.lane_rates)
        return {LANE_NAMES.index(name): rate for name, rate in told.items()}

    @property
    def provider(self) -> str:
        """Whose pace and outages they are: one name for each login at each mail server."""
        server = server_of(self.settings)
        if server is None:
            return "sandbox"
        who = "\0".join((server.host, str(server.port), server.user, server.password))
        key = self.office.keys.derive("providers")
        return f"smtp {blake2b(who.encode(), key=key, digest_size=8).hexdigest()}"

    @property
    def mail_server(self) -> "SmtpServer | None":
        """Whom mail is handed to; None is the sandbox. Raises InvalidInput naming the setting."""
        return server_of(self.settings)

    def signer_of(self, sender_email: str) -> "Signer | None":
        """Who signs mail from this sender; None if it leaves unsigned. Raises InvalidInput."""
        return signer_of(self, sender_email)

    def reach_mail_server(self) -> str:
        """Why the mail server that is set cannot be used, in words; "" when it can, or is none."""
        from drumbeat.adapters.messengers.smtp import reach

        server = self.mail_server
        return "" if server is None else reach(server)

    @property
    def bounce_mailbox(self) -> "BounceMailbox | None":
        """Where bounces are fetched from, if that is set. Raises InvalidInput."""
        from drumbeat.adapters.mailboxes.imap import ImapMailbox, parse_imap_url

        url = self.settings.bounce_imap_url
        return None if url is None else ImapMailbox(parse_imap_url(url))

    def reach_bounce_mailbox(self) -> str:
        """The mailbox's name once it let us in. Raises InvalidInput, or ProviderFailed with why."""
        mailbox = self.bounce_mailbox
        if mailbox is None:
            return ""
        with mailbox.open() as opened:
            opened.read(None, 1)
        return mailbox.name

    @contextmanager
    def receiving_bounces(self) -> Iterator[int]:
        """Receive mail for our return paths, if that is set; yields the port, 0 without one.

        Raises InvalidInput or Conflict, naming the setting or the port.
        """
        listen = self.settings.bounce_listen
        if listen is None:
            yield 0
            return
        from drumbeat.adapters.mailboxes.receiver import Receiver, parse_listen
        from drumbeat.marketing.delivery import return_path_of

        returns = return_path_of(self.office)
        accepts = lambda address: returns.recipient_of(address) is not None  # noqa: E731
        with Receiver(parse_listen(listen), accepts, self._keep_bounces) as receiver:
            yield receiver.port

    def _keep_bounces(self, mails: Sequence[bytes]) -> None:
        from drumbeat.marketing.delivery import ArrivedMail, seal_mails

        arrived = (ArrivedMail(raw, "receiver") for raw in mails)
        sealed = seal_mails(arrived, self.office.keys)
        with self.begin(PUBLIC_BOUNCES) as department:
            department.bounces.take_in(sealed)

    @cached_property
    def egress(self) -> "Egress":
        """Every HTTP request that leaves the house goes through this; see its two doors."""
        from drumbeat.adapters.egress import Egress, origin_of

        told = (self.settings.public_url, self.settings.url)
        return Egress(frozenset(origin_of(url) for url in told if url))

    @property
    def name_servers(self) -> "DomainRecords":
        """Who is asked what a domain publishes."""
        from drumbeat.adapters.name_servers import NameServers

        server = self.settings.dns_server
        return NameServers(None if server is None else dns_place(server))

    def reach_public_url(self) -> str:
        """Why readers' clicks and unsubscribes do not reach this house, in words; "" if they do."""
        url = f"{self.settings.public_url}/healthz"
        try:
            answer = self.egress.ask_named(url)
        except DrumbeatError as error:
            return str(error)
        told = answer.status == 200 and b'"status":"ok"' in answer.content
        return "" if told else f"{url} answers {answer.status}, and not as Drumbeat does"

    def warm_up(self) -> None:
        """Open what a served house opens sooner or later, before somebody has to wait for it."""
        self.office.ducks.warm()
        if not self.office.real_messenger:
            self.sandbox.list_(1)
            self.sandbox.count()

    def close(self) -> None:
        if "_mail_folder" in self.__dict__:
            self._mail_folder.close()
        self.office.ducks.close()
        self.database.close()


UNTOLD_RATE = 10.0
"""Below the 14 a second that a new account of a large provider is allowed."""


def open_drumbeat(settings: Settings, clock: Clock | None = None) -> Drumbeat:
    """Open the folder and the database that the settings name; empty ones are initialised.

    Without `clock` it is the one the settings name. Raises Conflict if there is data and its key is
    missing or another one.
    """
    database, keys = open_database(settings)
    files = SealedFiles(settings.home / "files", keys.derive("files"))
    office = _told(Office(clock or settings.make_clock(), keys, files), settings)
    drumbeat = Drumbeat(settings.home, database, settings, InForce(settings, office))
    drumbeat.keep_up()
    return drumbeat


def _told(office: Office, settings: Settings) -> Office:
    """The office as the settings want it; what it has counted already stays with it."""
    public_url = settings.public_url or f"http://{settings.host}:{settings.port}"
    return replace(
        office,
        public_url=public_url,
        sender_email=settings.sender_email,
        sender_name=settings.sender_name,
        postal_address=settings.postal_address,
        return_path=settings.return_path or "",
        cost_per_email=settings.cost_per_email,
        hidden_link=settings.hidden_link,
        simulated=settings.simulated,
        retention_days=(
            settings.keep_unconfirmed_days,
            settings.keep_evidence_days,
            settings.keep_requests_days,
        ),
        real_messenger=settings.messenger != "sandbox",
        dead_links=_lead_nowhere(settings, public_url),
    )


def _lead_nowhere(settings: Settings, public_url: str) -> bool:
    """Whether mail goes out into the world with links to this machine alone."""
    try:
        server = server_of(settings)
    except InvalidInput:
        return False  # told when mail is handed over
    if server is None or server.is_local:
        return False
    from drumbeat.adapters.messengers.smtp import is_local

    return is_local(urlsplit(public_url).hostname or "")


def open_folder(
    home: Path, key_file: Path, *, clock: Clock = utc_now, database_url: str | None = None
) -> Drumbeat:
    """Open a data folder with every other setting at its default."""
    return open_drumbeat(Settings(home, key_file, database_url=database_url), clock)
