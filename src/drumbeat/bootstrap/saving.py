"""Settings that a person saves in the house: which they are, and what wins over them.

A saved value counts where neither a file nor the environment says anything. Where mail goes is not
moved under mail that is on its way: its yes was a yes to the place it was said for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from drumbeat.bootstrap.settings import PREFIX, Settings, checked_line
from drumbeat.bootstrap.sources import sources_of
from drumbeat.kit.actor import SYSTEM_UPKEEP, Actor
from drumbeat.kit.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from drumbeat.bootstrap import Drumbeat

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
    password: str = ""

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


def read_mail_server(url: str | None) -> MailServer:
    """What a form shows of the server that is set."""
    from drumbeat.adapters.messengers.smtp import parse_smtp_url

    if not url:
        return MailServer("", "", "starttls")
    server = parse_smtp_url(url)
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


def save_settings(drumbeat: "Drumbeat", actor: Actor, values: Mapping[str, str]) -> None:
    """Keep the values and take them up. Raises InvalidInput, NotPermitted, or Conflict while mail
    is on its way and would go somewhere else from then on."""
    from drumbeat.marketing.campaigns import State

    with drumbeat.look(SYSTEM_UPKEEP) as department:
        wanted = {**department.connections.saved(), **values}
    kept = {name: value for name, value in wanted.items() if value}
    messenger = with_saved(drumbeat.told, kept).messenger
    with drumbeat.begin(actor) as department:
        department.connections.save(values)
        if messenger != drumbeat.settings.messenger:
            states = department.campaigns.count_states()
            under_way = sum(
                states.get(state, 0) for state in (State.SCHEDULED, State.SENDING, State.PAUSED)
            )
            if under_way:
                raise Conflict(
                    f"{under_way} campaign(s) are on their way: wait for their end or cancel them "
                    "before mail goes somewhere else."
                )
    drumbeat.renew()
