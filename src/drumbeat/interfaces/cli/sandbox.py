"""drumbeat sandbox …: read the mail that never left the house."""

import sys
from typing import Annotated

from cyclopts import App, Parameter

from drumbeat.interfaces.cli.answers import print_json, print_rows
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.house import client

app = App(name="sandbox", help="Read the mail that arrived in the sandbox.")


@app.command(name="list")
def list_(
    *,
    to: Annotated[str | None, Parameter(help="Only mail to this address.")] = None,
    json: Json = False,
) -> int:
    """List the sandbox's mail, newest first."""
    with client() as house:
        rows = house.pages("/sandbox/messages", "messages", to=to, limit=500)
        print_rows(rows, ("no", "received_at", "to", "from", "subject"), as_json=json)
    return 0


@app.command
def show(
    number: int,
    *,
    raw: Annotated[bool, Parameter(negative="", help="The bytes that arrived.")] = False,
    json: Json = False,
) -> int:
    """Show one message of the sandbox."""
    with client() as house:
        mail = house.get(f"/sandbox/messages/{number}")
    if json:
        print_json(mail)
    elif raw:
        sys.stdout.write(str(mail["source"]))
    else:
        for name in ("from", "to", "subject", "received_at"):
            sys.stdout.write(f"{name}: {mail[name]}\n")
        sys.stdout.write(f"\n{mail['text'] or mail['html']}\n")
    return 0
