"""drumbeat audience export: contacts into a file that spreadsheets and programs read."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from drumbeat.interfaces.cli.answers import print_json, say
from drumbeat.interfaces.cli.house import client


def export(
    *,
    out: Annotated[Path | None, Parameter(help="The file; without it: standard output.")] = None,
    file_format: Annotated[
        Literal["csv", "json"] | None,
        Parameter(name="--format", help="Otherwise as the name of the file says, or csv."),
    ] = None,
    segment: Annotated[str | None, Parameter(help="Those of one segment.")] = None,
    json: Annotated[bool, Parameter(negative="", help="The same as --format json.")] = False,
) -> int:
    """Write all contacts, or those of a segment, with their consent and attributes.

    No cell of the CSV runs as a formula in a spreadsheet.
    """
    named_json = out is not None and out.suffix.lower() == ".json"
    form = file_format or ("json" if named_json or (json and out is None) else "csv")
    with client() as house:
        pieces = house.pieces("/contacts/export", format=form, segment=segment)
        if out is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            return 0
        part = out.with_name(f"{out.name}.part")
        try:
            with part.open("wb") as file:
                for piece in pieces:
                    file.write(piece)
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)
    if json:
        print_json({"file": str(out), "format": form})
    else:
        say(f"The contacts are in {out}.")
    return 0
