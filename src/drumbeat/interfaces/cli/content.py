"""drumbeat content …: the bytes a contact would be sent."""

import sys

from cyclopts import App

from drumbeat.interfaces.cli.answers import print_json, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.house import client

app = App(name="content", help="See what will be sent.")


@app.command
def show(campaign_id: str, *, json: Json = False) -> int:
    """Show what each variant of a campaign says, what checks found, and where its links lead."""
    with client() as house:
        answer = house.get(f"/campaigns/{campaign_id}/content")
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
def preview(campaign_id: str, *, contact: str, variant: int = 0) -> int:
    """Print the production bytes that one contact would be sent."""
    with client() as house:
        path = f"/campaigns/{campaign_id}/preview"
        sys.stdout.buffer.write(house.get_bytes(path, contact=contact, variant=variant))
    return 0
