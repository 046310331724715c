"""Send a file, show how far it is, and keep its rejected rows beside it."""

import sys
from collections.abc import Mapping
from pathlib import Path

from drumbeat.interfaces.cli.answers import FAILED, print_json, say
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.sdk.client import JsonObject
from drumbeat.kit.spreadsheet import rejected_path


def import_file(
    route: str, file: Path, options: Mapping[str, object], *, strict: bool, json: bool
) -> int:
    """Answers 0, or 1 if `strict` and a row was rejected."""
    report = _upload(route, file, options)
    rejected = report.pop("rejected_csv", None)
    report["rejected_file"] = None
    beside = rejected_path(file)
    if isinstance(rejected, str) and rejected:
        beside.write_text(rejected, encoding="utf-8", newline="")
        report["rejected_file"] = str(beside)
    elif not options.get("dry_run"):
        beside.unlink(missing_ok=True)  # of an import before: its rows are in now
    if json:
        print_json(report)
    else:
        _tell(report)
    return FAILED if strict and report["rejected"] else 0


def _upload(route: str, file: Path, options: Mapping[str, object]) -> JsonObject:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = ("[progress.description]{task.description}",)
    progress = Progress(
        TextColumn(columns[0]),
        BarColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        transient=True,
    )
    with file.open("rb") as source, client() as house, progress:
        task = progress.add_task(file.name, total=1.0, rows=0)
        last: JsonObject = {"rows": 0}
        try:
            for last in house.upload(route, source, **options):
                if "progress" in last:
                    done = float(str(last["progress"]))
                    progress.update(task, completed=done, rows=last["rows"])
        except KeyboardInterrupt:
            say(f"Interrupted at row {last['rows']}: what was read is kept. Run it again to go on.")
            raise
    return last


def _tell(report: JsonObject) -> None:
    counts = ", ".join(f"{report[key]:,} {key}" for key in _COUNTS if report.get(key) is not None)
    say(f"{counts}.")
    if report["rejected_file"]:
        say(f"The rejected rows and their reasons are in {report['rejected_file']}.")
    if report.get("unconfirmed") and report.get("added"):
        say(
            "They are unconfirmed, and never mailed before they said yes. If they did, import "
            "again with --consent subscribed, or --consent and the column that says so."
        )


_COUNTS = ("rows", "added", "updated", "unchanged", "repeated", "rejected")
