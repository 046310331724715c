"""What is set, where each value comes from; the owner saves the sender and the mail server here.

A server is gone to before it is saved, and its password is never shown again. What a file or the
environment says wins over what is saved, and the page names it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.responses import Response

from drumbeat.bootstrap.databases import is_postgresql
from drumbeat.bootstrap.saving import (
    SAVED_HERE,
    MailServer,
    reach,
    read_mail_server,
    save_settings,
)
from drumbeat.bootstrap.settings import PREFIX
from drumbeat.bootstrap.sources import UNSET, sources_of
from drumbeat.interfaces.web.forms import text
from drumbeat.interfaces.web.visits import Visit
from drumbeat.interfaces.web.wording import instant
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import Conflict, InvalidInput
from drumbeat.marketing.senders import Sender, checked

_SENDER = ("sender_name", "sender_email", "postal_address")
_AT = "/settings"


@dataclass(frozen=True)
class Setting:
    label: str
    value: str
    name: str
    source: str


@dataclass(frozen=True)
class Shown:
    """What the page says besides: how a test went, what is wrong, and what was typed."""

    tried: str = ""
    problem: str = ""
    wrong: Mapping[str, str] | None = None
    typed: Mapping[str, str] | None = None


def show_settings(visit: Visit) -> Response:
    return _shown(visit, Shown())


def test_connection(visit: Visit) -> Response:
    """Go to the mail server as the engine would; nothing is sent."""
    visit.form()
    visit.actor.require(Scope.CAMPAIGNS_SEND)
    if not visit.drumbeat.settings.smtp_url:
        raise Conflict("No mail server is set: mail stays in the sandbox.")
    problem = visit.drumbeat.reach_mail_server()
    return _shown(visit, Shown(tried="bad" if problem else "good", problem=problem))


def save_sender(visit: Visit) -> Response:
    """Who mail comes from, where neither a file nor the environment says it."""
    form = visit.form()
    visit.actor.require(Scope.ACCOUNTS_WRITE)
    told = _told_elsewhere(visit)
    typed = {name: text(form, name) for name in _SENDER if name not in told}
    settings = visit.drumbeat.settings
    now = {name: typed.get(name, getattr(settings, name)) for name in _SENDER}
    try:
        sender = checked(Sender(now["sender_name"], now["sender_email"], now["postal_address"]))
        kept = {"sender_name": sender.name, "sender_email": sender.email}
        kept["postal_address"] = sender.postal_address
        save_settings(visit.drumbeat, visit.actor, {name: kept[name] for name in typed})
    except InvalidInput as error:
        field = error.field.removeprefix(PREFIX).lower()
        return _shown(visit, Shown(wrong={field: str(error)}, typed=typed), 422)
    return visit.go(_AT, "sender-saved")


def save_server(visit: Visit) -> Response:
    """Connect, encrypt and log in first; only a server that let us in is saved."""
    form = visit.form()
    visit.actor.require(Scope.ACCOUNTS_WRITE)
    if "smtp_url" in _told_elsewhere(visit):
        raise Conflict(f"{PREFIX}SMTP_URL is said elsewhere, which wins over what is saved here.")
    server = _server_of(form, read_mail_server(visit.drumbeat.mail_server))
    typed = {"host": server.host, "port": server.port, "user": server.user}
    typed["security"] = server.security
    try:
        url = server.url()
        problem = reach(url)
        if problem:
            return _shown(visit, Shown("unsaved", problem, typed=typed), 422)
        save_settings(visit.drumbeat, visit.actor, {"smtp_url": url})
    except InvalidInput as error:
        field = error.field if error.field in typed else "host"
        message = str(error).removeprefix(f"{PREFIX}SMTP_URL: ")
        return _shown(visit, Shown(wrong={field: message}, typed=typed), 422)
    return visit.go(_AT, "server-saved")


def back_to_sandbox(visit: Visit) -> Response:
    visit.form()
    visit.actor.require(Scope.ACCOUNTS_WRITE)
    save_settings(visit.drumbeat, visit.actor, {"smtp_url": ""})
    return visit.go(_AT, "sandbox-again")


def _server_of(form: FormData, known: MailServer) -> MailServer:
    """An empty password is the saved one, as long as it is for the same server and user."""
    host, port, user = (text(form, name) for name in ("host", "port", "user"))
    typed = form.get("password")
    password = typed if isinstance(typed, str) else ""
    if not password and (host, user) == (known.host, known.user):
        password = known.password
    return MailServer(host, port, text(form, "security"), user, password)


def _told_elsewhere(visit: Visit) -> dict[str, str]:
    """The settings that a file or the environment says: name → "DRUMBEAT_… in …"."""
    sources = sources_of(visit.drumbeat.told)
    found = {
        name: f"{PREFIX}{name.upper()} in {sources[PREFIX + name.upper()]}"
        for name in (*_SENDER, "smtp_url")
        if PREFIX + name.upper() in sources
    }
    forced = PREFIX + "MESSENGER"
    if forced in sources and visit.drumbeat.told.messenger == "sandbox":
        found.setdefault("smtp_url", f"{forced} in {sources[forced]}")
    return found


def _shown(visit: Visit, shown: Shown, status: int = 200) -> Response:
    with visit.look() as department:
        sender = department.senders.default_sender()
        now = department.office.clock()
    settings = visit.drumbeat.settings
    server = read_mail_server(visit.drumbeat.mail_server)
    known = {name: str(getattr(settings, name)) for name in _SENDER}
    known |= {"host": server.host, "port": server.port, "user": server.user}
    known |= {"security": server.security}
    return visit.page(
        "settings.html",
        status,
        sender=sender,
        groups=_groups(visit, instant(now)),
        told=_told_elsewhere(visit),
        smtp=bool(settings.smtp_url),
        value={**known, **(shown.typed or {})},
        has_password=bool(server.password),
        wrong=shown.wrong or {},
        tried=shown.tried,
        problem=shown.problem,
    )


def _groups(visit: Visit, now: str) -> list[tuple[str, str, list[Setting]]]:
    """By the key of their panel: title and rows."""
    settings, told = visit.drumbeat.settings, visit.drumbeat.told
    sources, pace = sources_of(told), visit.drumbeat.pace

    def row(label: str, value: str, name: str) -> Setting:
        full, field = f"{PREFIX}{name}", name.lower()
        saved = getattr(settings, field) != getattr(told, field)
        return Setting(label, value, full, SAVED_HERE if saved else sources.get(full, UNSET))

    server = visit.drumbeat.mail_server
    store = "PostgreSQL" if is_postgresql(settings) else "SQLite"
    return [
        (
            "sender",
            "Who mail comes from",
            [
                row("Name", settings.sender_name, "SENDER_NAME"),
                row("Address", settings.sender_email, "SENDER_EMAIL"),
                row("Postal address", settings.postal_address, "POSTAL_ADDRESS"),
            ],
        ),
        (
            "server",
            "How mail leaves",
            [
                row("Messenger", settings.messenger, "MESSENGER"),
                row("Mail server", server.address if server else "none", "SMTP_URL"),
                row("Messages a second", f"{pace:g}" if pace else "no limit", "RATE_PER_SECOND"),
                row("To one provider", settings.lane_rates or "no limit", "LANE_RATES"),
                row("Cost of a message", f"{settings.cost_per_email:g}", "COST_PER_EMAIL"),
            ],
        ),
        (
            "place",
            "Where it runs",
            [
                row("Readers reach us at", visit.drumbeat.office.public_url, "PUBLIC_URL"),
                row("Data folder", str(settings.home), "HOME"),
                row("Key", str(settings.key_file), "KEY_FILE"),
                row("Database", store, "DATABASE_URL"),
                row("Time", now, "CLOCK"),
            ],
        ),
    ]
