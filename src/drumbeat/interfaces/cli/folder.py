"""drumbeat init, doctor and status: the data folder itself."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from drumbeat.bootstrap.settings import Settings, read_settings
from drumbeat.interfaces.cli.answers import print_findings, print_json, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.local import answers, socket_of
from drumbeat.kit.errors import DrumbeatError, InvalidInput
from drumbeat.storage.checking import Finding

if TYPE_CHECKING:
    from drumbeat.bootstrap import Drumbeat

LOW_DISK = 1 << 30
MOST_PASSWORD = 4_096


def init(
    *,
    owner: Annotated[str | None, Parameter(help="The owner's email address.")] = None,
    name: Annotated[str, Parameter(help="The owner's name; default: the address.")] = "",
    password_stdin: Annotated[
        bool, Parameter(negative="", help="Read the owner's password from stdin.")
    ] = False,
    json: Json = False,
) -> int:
    """Make the data folder, its key and its tables; what is there already stays as it is."""
    from drumbeat.bootstrap import open_drumbeat
    from drumbeat.bootstrap.databases import holds_house

    if password_stdin and owner is None:
        message = "Say whose password it is: --owner EMAIL --password-stdin."
        raise InvalidInput(message, field="--owner")
    password = _read_password() if password_stdin else None
    settings = read_settings()
    fresh = not holds_house(settings)
    drumbeat = open_drumbeat(settings)
    try:
        found = _found(drumbeat, owner, name, password)
    finally:
        drumbeat.close()
    answer = {
        "home": str(settings.home),
        "key_file": str(settings.key_file),
        "created": fresh,
        **found,
    }
    if json:
        print_json(answer)
    else:
        say(f"{'Made' if fresh else 'Found'} the data folder {settings.home}.")
        say(f"Its key is {settings.key_file}: keep a copy elsewhere, nothing opens without it.")
        way = "with their password" if found["password"] else "by the link `drumbeat serve` prints"
        say(f"Its owner is {found['owner']} and signs in {way}.")
    return 0


def _found(
    drumbeat: "Drumbeat", email: str | None, name: str, password: str | None
) -> dict[str, object]:
    from drumbeat.kit.actor import SYSTEM_ACCOUNTS
    from drumbeat.marketing.accounts import Newcomer, Role, hash_password

    drumbeat.owner()
    hash = None if password is None else hash_password(password, email=email or "")
    if email is not None and password is not None and _is_theirs(drumbeat, email, password):
        hash = None  # the same command once more
    with drumbeat.begin(SYSTEM_ACCOUNTS) as department:
        if email is None:
            owner = department.accounts.ensure_owner()
        else:
            owner, _ = department.signing_in.found(Newcomer(email, Role.OWNER, name), hash)
        having = department.people.list_with_password()
    return {"owner": owner.email, "name": owner.name, "password": owner.id in having}


def _is_theirs(drumbeat: "Drumbeat", email: str, password: str) -> bool:
    from drumbeat.kit.actor import SYSTEM_ACCOUNTS
    from drumbeat.marketing.accounts import Attempt, Visitor

    with drumbeat.begin(SYSTEM_ACCOUNTS) as department:
        attempt = department.signing_in.attempt(email, Visitor("this machine"))
    return isinstance(attempt, Attempt) and attempt.prove(password) is not None


def _read_password() -> str:
    """The first line of stdin; never an argument, which everybody on the machine could read."""
    line = sys.stdin.buffer.readline(MOST_PASSWORD).decode("utf-8", "replace")
    return line.rstrip("\r\n")


def status(*, json: Json = False) -> int:
    """Show totals over every campaign."""
    with client() as house:
        answer = house.get("/status")
        outages: list[dict[str, object]] = [] if json else house.get("/engine")["outages"]  # type: ignore[assignment]
    if json:
        print_json(answer)
        return 0
    for name, value in answer.items():
        sys.stdout.write(f"{name.replace('_', ' '):<28}{_shown(value)}\n")
    for each in outages:
        say(f"mail waits: {each['trouble']}; it is tried again at {each['tried_again_at']}")
    return 0


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{n:,} {name}" for name, n in value.items()) or "–"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return "–" if value is None else str(value)


def doctor(*, json: Json = False) -> int:
    """Check what a campaign needs: settings, database, disk, sender, mail, server, address."""
    return print_findings(list(_findings()), as_json=json)


def _findings() -> Iterator[Finding]:
    from drumbeat.bootstrap import open_drumbeat

    try:
        settings = read_settings()
    except DrumbeatError as error:
        yield Finding("settings", False, str(error))
        return
    try:
        drumbeat = open_drumbeat(settings)
    except (DrumbeatError, OSError) as error:
        yield Finding("settings", True, _told(settings))
        yield _finding("disk", partial(_check_disk, settings))
        yield Finding("database", False, str(error))
        return
    with closing(drumbeat):
        yield Finding("settings", True, _told(drumbeat.settings))
        yield _finding("disk", partial(_check_disk, settings))
        for name, check in _CHECKS.items():
            yield _finding(name, partial(check, drumbeat))


def _finding(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except (DrumbeatError, OSError) as error:
        return Finding(name, False, str(error))


def _check_disk(settings: Settings) -> str:
    free = shutil.disk_usage(settings.home if settings.home.exists() else "/").free
    if free < LOW_DISK:
        raise OSError(f"only {free >> 20} MB are free")
    return f"{free >> 30} GB free"


def _told(settings: Settings) -> str:
    return f"data in {settings.home}, messenger {settings.messenger}"


def _check_database(drumbeat: "Drumbeat") -> str:
    with drumbeat.look(drumbeat.owner()) as department:
        counts = department.audience.count_audience()
    return f"readable, {counts.contacts:,} contacts, {counts.subscribers:,} may be mailed"


def _check_sender(drumbeat: "Drumbeat") -> str:
    from drumbeat.marketing.senders import require_real

    with drumbeat.look(drumbeat.owner()) as department:
        sender = department.senders.default_sender()
    if drumbeat.office.real_messenger:
        require_real(sender)
    return f"{sender.name} <{sender.email}>"


def _check_mail(drumbeat: "Drumbeat") -> str:
    server = drumbeat.mail_server
    if server is None:
        return "the sandbox: nothing leaves this machine"
    if problem := drumbeat.reach_mail_server():
        raise OSError(problem)
    return f"{server.address} lets us in"


def _check_signing(drumbeat: "Drumbeat") -> str:
    from drumbeat.bootstrap.signing import told_keys

    signer = drumbeat.signer_of(drumbeat.office.sender_email)
    keys = signer.keys if signer else told_keys(drumbeat.settings)
    if not keys:
        return "no DKIM key: mail leaves unsigned, unless the mail server signs it"
    names = ", ".join(f"{key.dns_name} ({key.algorithm.value})" for key in keys)
    return f"signs as {names}" if signer else f"{names}; the sandbox gets unsigned mail"


def _check_provider(drumbeat: "Drumbeat") -> str:
    with drumbeat.look(drumbeat.owner()) as department:
        outage = department.connections.find_outage(drumbeat.provider)
    if outage is None:
        return "takes our mail"
    rest = outage.until - time.time()
    again = f"in {rest:,.0f} s" if rest > 0 else "with the next message"
    raise OSError(f"mail waits: {outage.trouble}; it is tried again {again}")


def _check_bounces(drumbeat: "Drumbeat") -> str:
    settings = drumbeat.settings
    if settings.return_path is None:
        return "no return path: bounces go to the sender"
    ways = []
    if settings.bounce_listen is not None:
        ways.append(f"received on {settings.bounce_listen} while the server runs")
    if settings.bounce_imap_url is not None:
        ways.append(f"fetched from {drumbeat.reach_bounce_mailbox()}")
    if not ways:
        ways.append("nobody fetches or receives them: see docs/bounces.md")
    return f"{settings.return_path}; {', '.join(ways)}"


def _check_server(drumbeat: "Drumbeat") -> str:
    running = answers(socket_of(drumbeat.home))
    return "a local server runs" if running else "no local server runs; commands open the folder"


def _check_public(drumbeat: "Drumbeat") -> str:
    url = drumbeat.settings.public_url
    if drumbeat.office.dead_links:
        raise OSError(
            f"mail would leave with links to {drumbeat.office.public_url}, which only this machine"
            " can reach: set DRUMBEAT_PUBLIC_URL"
        )
    if url is None:
        return "not set: links in mail lead to this machine"
    if not answers(socket_of(drumbeat.home)):
        return f"{url}; not asked, for no local server runs"
    if why := drumbeat.reach_public_url():
        raise OSError(f"links in mail lead nowhere: {why}")
    return f"{url} reaches this house"


_CHECKS: dict[str, Callable[["Drumbeat"], str]] = {
    "database": _check_database,
    "sender": _check_sender,
    "mail": _check_mail,
    "signing": _check_signing,
    "provider": _check_provider,
    "bounces": _check_bounces,
    "server": _check_server,
    "public": _check_public,
}
