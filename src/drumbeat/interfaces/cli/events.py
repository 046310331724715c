"""drumbeat events …: what people did elsewhere, from a file."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.importing import import_file

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
