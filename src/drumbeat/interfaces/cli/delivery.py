"""drumbeat delivery …: what came back of the mail that was sent."""

from collections.abc import Iterator
from pathlib import Path

from cyclopts import App

from drumbeat.interfaces.cli.answers import print_json, print_rows, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.house import client

app = App(name="delivery", help="What became of the mail that was sent.")
bounces = App(name="bounces", help="Bounces and complaints.")
app.command(bounces)

_COLUMNS = ("received_at", "kind", "status", "email", "reason")


@bounces.command(name="list")
def list_(*, json: Json = False) -> int:
    """List what came back, newest first."""
    with client() as house:
        rows = house.pages("/delivery/bounces", "bounces", limit=500)
        print_rows(rows, _COLUMNS, as_json=json)
    return 0


@bounces.command(name="import")
def import_(path: Path, *, json: Json = False) -> int:
    """Take in a mail (.eml), an mbox, or a folder of mails. Repeating it changes nothing."""
    total = {"rows": 0, "added": 0, "repeated": 0}
    with client() as house:
        for file in _files(path):
            with file.open("rb") as source:
                *_, report = house.upload("/delivery/bounces/import", source)
            for name in total:
                total[name] += int(str(report[name]))
    if json:
        print_json(total)
    else:
        said = f"{total['rows']:,} mails: {total['added']:,} new, {total['repeated']:,} known."
        say(f"{said} The worker reads them; `drumbeat delivery bounces list` shows what they say.")
    return 0


def _files(path: Path) -> Iterator[Path]:
    """The file, or every file of a folder and those below it, such as a Maildir."""
    if path.is_dir():
        yield from sorted(each for each in path.rglob("*") if each.is_file())
    else:
        yield path
