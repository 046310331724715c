"""What the child that tries a template loads: an author waits for it after each pause."""

import subprocess
import sys

from tests.architecture.tree import ROOT

NOT_FOR_A_TEMPLATE = ("sqlalchemy", "duckdb", "cryptography", "numpy", "drumbeat.marketing.events")


def test_a_template_is_tried_without_the_database() -> None:
    script = "import sys, drumbeat.marketing.content.compile.dry_run; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not set(NOT_FOR_A_TEMPLATE) & set(ran.stdout.split())
