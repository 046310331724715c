"""The documents as tests read them: fenced blocks with the comment above, tables, links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.tree import ROOT

_MARK = re.compile(r"<!-- (?P<kind>run|file|not run)(?:: (?P<text>.+?))? -->")
_FENCE = re.compile(r"```(?P<language>\w+)\n(?P<body>.*?)^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"""(?:\]\(|src="|srcset=")(?P<target>[^)"\s]+)""")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block. `kind` is run, file (saved as `text`), not run (because of `text`), or ""."""

    line: int
    language: str
    body: str
    kind: str
    text: str


def documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def blocks(document: Path) -> Iterator[Block]:
    text = document.read_text(encoding="utf-8")
    for fence in _FENCE.finditer(text):
        above = text[: fence.start()].rstrip("\n").rpartition("\n")[2]
        mark = _MARK.fullmatch(above)
        yield Block(
            line=text.count("\n", 0, fence.start()) + 1,
            language=fence["language"],
            body=fence["body"],
            kind=mark["kind"] if mark else "",
            text=(mark["text"] or "") if mark else "",
        )


def prose(document: Path) -> str:
    """The document without its fenced blocks."""
    return _FENCE.sub("", document.read_text(encoding="utf-8"))


def links(document: Path) -> set[str]:
    """Targets of links and pictures that point into the repository, without their anchors."""
    found = {match["target"] for match in _LINK.finditer(prose(document))}
    return {target.partition("#")[0] for target in found if "://" not in target} - {""}


def code(document: Path) -> set[str]:
    """Every `word` set as code outside the fenced blocks."""
    return set(_CODE.findall(prose(document)))


def table_rows(document: Path) -> list[list[str]]:
    """The cells of every table row, without the headings' rules."""
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        for line in prose(document).splitlines()
        if line.startswith("| ")
    ]
    return rows
