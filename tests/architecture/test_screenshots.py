"""Every page is pictured by `make screenshots`, or says why it is not."""

import ast
import re
from pathlib import Path

from drumbeat.interfaces.web.pages import PAGES
from drumbeat.interfaces.web.people import PEOPLE
from scripts import screenshots

SCRIPT = Path(screenshots.__file__).read_text(encoding="utf-8")


def pictured() -> set[str]:
    """Every path that the script names, a variable part as "x", without what is asked of it."""
    found = set()
    for node in ast.walk(ast.parse(SCRIPT)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value.partition("?")[0])
        elif isinstance(node, ast.JoinedStr):
            parts = [str(v.value) if isinstance(v, ast.Constant) else "x" for v in node.values]
            found.add("".join(parts).partition("?")[0])
    return {path for path in found if path.startswith("/")}


def test_every_page_is_pictured_or_says_why_not() -> None:
    shown, missing = pictured(), []
    for method, path, _ in (*PAGES, *PEOPLE):
        pattern = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))
        if method == "GET" and path not in screenshots.NO_PICTURE:
            missing += [] if any(pattern.fullmatch(each) for each in shown) else [path]
    assert not missing, "Take a picture of it in scripts/screenshots.py, or say why not."


def test_nothing_without_a_picture_is_unknown() -> None:
    assert not screenshots.NO_PICTURE.keys() - {path for _, path, _ in PAGES}
