"""How answers and failures look in a terminal: results on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence

FAILED = 1


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
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_shown(row.get(column)) for column in columns))
    Console(file=sys.stdout).print(table)


def report_failure(error: Exception) -> int:
    """Say what went wrong in one sentence; only a bug of ours shows its traceback."""
    import httpx2

    from drumbeat.interfaces.sdk import Problem
    from drumbeat.kit.errors import DrumbeatError

    if isinstance(error, Problem | DrumbeatError):
        say(f"drumbeat: {error}")
        return FAILED
    if isinstance(error, httpx2.TransportError):
        say(f"drumbeat: the server does not answer ({error}).")
        return FAILED
    if isinstance(error, OSError) and error.filename is not None:
        say(f"drumbeat: {error.filename}: {error.strerror}.")
        return FAILED
    import traceback

    traceback.print_exception(error)
    say("drumbeat: this is a bug in Drumbeat; please report it with the lines above.")
    return FAILED


def _shown(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)
