"""drumbeat audience …: a file of contacts in, rejected rows out."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.importing import import_file

app = App(name="audience", help="The people you may write to.")


@app.command(name="import")
def import_(
    file: Path,
    *,
    dry_run: Annotated[bool, Parameter(negative="", help="Count only, write nothing.")] = False,
    strict: Annotated[
        bool, Parameter(negative="", help="Exit with 1 if a row is rejected.")
    ] = False,
    consent: Annotated[
        str, Parameter(help="subscribed, unconfirmed, or the column that says so.")
    ] = "unconfirmed",
    json: Json = False,
) -> int:
    """Import contacts from a CSV file; rejected rows go to FILE.rejected.csv with reasons.

    Repeating it changes nothing. Unconfirmed contacts are kept, but never mailed.
    """
    options = {"dry_run": dry_run, "consent": consent}
    return import_file("/contacts/import", file, options, strict=strict, json=json)
