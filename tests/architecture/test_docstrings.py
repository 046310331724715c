"""Every module says in one line which decision or fact it owns; every use case explains itself."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.services import services
from tests.architecture.tree import SOURCE, name_of, parsed, python_files

SAYS_NOTHING = {"a", "an", "the", "of", "for", "and", "in", "module", "package", "rest", "drumbeat"}

FIXED_VERBS = ("get", "find", "list_", "add", "save", "remove")
"""STYLE's store verbs: `get` raises NotFound, `find` may be None; nothing to add to that."""


@pytest.mark.parametrize("path", python_files(SOURCE), ids=name_of)
def test_a_module_names_what_it_owns(path: Path) -> None:
    text = ast.get_docstring(parsed(path))
    assert text, f"{name_of(path)} has no docstring"
    first = text.splitlines()[0]
    assert first.endswith((".", "?")), f"{name_of(path)}: the first line is not a sentence: {first}"
    said = set(re.findall(r"[a-z]+", first.lower())) - SAYS_NOTHING
    known = set(re.findall(r"[a-z]+", " ".join(path.relative_to(SOURCE).parts).lower()))
    assert said - known, f"{name_of(path)} only repeats its own name: {first}"


def test_every_use_case_explains_itself() -> None:
    silent = [
        f"{area}.{name}"
        for area, service in services().items()
        for name, method in service.items()
        if name not in FIXED_VERBS and not method.__doc__
    ]
    assert not silent, "Say units, None, errors: what the signature does not."
