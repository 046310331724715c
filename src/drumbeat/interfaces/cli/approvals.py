"""drumbeat approvals …: what waits for a person's yes or no."""

from cyclopts import App

from drumbeat.interfaces.cli.answers import print_json, print_rows, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.cli.moments import moment
from drumbeat.interfaces.cli.paths import path_of
from drumbeat.interfaces.sdk.client import JsonObject

app = App(name="approvals", help="Say yes or no to what waits for a person.")


@app.command(name="list")
def list_(*, json: Json = False) -> int:
    """List what waits for an answer now: what a yes will do, and who asked."""
    with client() as house:
        rows = list(house.pages("/approvals", "approvals"))
    print_rows(rows, ("approval_id", "asked_by", "asked_at", "effect"), as_json=json)
    if not rows and not json:
        say("Nothing waits for an answer.")
    return 0


@app.command
def show(approval_id: str, *, json: Json = False) -> int:
    """Show one question: what a yes will do, and what became of it."""
    with client() as house:
        answer = house.get(path_of("/approvals/{}", approval_id))
    return _told(answer, json=json)


@app.command
def approve(approval_id: str, *, json: Json = False) -> int:
    """Say yes to exactly what was asked; refused if its campaign was changed since."""
    with client() as house:
        answer = house.post(path_of("/approvals/{}/approve", approval_id))
    return _told(answer, json=json)


@app.command
def decline(approval_id: str, *, json: Json = False) -> int:
    """Say no; the campaign then waits for an edit."""
    with client() as house:
        answer = house.post(path_of("/approvals/{}/decline", approval_id))
    return _told(answer, json=json)


def _told(answer: JsonObject, *, json: bool) -> int:
    if json:
        print_json(answer)
        return 0
    say(f"{answer['approval_id']}  {answer['effect']}")
    decided = f" by {answer['decided_by']}" if answer["decided_by"] else ""
    asked = moment(answer["asked_at"])
    say(f"Asked by {answer['asked_by']} at {asked}; it is {answer['state']}{decided}.")
    campaign = answer["campaign"]
    assert isinstance(campaign, dict)
    say(f"Campaign {campaign['campaign_id']} is {campaign['status']}.")
    return 0
