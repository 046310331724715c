"""Small things are read: no file over 400 lines, no function over 60."""

import ast
from collections.abc import Iterator

from tests.architecture.tree import SOURCE, TESTS, name_of, parsed, python_files

MOST_LINES_IN_A_FILE = 400
MOST_LINES_IN_A_FUNCTION = 60

WRITTEN_BY_HAND = (".py", ".sql", ".css", ".html", ".mako")


def test_no_file_is_longer_than_400_lines() -> None:
    files = [
        path
        for folder in (SOURCE, TESTS)
        for path in folder.rglob("*")
        if path.suffix in WRITTEN_BY_HAND
    ]
    long = {
        name_of(path): lines
        for path in files
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES_IN_A_FILE
    }
    assert not long, f"Split by decision, not by layer: {long}"


def test_no_function_is_longer_than_60_lines() -> None:
    long = {
        f"{name_of(path)}:{function.lineno} {function.name}": length
        for path in python_files(SOURCE, TESTS)
        for function in _functions(parsed(path))
        if (length := _lines(function)) > MOST_LINES_IN_A_FUNCTION
    }
    assert not long, f"Name the parts and call them: {long}"


def _functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1
