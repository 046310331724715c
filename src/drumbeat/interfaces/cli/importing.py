"""Send a file, show how far it is, and keep its rejected rows beside it."""

import re
import shlex
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from drumbeat.interfaces.cli.answers import FAILED, print_json, say
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.sdk import Problem
from drumbeat.interfaces.sdk.client import JsonObject
from drumbeat.kit.spreadsheet import rejected_path


def import_file(
    route: str, file: Path, options: Mapping[str, object], *, strict: bool, json: bool
) -> int:
    """Answers 0, or 1 if `strict` and a row was rejected."""
    try:
        report = upload(route, file, options)
    except Problem as problem:
        raise _with_example(problem, file, options) from None
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
        _tell(report, dry_run=bool(options.get("dry_run")))
    return FAILED if strict and report["rejected"] else 0


def _with_example(problem: Problem, file: Path, options: Mapping[str, object]) -> Problem:
    """What to type when nobody can tell which column holds the addresses."""
    if problem.field != "email" or "No column holds addresses" not in str(problem):
        return problem
    guess = re.search(r" looks like it: map (.+)=email\.$", str(problem), re.DOTALL)
    column = guess[1] if guess else "YOUR COLUMN"
    words = ["drumbeat", "audience", "import", str(file), "--map", f"{column}=email"]
    consent = options.get("consent")
    if consent not in (None, "unconfirmed"):
        words += ["--consent", str(consent)]
    said = str(problem).replace(f"it: map {column}=email.", "it.")
    text = f"{said} Say which column it is, such as:\n  {shlex.join(words)}"
    return Problem(problem.status, text, problem.field)


def upload(route: str, file: Path, options: Mapping[str, object]) -> JsonObject:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = ("[progress.description]{task.description}",)
    progress = Progress(
        TextColumn(columns[0]),
        BarColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TextColumn("{task.fields[pace]}"),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        transient=True,
    )
    with file.open("rb") as source, client() as house, progress:
        task = progress.add_task(file.name, total=1.0, rows=0, pace="")
        last: JsonObject = {"rows": 0}
        told, began = last, time.monotonic()
        try:
            for last in house.upload(route, source, **options):
                if "progress" in last:
                    _tell_interrupted(last, told)
                    told = last
                    done, rows = float(str(last["progress"])), int(str(last["rows"]))
                    pace = f"{rows / max(time.monotonic() - began, 0.001):,.0f} rows/s"
                    progress.update(task, completed=done, rows=rows, pace=pace)
        except KeyboardInterrupt:
            say(f"Interrupted at row {last['rows']}: what was read is kept. Run it again to go on.")
            raise
    return last


def _tell_interrupted(now: JsonObject, before: JsonObject) -> None:
    """Once, when it is known: where the last import of the same file was cut off."""
    at = now.get("interrupted_at")
    if at and not before.get("interrupted_at"):
        say(f"The last import of this file was interrupted at row {at:,}: going on from there.")


def _tell(report: JsonObject, *, dry_run: bool) -> None:
    counts = ", ".join(f"{report[key]:,} {key}" for key in _COUNTS if report.get(key) is not None)
    say(f"{counts}.")
    if dry_run:
        say("Nothing was written: this is what an import would do.")
        _tell_columns(report)
    if not report["rejected_file"]:
        _tell_reasons(report)
    _tell_notes(report)
    if report["rejected_file"]:
        say(f"The rejected rows and their reasons are in {report['rejected_file']}.")
    if report.get("unconfirmed") and report.get("added"):
        say(
            "They are unconfirmed, and never mailed before they said yes. If they did, import "
            "again with --consent subscribed, or --consent and the column that says so."
        )


def _tell_columns(report: JsonObject) -> None:
    """What each column is taken for, where that is known."""
    meanings, numbers = report.get("meanings", []), report.get("numbers", {})
    assert isinstance(meanings, list)
    assert isinstance(numbers, dict)
    for each in meanings:
        meaning = "left out" if each["meaning"] == "-" else each["meaning"]
        style = numbers.get(each["column"])
        say(f"  {each['column']}: {meaning}{f', numbers like {style}' if style else ''}")


def _tell_reasons(report: JsonObject) -> None:
    """Why rows are rejected, the commonest reason first, and where the first of them stand."""
    reasons = report.get("reasons") or _of_problems(report)
    assert isinstance(reasons, list)
    for each in reasons[:_SHOWN_REASONS]:
        rows = ", ".join(map(str, each["rows"]))
        word, more = ("row", "") if each["count"] == 1 else ("rows", ", …")
        more = more if each["count"] > len(each["rows"]) else ""
        say(f"  {each['count']:,} × {each['reason']} ({word} {rows}{more})")
    if len(reasons) > _SHOWN_REASONS:
        say(f"  … and {len(reasons) - _SHOWN_REASONS} more reasons.")


def _tell_notes(report: JsonObject) -> None:
    """What could not be taken of rows that were, the commonest first."""
    counts = report.get("note_counts") or {}
    assert isinstance(counts, dict)
    if counts:
        say(f"Of {report['noted']:,} rows that were taken something was not:")
    for note, count in list(counts.items())[:_SHOWN_REASONS]:
        say(f"  {count:,} × {note}")
    if len(counts) > _SHOWN_REASONS:
        say(f"  … and {len(counts) - _SHOWN_REASONS} more.")


def _of_problems(report: JsonObject) -> list[JsonObject]:
    """Of a report that names single rows, such as that of events."""
    problems = report.get("problems")
    assert isinstance(problems, list)
    return [{"reason": each["reason"], "count": 1, "rows": [each["row"]]} for each in problems]


_SHOWN_REASONS = 10
_COUNTS = ("rows", "added", "updated", "unchanged", "repeated", "rejected")
