"""drumbeat init and status: the data folder itself."""

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from drumbeat.bootstrap.settings import read_settings
from drumbeat.interfaces.cli.answers import print_json, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.cli.moments import moment
from drumbeat.kit.errors import InvalidInput

if TYPE_CHECKING:
    from drumbeat.bootstrap import Drumbeat

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
        shown = moment(value) if name == "as_of" else _shown(value)
        sys.stdout.write(f"{_LABELS.get(name, name.replace('_', ' ')):<28}{shown}\n")
    for each in outages:
        say(f"mail waits: {each['trouble']}; it is tried again at {moment(each['tried_again_at'])}")
    return 0


_LABELS = {
    "improvement": "gain over a hold-out",
    "automation_share": "steps done by the engine",
}


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{n:,} {name}" for name, n in value.items()) or "–"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return "–" if value is None else str(value)
