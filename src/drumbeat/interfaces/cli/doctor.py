"""drumbeat doctor: what a campaign needs, looked at one by one, each with what to do about it.

Checks that look at one thing look at it once, and so never say different things of it.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property, partial

from drumbeat.bootstrap import Drumbeat
from drumbeat.bootstrap.settings import Settings, read_settings
from drumbeat.interfaces.cli.answers import print_findings
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.local import answers, socket_of
from drumbeat.interfaces.served_at import earlier_address
from drumbeat.kit.errors import DrumbeatError
from drumbeat.storage.checking import Finding

LOW_DISK = 1 << 30


class Broken(Exception):
    """What is wrong, and what to do about it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.mend = mend


@dataclass(frozen=True)
class Patient:
    """One open house, and what several checks ask of it."""

    drumbeat: Drumbeat

    @cached_property
    def mail_trouble(self) -> str:
        """Why the mail server cannot be used now; "" if it can, or if there is none."""
        return self.drumbeat.reach_mail_server()


def doctor(*, json: Json = False) -> int:
    """Check what a campaign needs: settings, database, disk, sender, mail, server, address."""
    return print_findings(list(_findings()), as_json=json)


def _findings() -> Iterator[Finding]:
    from drumbeat.bootstrap import open_drumbeat

    try:
        settings = read_settings()
    except DrumbeatError as error:
        yield Finding("settings", False, str(error), "Mend it where it is set: docs/settings.md.")
        return
    try:
        drumbeat = open_drumbeat(settings)
    except (DrumbeatError, OSError) as error:
        yield Finding("settings", True, _told(settings))
        yield _finding("disk", partial(_check_disk, settings), "")
        yield Finding("database", False, str(error), _MENDS["database"])
        return
    with closing(drumbeat):
        yield Finding("settings", True, _told(drumbeat.settings))
        yield _finding("disk", partial(_check_disk, settings), "")
        patient = Patient(drumbeat)
        for name, check in _CHECKS.items():
            yield _finding(name, partial(check, patient), _MENDS.get(name, ""))


def _finding(name: str, check: Callable[[], str], mend: str) -> Finding:
    try:
        return Finding(name, True, check())
    except Broken as broken:
        return Finding(name, False, str(broken), broken.mend)
    except (DrumbeatError, OSError) as error:
        return Finding(name, False, str(error), mend)


def _check_disk(settings: Settings) -> str:
    free = shutil.disk_usage(settings.home if settings.home.exists() else "/").free
    if free < LOW_DISK:
        raise Broken(f"only {free >> 20} MB are free", f"Make room on the disk of {settings.home}.")
    return f"{free >> 30} GB free"


def _told(settings: Settings) -> str:
    return f"data in {settings.home}, messenger {settings.messenger}"


def _check_database(patient: Patient) -> str:
    drumbeat = patient.drumbeat
    with drumbeat.look(drumbeat.owner()) as department:
        counts = department.audience.count_audience()
    return f"readable, {counts.contacts:,} contacts, {counts.subscribers:,} may be mailed"


def _check_sender(patient: Patient) -> str:
    from drumbeat.marketing.senders import require_real

    drumbeat = patient.drumbeat
    with drumbeat.look(drumbeat.owner()) as department:
        sender = department.senders.default_sender()
    if drumbeat.office.real_messenger:
        require_real(sender)
    who = f"{sender.name} <{sender.email}>"
    if not sender.placeholders:
        return who
    return f"{who}, a placeholder: for real mail set {', '.join(sender.placeholders)}"


def _check_mail(patient: Patient) -> str:
    server = patient.drumbeat.mail_server
    if server is None:
        return "the sandbox: nothing leaves this machine"
    if patient.mail_trouble:
        raise OSError(patient.mail_trouble)
    return f"{server.address} lets us in"


def _check_signing(patient: Patient) -> str:
    from drumbeat.bootstrap.signing import told_keys

    drumbeat = patient.drumbeat
    signer = drumbeat.signer_of(drumbeat.office.sender_email)
    keys = signer.keys if signer else told_keys(drumbeat.settings)
    if not keys:
        return "no DKIM key: mail leaves unsigned, unless the mail server signs it"
    names = ", ".join(f"{key.dns_name} ({key.algorithm.value})" for key in keys)
    return f"signs as {names}" if signer else f"{names}; the sandbox gets unsigned mail"


def _check_provider(patient: Patient) -> str:
    drumbeat = patient.drumbeat
    with drumbeat.look(drumbeat.owner()) as department:
        outage = department.connections.find_outage(drumbeat.provider)
    if outage is not None:
        rest = outage.until - time.time()
        again = f"in {rest:,.0f} s" if rest > 0 else "with the next message"
        raise OSError(f"mail waits: {outage.trouble}; it is tried again {again}")
    if drumbeat.mail_server is None:
        return "the sandbox takes our mail"
    if patient.mail_trouble:
        raise Broken("it cannot take our mail: it cannot be reached", "Mend `mail` above first.")
    return "takes our mail: nothing it refused is waiting"


def _check_bounces(patient: Patient) -> str:
    settings = patient.drumbeat.settings
    if settings.return_path is None:
        return "no return path: bounces go to the sender"
    ways = []
    if settings.bounce_listen is not None:
        ways.append(f"received on {settings.bounce_listen} while the server runs")
    if settings.bounce_imap_url is not None:
        ways.append(f"fetched from {patient.drumbeat.reach_bounce_mailbox()}")
    if not ways:
        ways.append("nobody fetches or receives them: see docs/bounces.md")
    return f"{settings.return_path}; {', '.join(ways)}"


def _check_server(patient: Patient) -> str:
    running = answers(socket_of(patient.drumbeat.home))
    return "a local server runs" if running else "no local server runs; commands open the folder"


def _check_public(patient: Patient) -> str:
    drumbeat = patient.drumbeat
    url = drumbeat.settings.public_url
    if drumbeat.office.dead_links:
        raise Broken(
            f"mail would leave with links to {drumbeat.office.public_url}, which only this machine"
            " can reach",
            "Set DRUMBEAT_PUBLIC_URL to the address where readers reach this house.",
        )
    running = answers(socket_of(drumbeat.home))
    if url is None:
        base = (running and earlier_address(drumbeat.home)) or drumbeat.office.public_url
        return f"not set: links in mail lead to this machine, to {base}"
    if not running:
        return f"{url}; not asked, for no local server runs"
    if why := drumbeat.reach_public_url():
        raise OSError(f"links in mail lead nowhere: {why}")
    return f"{url} reaches this house"


_CHECKS: dict[str, Callable[[Patient], str]] = {
    "database": _check_database,
    "sender": _check_sender,
    "mail": _check_mail,
    "signing": _check_signing,
    "provider": _check_provider,
    "bounces": _check_bounces,
    "server": _check_server,
    "public": _check_public,
}

# What to do when the check's own words do not say it.
_MENDS = {
    "database": "Look at DRUMBEAT_HOME and DRUMBEAT_KEY_FILE; `drumbeat db check` says more.",
    "sender": "Set it on the page Settings, or in the environment: docs/settings.md.",
    "mail": "Compare DRUMBEAT_SMTP_URL, or the page Settings, with what your mail provider says.",
    "signing": "See docs/senders.md.",
    "provider": "What waits is kept. If it goes on, ask the mail provider with these words.",
    "bounces": "Compare DRUMBEAT_BOUNCE_IMAP_URL with what your mail provider says.",
    "public": "Compare DRUMBEAT_PUBLIC_URL with the address where readers reach `drumbeat serve`.",
}
