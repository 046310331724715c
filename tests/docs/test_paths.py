"""What the documents point at is there: paths, links, pictures, areas, records."""

import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, SOURCE
from tests.docs.markdown import code, documents, links, prose, table_rows

ARCHITECTURE = ROOT / "ARCHITECTURE.md"
RECORDS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PARTS_OF_A_RECORD = ("Context", "Decision", "Alternatives", "Consequences")

OF_THE_REPOSITORY = ("src/", "tests/", "docs/", "scripts/", "benchmarks/")
PLACEHOLDER = re.compile(r"[<>*…]|NAME|AREA|NNNN")


def paths_in(document: Path) -> set[str]:
    return {
        word
        for word in code(document)
        if word.startswith(OF_THE_REPOSITORY) and not PLACEHOLDER.search(word)
    }


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_every_path_in_a_document_exists(document: Path) -> None:
    gone = {path for path in paths_in(document) if not (ROOT / path.partition("::")[0]).exists()}
    assert not gone


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_every_link_into_the_repository_leads_somewhere(document: Path) -> None:
    dead = {target for target in links(document) if not (document.parent / target).exists()}
    assert not dead


def test_where_is_answers_for_every_area_of_marketing() -> None:
    answered = {cell for row in table_rows(ARCHITECTURE) for cell in row}
    text = " ".join(answered)
    areas = {path.parent.name for path in (SOURCE / "marketing").glob("*/__init__.py")}
    assert not {area for area in areas if f"src/drumbeat/marketing/{area}/" not in text}


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.name)
def test_a_decision_record_names_its_alternatives(record: Path) -> None:
    headings = re.findall(r"^## (.+)$", record.read_text(encoding="utf-8"), re.MULTILINE)
    assert tuple(headings) == PARTS_OF_A_RECORD


def test_decision_records_are_numbered_without_gaps() -> None:
    numbers = [int(record.name[:4]) for record in RECORDS]
    assert numbers == list(range(1, len(RECORDS) + 1))


def test_no_document_is_written_in_superlatives() -> None:
    words = ("world-class", "blazing", "seamless", "revolution", "cutting-edge", "effortless")
    found = [
        f"{document.relative_to(ROOT)}: {word}"
        for document in documents()
        for word in words
        if word in prose(document).lower()
    ]
    assert not found
