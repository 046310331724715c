"""The repository speaks of the product, never of the place or the tools it was written with."""

from collections.abc import Iterator
from pathlib import Path

from tests.architecture.tree import ROOT, name_of

KEPT = ("src", "tests", "docs", "scripts", "benchmarks", ".ci")
TEXT = (".py", ".md", ".toml", ".sh", ".css", ".html", ".svg", ".txt", ".json", ".csv", ".sql", "")
SKIPPED = ("uv.lock",)  # a lock file names where its packages come from
CACHES = ("__pycache__",)

# Each in two halves, so that this file does not find itself.
FOREIGN = tuple(
    first + second
    for first, second in (
        ("/wo", "rk/"),
        ("/fa", "rm/"),
        ("/tm", "p/"),
        ("/ro", "ot/"),
        (".lib", "rary/"),
        ("pypi", ".org"),
        ("pythonhosted", ".org"),
        ("npmjs", ".org"),
        ("npmjs", ".com"),
        ("deb.debian", ".org"),
        ("this ses", "sion"),
        ("the assis", "tant"),
        ("ai assis", "tant"),
        ("language model wro", "te this"),
        ("cla", "ude"),
        ("chat", "gpt"),
        ("copi", "lot"),
    )
)


def text_files() -> Iterator[Path]:
    yield from (
        path
        for path in ROOT.iterdir()
        if path.is_file() and path.suffix in TEXT and path.name not in SKIPPED
    )
    for folder in KEPT:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix in TEXT and not set(path.parts) & set(CACHES):
                yield path


def test_no_file_speaks_of_where_it_was_written() -> None:
    found = [
        f"{name_of(path)}:{number} {word}"
        for path in text_files()
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
        for word in FOREIGN
        if word in line.lower()
    ]
    assert not found
