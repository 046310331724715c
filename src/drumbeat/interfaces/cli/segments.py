"""drumbeat segments …: who is in which one, and by which rule."""

from cyclopts import App

from drumbeat.interfaces.cli.answers import print_rows
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.house import client

app = App(name="segments", help="See the audience's segments and their rules.")


@app.command(name="list")
def list_(*, json: Json = False) -> int:
    """List segments with their rule, size and engagement."""
    with client() as house:
        rows = house.pages("/segments", "segments")
        columns = ("name", "criterion", "subscriber_count", "engagement_rate", "rule")
        print_rows(rows, columns, as_json=json)
    return 0


@app.command
def create(by: str = "engagement", *, json: Json = False) -> int:
    """Segment everyone by engagement, rfm, lifecycle_stage, behavioral or demographic."""
    with client() as house:
        answer = house.post("/segments", {"by": by})
        rows = answer["segments"]
        assert isinstance(rows, list)
        columns = ("name", "criterion", "subscriber_count", "engagement_rate", "rule")
        print_rows(rows, columns, as_json=json)
    return 0
