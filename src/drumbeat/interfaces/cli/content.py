"""drumbeat content …: the bytes a contact would be sent."""

import sys

from cyclopts import App

from drumbeat.interfaces.cli.house import client

app = App(name="content", help="See what will be sent.")


@app.command
def preview(campaign_id: str, *, contact: str, variant: int = 0) -> int:
    """Print the production bytes that one contact would be sent."""
    with client() as house:
        path = f"/campaigns/{campaign_id}/preview"
        sys.stdout.buffer.write(house.get_bytes(path, contact=contact, variant=variant))
    return 0
