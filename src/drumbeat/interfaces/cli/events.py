"""drumbeat events …: what people did elsewhere, from a file."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from drumbeat.interfaces.cli.answers import print_json, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.cli.importing import import_file
from drumbeat.kit.clock import parse_instant

app = App(name="events", help="What people did: opens, clicks, purchases.")


@app.command(name="import")
def import_(
    file: Path,
    *,
    dry_run: Annotated[bool, Parameter(negative="", help="Count only, write nothing.")] = False,
    strict: Annotated[
        bool, Parameter(negative="", help="Exit with 1 if a row is rejected.")
    ] = False,
    json: Json = False,
) -> int:
    """Import events from a CSV or Parquet file. Repeating it changes nothing.

    Columns: email or external_id, kind, occurred_at; optional event_id, value, currency, order_id,
    campaign, message_id, variant, url, user_agent, ip. Others are kept as properties.
    """
    options = {"dry_run": dry_run}
    return import_file("/events/import", file, options, strict=strict, json=json)


@app.command
def judge(
    *,
    since: Annotated[datetime, Parameter(help="Facts in files that reach beyond this instant.")],
    json: Json = False,
) -> int:
    """Judge opens and clicks again, human or machine, by today's rules. Figures follow."""
    instant = parse_instant(since.isoformat(), field="--since")
    with client() as house:
        answer = house.post("/events/judge", {"since": instant.isoformat()})
    if json:
        print_json(answer)
        return 0
    verdicts = answer["verdicts"]
    assert isinstance(verdicts, list)
    for row in verdicts:
        why = f": {row['why']}" if row["why"] else ""
        say(f"{row['facts']:>9,}  {row['verdict']}{why}")
    say(
        f"{answer['facts']:,} opens and clicks judged by rules {answer['rules_version']};"
        f" {answer['changed']:,} are judged otherwise now."
    )
    if answer["without_evidence"]:
        say(f"Of {answer['without_evidence']:,} the evidence is gone: what it said is kept.")
    return 0
