"""drumbeat accounts: who may come in, the keys of programs, sessions, and who changed what."""

from datetime import datetime
from itertools import islice
from typing import Annotated

from cyclopts import App, Parameter

from drumbeat.bootstrap.settings import read_settings
from drumbeat.interfaces.cli.answers import print_json, print_rows, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.cli.paths import path_of
from drumbeat.interfaces.sdk.client import JsonObject
from drumbeat.kit.clock import parse_instant
from drumbeat.kit.errors import InvalidInput

app = App(name="accounts", help="People, their roles, and keys for programs that call Drumbeat.")

ROLES = "owner, marketer, analyst or viewer"


@app.command
def list_people(*, json: Json = False) -> int:
    """List everybody with an account."""
    return _list("/accounts/people", "people", ("email", "name", "role", "password"), json)


@app.command
def add_person(
    email: str,
    *,
    role: Annotated[str, Parameter(help=ROLES)],
    name: Annotated[str, Parameter(help="Default: the address.")] = "",
    json: Json = False,
) -> int:
    """Make an account and print the invitation that lets them choose a password."""
    with client() as house:
        answer = house.post("/accounts/people", {"email": email, "role": role, "name": name})
    return _tell_invitation(answer, json)


@app.command
def invite(person: str, *, json: Json = False) -> int:
    """Print a fresh invitation, also for who forgot the password; earlier ones end."""
    with client() as house:
        answer = house.post(path_of("/accounts/people/{}/invitation", person))
    return _tell_invitation(answer, json)


@app.command
def change_role(
    person: str, role: Annotated[str, Parameter(help=ROLES)], *, json: Json = False
) -> int:
    """Give somebody, by address or id, another role; their sessions end."""
    with client() as house:
        answer = house.put(path_of("/accounts/people/{}", person), {"role": role})
    if json:
        print_json(answer)
    else:
        say(f"{answer['name']} is {answer['role']} now.")
    return 0


@app.command
def remove_person(person: str, *, json: Json = False) -> int:
    """End somebody's account, by address or id: sessions, links, keys and password."""
    with client() as house:
        answer = house.delete(path_of("/accounts/people/{}", person))
    if json:
        print_json(answer)
    else:
        say(f"{answer['name']} has no account any more.")
    return 0


@app.command
def list_keys(*, json: Json = False) -> int:
    """List valid keys, without their secrets."""
    columns = ("label", "person", "scopes", "created_at", "expires_at")
    return _list("/accounts/keys", "keys", columns, json)


@app.command
def add_key(
    label: str,
    *,
    scopes: Annotated[
        list[str] | None,
        Parameter(consume_multiple=True, negative="", help="Default: all of yours."),
    ] = None,
    expires: Annotated[datetime | None, Parameter(help="Default: never.")] = None,
    json: Json = False,
) -> int:
    """Make an API key and print it, this once; use it as DRUMBEAT_API_KEY."""
    body: JsonObject = {"label": label}
    if scopes:
        body["scopes"] = [scope for given in scopes for scope in given.split(",")]
    if expires is not None:
        body["expires"] = parse_instant(expires.isoformat(), field="--expires").isoformat()
    with client() as house:
        answer = house.post("/accounts/keys", body)
    if json:
        print_json(answer)
    else:
        say(f"This key named {label!r} is shown only now:")
        print_alone(str(answer["key"]))
    return 0


@app.command
def remove_key(label: str, *, json: Json = False) -> int:
    """End every key with this label, at once."""
    with client() as house:
        answer = house.delete(path_of("/accounts/keys/{}", label))
    if json:
        print_json(answer)
    else:
        say(f"The key {label!r} no longer works.")
    return 0


@app.command
def sign_in_link(*, json: Json = False) -> int:
    """Print a link that signs the owner in once, within ten minutes; only on this machine."""
    settings = read_settings()
    if settings.url:
        message = "A sign-in link is made on the machine of the house: unset DRUMBEAT_URL there."
        raise InvalidInput(message, field="DRUMBEAT_URL")
    with client(settings) as house:
        answer = house.post("/accounts/sign-in-links")
    if json:
        print_json(answer)
    else:
        say("Sign in with this link, once, within ten minutes:")
        print_alone(str(answer["link"]))
    return 0


@app.command
def list_sessions(*, json: Json = False) -> int:
    """List the browsers you are signed in with."""
    columns = ("id", "label", "created_at", "expires_at")
    return _list("/accounts/sessions", "sessions", columns, json)


@app.command
def end_session(session_id: str, *, json: Json = False) -> int:
    """Sign a browser out."""
    with client() as house:
        answer = house.delete(path_of("/accounts/sessions/{}", session_id))
    if json:
        print_json(answer)
    else:
        say("That browser is signed out.")
    return 0


@app.command
def audit(
    *,
    subject: Annotated[str | None, Parameter(help="Only what happened to this id.")] = None,
    limit: Annotated[int, Parameter(help="How many entries, newest first.")] = 100,
    json: Json = False,
) -> int:
    """Show who changed what, newest first."""
    with client() as house:
        entries = house.pages("/accounts/audit", "entries", subject=subject)
        columns = ("at", "actor", "agent", "action", "subject", "detail")
        print_rows(islice(entries, max(limit, 0)), columns, as_json=json)
    return 0


def print_alone(secret: str) -> None:
    """Alone on stdout, ready for a pipe into a secret store."""
    import sys

    sys.stdout.write(secret + "\n")


def _tell_invitation(answer: JsonObject, json: bool) -> int:
    if json:
        print_json(answer)
    else:
        say(f"Send {answer['email']} this link; it works once, for seven days:")
        print_alone(str(answer["invitation"]))
    return 0


def _list(path: str, rows: str, columns: tuple[str, ...], json: bool) -> int:
    with client() as house:
        listed = list(house.pages(path, rows))
    print_rows(listed, columns, as_json=json)
    return 0
