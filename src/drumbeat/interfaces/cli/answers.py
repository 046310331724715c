"""How answers and failures look in a terminal: results on stdout, everything else on stderr."""

import errno
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drumbeat.storage.checking import Finding

FAILED = 1
WIDEST = 180


def print_json(answer: object) -> None:
    """One object on one line, ready for a pipe."""
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, default=str) + "\n")


def say(text: str) -> None:
    """Words for the person watching; never mixed into a result."""
    sys.stderr.write(text + "\n")


def print_rows(
    rows: Iterable[Mapping[str, object]], columns: Sequence[str], *, as_json: bool
) -> None:
    """JSON lines, or a table of these columns."""
    if as_json:
        for row in rows:
            print_json(row)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        # An id that is cut or wrapped cannot be copied: the terminal may wrap the line instead.
        table.add_column(column.replace("_", " "), no_wrap=column != columns[-1], overflow="fold")
    for row in rows:
        table.add_row(*(_shown(row.get(column)) for column in columns))
    console = Console(file=sys.stdout)
    console.width = max(console.width, WIDEST)
    console.print(table)


def print_findings(findings: Sequence["Finding"], *, as_json: bool) -> int:
    """One line a finding, or one object of all; answers the exit code, FAILED if any is wrong."""
    sound = all(finding.ok for finding in findings)
    if as_json:
        print_json({"ok": sound, "checks": [vars(finding) for finding in findings]})
    else:
        for finding in findings:
            say(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.check:<10} {finding.detail}")
            if finding.mend:
                say(f"{'':<17}→ {finding.mend}")
    return 0 if sound else FAILED


def report_failure(error: Exception) -> int:
    """Say what went wrong in one sentence; only a bug of ours shows its traceback."""
    import httpx2

    from drumbeat.interfaces.sdk import Problem
    from drumbeat.kit.errors import DrumbeatError

    if isinstance(error, Problem | DrumbeatError):
        say(f"drumbeat: {error}")
        return FAILED
    if isinstance(error, httpx2.TransportError):
        url = error.request.url
        say(f"drumbeat: the server {url.scheme}://{url.netloc.decode()} does not answer ({error}).")
        return FAILED
    plain = _plain_words(error)
    if plain:
        say(f"drumbeat: {plain}")
        return FAILED
    import traceback

    traceback.print_exception(error)
    say("drumbeat: this is a bug in Drumbeat; please report it with the lines above.")
    return FAILED


def _plain_words(error: Exception) -> str:
    """What to do about a disk or a folder; "" if that is not what went wrong."""
    from drumbeat.kit.full_disk import words_of_full_disk

    said, number = str(error), getattr(error, "errno", None)
    full = words_of_full_disk(error)
    if full is not None:
        return full
    if "readonly database" in said or number == errno.EROFS:
        return "The data folder cannot be written to: it, or its disk, is read-only."
    if "unable to open database file" in said:
        return "The data folder's database cannot be opened: this user may not read and write it."
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}."
    return ""


def _shown(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)
