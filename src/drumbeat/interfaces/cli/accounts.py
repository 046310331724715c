"""drumbeat accounts: who may call, and with which keys."""

from datetime import datetime
from typing import Annotated

from cyclopts import App, Parameter

from drumbeat.interfaces.cli.answers import print_json, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.sdk.client import JsonObject
from drumbeat.kit.clock import parse_instant

app = App(name="accounts", help="Keys for programs that call Drumbeat.")


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
        print_key(str(answer["key"]))
    return 0


@app.command
def remove_key(label: str, *, json: Json = False) -> int:
    """End every key with this label, at once."""
    with client() as house:
        answer = house.delete(f"/accounts/keys/{label}")
    if json:
        print_json(answer)
    else:
        say(f"The key {label!r} no longer works.")
    return 0


def print_key(secret: str) -> None:
    """Alone on stdout, ready for a pipe into a secret store."""
    import sys

    sys.stdout.write(secret + "\n")
