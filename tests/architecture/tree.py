"""What the architecture tests look at: every source file of the repository, parsed once."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "drumbeat"
TESTS = ROOT / "tests"


def python_files(*folders: Path) -> list[Path]:
    """Files or folders in, every Python file of them out, sorted."""
    found: set[Path] = set()
    for folder in folders:
        found |= {folder} if folder.is_file() else set(folder.rglob("*.py"))
    return sorted(found)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name_of(path: Path) -> str:
    """`src/drumbeat/kit/ids.py`: a path as a failure message shows it."""
    return path.relative_to(ROOT).as_posix()


@cache
def import_graph() -> grimp.ImportGraph:
    """Who imports whom, inside functions and for the type checker too."""
    return grimp.build_graph("drumbeat", cache_dir=None)


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call))


@cache
def area_calls(*places: Path) -> frozenset[str]:
    """Every `unit.area.method` and `area.method` that is named there, as "area.method"."""
    found = set()
    for path in python_files(*places):
        for node in ast.walk(parsed(path)):
            if not isinstance(node, ast.Attribute):
                continue
            if isinstance(node.value, ast.Attribute):
                found.add(f"{node.value.attr.lstrip('_')}.{node.attr}")
            elif isinstance(node.value, ast.Name):
                found.add(f"{node.value.id}.{node.attr}")
    return frozenset(found)
