"""drumbeat db …: the tables themselves, on the machine where the data folder lies."""

from typing import Annotated

from cyclopts import App, Parameter

from drumbeat.interfaces.cli.answers import print_findings, print_json, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.watching import watched
from drumbeat.kit.errors import InvalidInput

app = App(name="db", help="Check, upgrade and move the tables.")


@app.command
def check(*, json: Json = False) -> int:
    """Read the whole database and say in words what is wrong; exit code 1 if anything is."""
    from drumbeat.bootstrap import read_settings
    from drumbeat.bootstrap.databases import check_database

    return print_findings(list(check_database(read_settings())), as_json=json)


@app.command
def upgrade(*, json: Json = False) -> int:
    """Bring the tables to this version's schema; an SQLite file is copied first."""
    from drumbeat.bootstrap import read_settings
    from drumbeat.bootstrap.databases import upgrade_database
    from drumbeat.storage.migrations import NEWEST

    found, copy = upgrade_database(read_settings())
    if json:
        print_json({"was": found, "schema": NEWEST, "copy": None if copy is None else str(copy)})
    elif found == NEWEST:
        say(f"The tables have the schema {NEWEST} already.")
    else:
        say(f"The tables have the schema {NEWEST} now; they had {found or 'none'}.")
        if copy is not None:
            say(f"As they were, they are in {copy}; it opens with the same key.")
    return 0


@app.command
def move(
    *,
    to: Annotated[str | None, Parameter(help="Default: DRUMBEAT_DATABASE_URL.")] = None,
    json: Json = False,
) -> int:
    """Move the tables from SQLite into an empty PostgreSQL database: all of them or none."""
    from drumbeat.bootstrap import read_settings
    from drumbeat.bootstrap.databases import move_to_postgresql, moved_file
    from drumbeat.interfaces.cli.standing import refuse_while_running

    settings = read_settings()
    url = to or settings.database_url
    if url is None:
        message = "Say where to: set DRUMBEAT_DATABASE_URL, or use --to postgresql://…"
        raise InvalidInput(message, field="--to")
    refuse_while_running(settings, "move its tables")
    with watched() as told:
        copied = move_to_postgresql(settings, url, told)
    if json:
        print_json({"rows": copied, "kept": str(moved_file(settings))})
    else:
        say(f"Moved {sum(copied.values()):,} rows of {len(copied)} tables, counted and compared.")
        say("Set DRUMBEAT_DATABASE_URL to the new database before you start anything.")
        say(f"The old file is {moved_file(settings)}; facts and plans stay in the folder.")
    return 0
