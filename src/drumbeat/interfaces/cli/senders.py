"""drumbeat senders …: the DKIM keys of the house, and what its domain should publish."""

from typing import Annotated

from cyclopts import App, Parameter

from drumbeat.interfaces.cli.answers import print_json, print_rows, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.sdk.client import JsonObject

app = App(name="senders", help="Be believed: keys that sign mail, and DNS records.")
dkim = App(name="dkim", help="The keys that sign mail.")
app.command(dkim)

Domain = Annotated[str | None, Parameter(help="Without it: the default sender's.")]


@dkim.command
def create(*, domain: Domain = None, json: Json = False) -> int:
    """Make a key of each kind; they sign once DNS shows them."""
    return _make("/senders/dkim", domain, json=json)


@dkim.command
def rotate(*, domain: Domain = None, json: Json = False) -> int:
    """Make new keys beside the old ones, which sign until DNS shows the new."""
    return _make("/senders/dkim/rotate", domain, json=json)


@dkim.command
def show(*, json: Json = False) -> int:
    """Show each key, whether it signs, and the record it wants."""
    with client() as house:
        answer = house.get("/senders/dkim")
    return _print_keys(answer, json=json)


@app.command
def records(*, json: Json = False) -> int:
    """Print what the sender's domain should publish, ready to copy."""
    with client() as house:
        answer = house.get("/senders/records")
    return _print_records(answer, json=json)


@app.command
def check(*, json: Json = False) -> int:
    """Ask DNS what the sender's domain publishes; a key that is found there signs from now on."""
    with client() as house:
        answer = house.post("/senders/records/check", {})
    return _print_records(answer, json=json)


def _make(path: str, domain: str | None, *, json: bool) -> int:
    with client() as house:
        answer = house.post(path, {"domain": domain})
    code = _print_keys(answer, json=json)
    say("Publish these records, then run `drumbeat senders check`: the keys wait for it.")
    return code


def _print_keys(answer: JsonObject, *, json: bool) -> int:
    if json:
        print_json(answer)
        return 0
    keys = answer["keys"]
    assert isinstance(keys, list)
    print_rows(keys, ("domain", "algorithm", "state", "record_name", "record_value"), as_json=False)
    return 0


def _print_records(answer: JsonObject, *, json: bool) -> int:
    if json:
        print_json(answer)
        return 0
    records = answer["records"]
    assert isinstance(records, list)
    if not records:
        say(
            "There is no domain yet: mail comes from the sandbox's placeholder. Set the sender "
            "first, on the page Settings or by DRUMBEAT_SENDER_EMAIL."
        )
        return 0
    print_rows(records, ("kind", "standing", "type", "name", "value", "message"), as_json=False)
    return 0
