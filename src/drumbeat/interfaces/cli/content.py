"""drumbeat content …: the bytes a contact would be sent."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from drumbeat.interfaces.cli.answers import print_json, say
from drumbeat.interfaces.cli.campaigns import Json, read_request
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.cli.paths import path_of
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
        say(f"Variant {arm['variant']}: {arm['subject_line']}")
        say(f"  from {arm['sender_name']} <{arm['sender_email']}>")
    for link in links:
        say(f"Link {link['link_no']}: {link['url']}")
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
    variant: int = 0,
    json: Json = False,
) -> int:
    """Print the production bytes that one contact would be sent; of a file nothing is saved."""
    file = Path(campaign)
    if campaign.startswith("cmp_") or not file.is_file():
        if contact is None:
            raise InvalidInput("Name the contact: --contact ADDRESS.", field="contact")
        with client() as house:
            path = path_of("/campaigns/{}/preview", campaign)
            sys.stdout.buffer.write(house.get_bytes(path, contact=contact, variant=variant))
        return 0
    asked = read_request(file) | {"variant": variant, "contact": contact}
    with client() as house:
        answer = house.post("/content/preview", asked)
    if json:
        print_json(answer)
        return 0
    sys.stdout.write(str(answer["message"]))
    missing, checks = answer["missing"], answer["checks"]
    assert isinstance(missing, list)
    assert isinstance(checks, list)
    for each in missing:
        say(f"{each['field']}, line {each['line']}: the contact has no {each['name']!r}.")
    for check in checks:
        say(f"{str(check['level']).capitalize()}: {check['message']}")
    return 0
