"""Send a file, show how far it is, and keep its rejected rows beside it."""

import sys
from collections.abc import Mapping
from pathlib import Path

from drumbeat.interfaces.cli.answers import FAILED, print_json, say
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.sdk.client import JsonObject


def import_file(
    route: str, file: Path, options: Mapping[str, object], *, strict: bool, json: bool
) -> int:
    """Answers 0, or 1 if `strict` and a row was rejected."""
    report = _upload(route, file, options)
    rejected = report.pop("rejected_csv", None)
    report["rejected_file"] = None
    if isinstance(rejected, str) and rejected:
        beside = file.with_name(file.stem + ".rejected.csv")
        beside.write_text(rejected, encoding="utf-8", newline="")
        report["rejected_file"] = str(beside)
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
        last: JsonObject = {}
        for last in house.upload(route, source, **options):
            if "progress" in last:
                progress.update(task, completed=float(str(last["progress"])), rows=last["rows"])
    return last


def _tell(report: JsonObject) -> None:
    counts = ", ".join(f"{report[key]:,} {key}" for key in _COUNTS if report.get(key) is not None)
    say(f"{counts}.")
    if report["rejected_file"]:
        say(f"The rejected rows and their reasons are in {report['rejected_file']}.")
    for warning in _texts(report.get("warnings")):
        say(warning)


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


_COUNTS = ("rows", "added", "updated", "unchanged", "repeated", "rejected")
