"""Settings that a person saves in the house: which they are, and what wins over them.

A saved value counts where neither a file nor the environment says anything. Mail on its way is not
moved into the sandbox or out of it: its yes was a yes to the place it was said for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from drumbeat.bootstrap.settings import PREFIX, Settings, checked_line
from drumbeat.bootstrap.sources import sources_of
from drumbeat.kit.actor import SYSTEM_UPKEEP, Actor
from drumbeat.kit.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from drumbeat.adapters.messengers.smtp import SmtpServer
    from drumbeat.bootstrap import Drumbeat
    from drumbeat.marketing.department import Department

SAVED = ("sender_name", "sender_email", "postal_address", "smtp_url")
SAVED_HERE = "saved here"
_HOST = re.compile(r"[A-Za-z0-9_.:-]{1,255}")


@dataclass(frozen=True)
class MailServer:
    """A mail server as a form asks for it; `security` is none, starttls or tls."""

    host: str
    port: str
    security: str
    user: str = ""
    password: str = field(default="", repr=False)

    def url(self) -> str:
        """Raises InvalidInput naming the field of the form."""
        if not _HOST.fullmatch(self.host):
            raise InvalidInput("Name the server, such as mail.example.com.", field="host")
        if self.port and not (self.port.isascii() and self.port.isdigit()):
            raise InvalidInput("The port is a number from 1 to 65535.", field="port")
        if self.security not in ("none", "starttls", "tls"):
            raise InvalidInput("Choose how the connection is encrypted.", field="security")
        scheme = "smtps" if self.security == "tls" else "smtp"
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port else ""
        ending = "?starttls=1" if self.security == "starttls" else ""
        return f"{scheme}://{login}{host}{port}{ending}"


def read_mail_server(server: "SmtpServer | None") -> MailServer:
    """What a form shows of the server that is set."""
    if server is None:
        return MailServer("", "", "starttls")
    return MailServer(server.host, str(server.port), server.security, server.user, server.password)


def reach(url: str) -> str:
    """Why this mail server cannot be used, in words; "" when it can. Raises InvalidInput."""
    from drumbeat.adapters.messengers import smtp

    return smtp.reach(smtp.parse_smtp_url(url))


def with_saved(settings: Settings, saved: Mapping[str, str]) -> Settings:
    """The settings with what was saved, where nothing else says anything. Raises InvalidInput."""
    default = Settings(settings.home, settings.key_file)
    counts = {
        name: value
        for name, value in saved.items()
        if name in SAVED and getattr(settings, name) == getattr(default, name)
    }
    if PREFIX + "MESSENGER" in sources_of(settings):
        counts.pop("smtp_url", None)
    for name in counts.keys() & {"sender_name", "sender_email"}:
        checked_line(name.upper(), counts[name])
    messenger = {"messenger": "smtp"} if "smtp_url" in counts else {}
    return replace(settings, **counts, **messenger)  # type: ignore[arg-type]  # all are text


def server_of(settings: Settings) -> "SmtpServer | None":
    """Whom mail is handed to; None is the sandbox. Raises InvalidInput naming the setting."""
    from drumbeat.adapters.messengers.smtp import parse_smtp_url

    return parse_smtp_url(settings.smtp_url) if settings.smtp_url else None


def save_settings(drumbeat: "Drumbeat", actor: Actor, values: Mapping[str, str]) -> None:
    """Keep the values and take them up. Raises InvalidInput, NotPermitted, or Conflict while mail
    is on its way and would leave the sandbox, or end in it, from then on."""
    with drumbeat.begin(actor) as department:
        kept = replace(department, actor=SYSTEM_UPKEEP).connections
        before = with_saved(drumbeat.told, kept.saved())
        department.connections.save(values)
        after = with_saved(drumbeat.told, kept.saved())
        if before.messenger != after.messenger:
            _refuse_under_way(department)
    drumbeat.keep_up()


def _refuse_under_way(department: "Department") -> None:
    """One mail server may take over from another: both go to the readers that were approved."""
    from drumbeat.marketing.campaigns import State

    states = department.campaigns.count_states()
    under_way = sum(
        states.get(state, 0) for state in (State.SCHEDULED, State.SENDING, State.PAUSED)
    )
    if under_way:
        raise Conflict(
            f"{under_way} campaign(s) are on their way: wait for their end or cancel them "
            "before mail goes somewhere else."
        )
