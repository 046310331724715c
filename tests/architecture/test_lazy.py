"""What is not asked for is not loaded: a light department, a quick `--help`."""

import subprocess
import sys
import tomllib

import pytest

from tests.architecture.tree import ROOT

HEAVY = ("sklearn", "scipy", "pyarrow", "polars", "duckdb", "langgraph")
NOT_FOR_HELP = ("sqlalchemy", "fastapi", "duckdb", "numpy", "pyarrow", "scipy", "httpx2")


def loaded_after(script: str) -> set[str]:
    """The names in sys.modules once a fresh interpreter has run `script`."""
    tell = "import sys; print('\\n' + ' '.join(sys.modules), file=sys.__stderr__)"
    ran = subprocess.run(
        [sys.executable, "-c", f"{script}\n{tell}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert ran.returncode == 0, ran.stderr
    return set(ran.stderr.splitlines()[-1].split())


def test_importing_the_department_loads_no_heavy_library() -> None:
    loaded = loaded_after("import drumbeat.marketing.department")
    assert not loaded & set(HEAVY), "Import it inside the function that needs it."


@pytest.mark.parametrize("command", ["drumbeat", "qlp-marketing"])
def test_asking_for_help_loads_no_heavy_library(command: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    module, _, function = project["project"]["scripts"][command].partition(":")
    script = (
        f"from {module} import {function}\n"
        f"try:\n    {function}(['--help'])\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
    )
    loaded = loaded_after(script)
    assert not loaded & set(NOT_FOR_HELP), "Register the command by its name, as text."
