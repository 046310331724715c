"""drumbeat content …: what a contact would be sent, as they read it or byte for byte."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from drumbeat.interfaces.cli.answers import print_json, say
from drumbeat.interfaces.cli.campaigns import Json, read_request
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.cli.letters import read_letter
from drumbeat.interfaces.cli.paths import path_of
from drumbeat.interfaces.cli.variants import Variant, letter_of, number_of
from drumbeat.interfaces.sdk.client import JsonObject
from drumbeat.kit.errors import InvalidInput

app = App(name="content", help="See what will be sent.")


@app.command
def show(campaign_id: str, *, json: Json = False) -> int:
    """Show what each variant of a campaign says, what checks found, and where its links lead."""
    with client() as house:
        answer = house.get(path_of("/campaigns/{}/content", campaign_id))
    if json:
        print_json(answer)
        return 0
    arms, links, checks = answer["arms"], answer["links"], answer["checks"]
    assert isinstance(arms, list)
    assert isinstance(links, list)
    assert isinstance(checks, list)
    for arm in arms:
        say(f"Variant {letter_of(arm['variant'])}: {arm['subject_line']}")
        say(f"  from {arm['sender_name']} <{arm['sender_email']}>")
    for number, link in enumerate(links, 1):
        say(f"Link {number}: {link['url']}")
    for check in checks:
        say(f"{str(check['level']).capitalize()}: {check['message']}")
    return 0


@app.command
def preview(
    campaign: Annotated[str, Parameter(help="Its id, or its file before it is created.")],
    *,
    contact: Annotated[
        str | None, Parameter(help="Their address; for a file also nobody in particular.")
    ] = None,
    variant: Variant = "A",
    raw: Annotated[bool, Parameter(negative="", help="The very bytes that would leave.")] = False,
    json: Json = False,
) -> int:
    """Print the mail that one contact would be sent, as they read it; a file is not saved by it."""
    number = number_of(variant)
    file = Path(campaign)
    if campaign.startswith("cmp_") or not file.is_file():
        if contact is None:
            raise InvalidInput("Name the contact: --contact ADDRESS.", field="contact")
        with client() as house:
            path = path_of("/campaigns/{}/preview", campaign)
            message = house.get_bytes(path, contact=contact, variant=number)
            said = {} if raw else house.get(path_of("/campaigns/{}/content", campaign))
        links = [str(each["url"]) for each in _list(said.get("links"))]
        return _print_mail(message, links, raw=raw, json=json)
    asked = read_request(file) | {"variant": number, "contact": contact}
    with client() as house:
        answer = house.post("/content/preview", asked)
    if json:
        print_json(answer)
        return 0
    links = [str(url) for url in answer["links"]]  # type: ignore[attr-defined]
    _print_mail(str(answer["message"]).encode(), links, raw=raw, json=False)
    checks = _list(answer["checks"])
    for each in _list(answer["missing"]):
        say(f"{each['field']}, line {each['line']}: the contact has no {each['name']!r}.")
    for check in checks:
        say(f"{str(check['level']).capitalize()}: {check['message']}")
    return 0


def _print_mail(message: bytes, links: list[str], *, raw: bool, json: bool) -> int:
    if json:
        print_json({"message": message.decode("utf-8", "replace"), "links": links})
    elif raw:
        sys.stdout.flush()
        sys.stdout.buffer.write(message)
    else:
        for line in read_letter(message, links):
            sys.stdout.write(line + "\n")
    return 0


def _list(value: object) -> list[JsonObject]:
    return value if isinstance(value, list) else []
