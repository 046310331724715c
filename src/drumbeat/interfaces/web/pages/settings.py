"""What is set, where each value comes from, and whether the mail server can be reached.

Settings live in files and the environment; this page shows them and changes none.
"""

from dataclasses import dataclass

from starlette.responses import Response

from drumbeat.bootstrap.sources import UNSET, sources_of
from drumbeat.interfaces.web.visits import Visit
from drumbeat.interfaces.web.wording import instant
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import Conflict


@dataclass(frozen=True)
class Setting:
    label: str
    value: str
    name: str
    source: str


def show_settings(visit: Visit) -> Response:
    return _shown(visit)


def test_connection(visit: Visit) -> Response:
    """Go to the mail server as the engine would; nothing is sent."""
    visit.form()
    visit.actor.require(Scope.CAMPAIGNS_SEND)
    if not visit.drumbeat.settings.smtp_url:
        raise Conflict("No mail server is set: mail stays in the sandbox.")
    problem = visit.drumbeat.reach_mail_server()
    return _shown(visit, tried="bad" if problem else "good", problem=problem)


def _shown(visit: Visit, tried: str = "", problem: str = "") -> Response:
    with visit.look() as department:
        sender = department.senders.default_sender()
        now = department.office.clock()
    settings = visit.drumbeat.settings
    return visit.page(
        "settings.html",
        sender=sender,
        groups=_groups(visit, instant(now)),
        smtp=bool(settings.smtp_url),
        tried=tried,
        problem=problem,
    )


def _groups(visit: Visit, now: str) -> list[tuple[str, list[Setting]]]:
    settings, sources = visit.drumbeat.settings, sources_of(visit.drumbeat.settings)
    pace = visit.drumbeat.pace

    def row(label: str, value: str, name: str) -> Setting:
        full = f"DRUMBEAT_{name}"
        return Setting(label, value, full, sources.get(full, UNSET))

    server = ":".join(map(str, visit.drumbeat.mail_server())) if settings.smtp_url else "none"
    store = "PostgreSQL" if (settings.database_url or "").startswith("postgres") else "SQLite"
    return [
        (
            "Who mail comes from",
            [
                row("Name", settings.sender_name, "SENDER_NAME"),
                row("Address", settings.sender_email, "SENDER_EMAIL"),
                row("Postal address", settings.postal_address, "POSTAL_ADDRESS"),
            ],
        ),
        (
            "How mail leaves",
            [
                row("Messenger", settings.messenger, "MESSENGER"),
                row("Mail server", server, "SMTP_URL"),
                row("Messages a second", f"{pace:g}" if pace else "no limit", "RATE_PER_SECOND"),
                row("Cost of a message", f"{settings.cost_per_email:g}", "COST_PER_EMAIL"),
            ],
        ),
        (
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
